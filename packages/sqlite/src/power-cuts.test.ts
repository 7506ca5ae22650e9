import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CrashRig } from '../fixtures/crash/rig.ts';
import { luckOf, noLuck, TracedDisk } from '../fixtures/crash/traced-disk.ts';

const long = process.env.OFFSTAGE_LONG === '1';
const seed = 3;
const hasStrace = spawnSync('strace', ['--version']).status === 0;

let rig: CrashRig;
beforeAll(async () => {
  rig = await CrashRig.start();
});
afterAll(() => rig.end());

/** Cuts the power after acknowledgements and changes of names; in the long form after all that is done to the disk. */
async function cutPower(synchronous: 'full' | 'normal') {
  const disk = new TracedDisk();
  const problems: string[] = [];
  let [acknowledged, cuts] = [0, 0];
  for (const [index, call] of rig.diskCallsOf(seed, synchronous).entries()) {
    disk.take(call);
    if (call.type === 'acknowledged') acknowledged += 1;
    const isShort = call.type === 'acknowledged' ? acknowledged % 4 === 1 : shortly.has(call.type);
    if (!(long ? call.type !== 'write' || index % 20 === 0 : isShort)) continue;
    for (const luck of long ? [noLuck, luckOf(index)] : [cuts % 2 === 0 ? noLuck : luckOf(index)]) {
      cuts += 1;
      const problem = await rig.problemOfFiles(disk.afterPowerLoss(luck), seed, acknowledged);
      if (problem !== undefined) problems.push(`after call ${index} (${call.type}): ${problem}`);
    }
  }
  return { acknowledged, cuts, problems };
}

const shortly: ReadonlySet<string> = new Set(['create', 'names', 'unlink']);

describe.skipIf(!hasStrace)('a loss of power', { timeout: long ? 600_000 : 60_000 }, () => {
  test('K9 K2 K6 whatever it takes of what was not synced, all that was acknowledged is there, and nothing is refused', async () => {
    const { acknowledged, cuts, problems } = await cutPower('full');
    expect(problems).toEqual([]);
    expect(acknowledged).toBeGreaterThan(10);
    expect(cuts).toBeGreaterThan(15);
  });

  test('K9 K6 without the sync of each commit it takes some that were acknowledged, and nothing is refused', async () => {
    const { problems } = await cutPower('normal');
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.filter((problem) => problem.includes('Error'))).toEqual([]);
  });
});

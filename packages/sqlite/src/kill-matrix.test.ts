import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, CrashRig } from '../fixtures/crash/rig.ts';

const long = process.env.OFFSTAGE_LONG === '1';
const seed = 3;

let rig: CrashRig;
beforeAll(async () => {
  rig = await CrashRig.start();
});
afterAll(() => rig.end());

/** The steps that a process comes by which makes a journal, writes and closes it. */
const named = [
  'open: before the lock',
  'open: examined',
  'open: locked',
  'open: migrated',
  'open: format kept',
  'open: log laid out',
  'open: log there',
  'open: holder written',
  'open: read',
  'group: taken',
  'group: begun',
  'group: entry written',
  'group: written',
  'group: durable',
  'group: answered',
  'close: begun',
  'close: log written back',
];

describe('a process that is killed', { timeout: long ? 600_000 : 120_000 }, () => {
  test('K9 K2 at each named step it has kept what it acknowledged', async () => {
    const whole = await rig.write(rig.newPath(), seed, undefined);
    expect(whole.signal).toBe(null);
    expect([...new Set(whole.steps)].sort()).toEqual([...named].sort());
    const moments = whole.steps.flatMap((name, step) => {
      const isFirst = whole.steps.indexOf(name) === step;
      const isLast = whole.steps.lastIndexOf(name) === step;
      return long || isFirst || isLast ? [{ name, step }] : [];
    });
    const found: string[] = [];
    let acknowledged = 0;
    const lane = async (): Promise<void> => {
      for (let moment = moments.shift(); moment !== undefined; moment = moments.shift()) {
        const { name, step } = moment;
        const outcome = await rig.cycle(seed, { step }, []);
        acknowledged = Math.max(acknowledged, outcome.acknowledged);
        if (outcome.killed !== 1) found.push(`${name} (${step}): it was not killed`);
        if (outcome.problem !== undefined) found.push(`${name} (${step}): ${outcome.problem}`);
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    expect(found).toEqual([]);
    expect(acknowledged).toBe(whole.acknowledged);
  });

  test('K9 K6 a recovery that is killed at each of its steps loses nothing, nor its lock', async () => {
    const { steps } = await rig.write(rig.newPath(), seed, undefined);
    const opening = named.filter((name) => name.startsWith('open: ')).length;
    const durable = steps.lastIndexOf('group: durable');
    const recoveries = Array.from({ length: opening }, (_, step) => step);
    const outcome = await rig.cycle(seed, { step: durable }, recoveries);
    expect(outcome).toMatchObject({ killed: opening + 1, problem: undefined });
  });

  test('K9 K2 no write is acknowledged before its sync, and without the sync one would be', (context) => {
    if (spawnSync('strace', ['--version']).status !== 0) context.skip('needs strace');
    const full = rig.traceOf(rig.newPath(), seed, 'full');
    expect(full.filter((call) => call === 'acknowledged').length).toBeGreaterThan(10);
    expect(tooEarly(full)).toBe(0);
    expect(tooEarly(rig.traceOf(rig.newPath(), seed, 'normal'))).toBeGreaterThan(5);
  });
});

/** How many acknowledgements come after a write to the log that is not synced yet. */
function tooEarly(calls: readonly Call[]): number {
  let unsynced = false;
  return calls.filter((call) => {
    if (call !== 'acknowledged') unsynced = call === 'write';
    return call === 'acknowledged' && unsynced;
  }).length;
}

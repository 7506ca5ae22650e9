// Kills thousands of writers at named steps, with readers and rivals at work, and says what is wrong
// after it.
import { rmSync } from 'node:fs';
import { runCrowd } from '../fixtures/crash/crowd.ts';
import { everyKill, KillRun, makeScratch, newTally } from '../fixtures/crash/kill-run.ts';
import { type Scenario, scenarios } from '../fixtures/crash/payload.ts';
import { Rig } from '../fixtures/crash/rig.ts';
import { readChoice, readCount, readOptions } from './read-options.ts';

const usage = 'npm run crash:kill -w packages/node-fs -- [--cycles 3000] [--only alone|crowd]';
const values = readOptions(usage, {
  cycles: { type: 'string', default: '3000' },
  only: { type: 'string' },
});
const cycles = readCount(values.cycles, '--cycles', usage);
const only = readChoice(values.only, ['alone', 'crowd'], '--only', usage);
const scratch = makeScratch();
const rig = await Rig.start(scratch, 2);
let violations = 0;
try {
  if (only !== 'crowd') await killEach();
  if (only !== 'alone') {
    await killInCrowd('with leases');
    await killInCrowd('control: readers without leases');
  }
} finally {
  await rig.end();
  rmSync(scratch, { recursive: true });
}
process.exitCode = violations === 0 ? 0 : 1;

/** Two lanes, each with folders of its own. */
async function killEach(): Promise<void> {
  const tally = newTally();
  const startedAt = performance.now();
  const lane = async (): Promise<void> => {
    while (tally.kills < cycles) {
      for await (const _ of everyKill(rig, scratch, tally, 5)) if (tally.kills >= cycles) return;
    }
  };
  await Promise.all([lane(), lane()]);
  say('one writer', startedAt, tally.kills, [
    `${tally.moments.size} different steps`,
    `the new version was there after ${tally.published}`,
  ]);
  tell(tally.violations);
}

async function killInCrowd(mode: 'with leases' | 'control: readers without leases'): Promise<void> {
  const control = mode !== 'with leases';
  const moments = new Map<Scenario, readonly string[]>();
  for (const scenario of scenarios.filter((one) => one !== 'threads')) {
    const run = new KillRun(rig, scratch, { scenario, begins: 'with versions' });
    moments.set(scenario, [...new Set(await run.moments())]);
  }
  const startedAt = performance.now();
  const tally = await runCrowd(rig, scratch, {
    writers: 2,
    readers: 4,
    kills: control ? 30 : Math.ceil(cycles / 3),
    moments,
    readerDefect: control ? 'no leases' : undefined,
  });
  say(`crowd, ${mode}`, startedAt, tally.writersKilled, [
    `${tally.readersKilled} readers killed`,
    `${tally.published} publishes acknowledged`,
    `${tally.versionsRead} versions read whole`,
  ]);
  if (!control) return tell(tally.violations);
  if (tally.violations.length === 0) tell(['the control found nothing: the rig is blind']);
  else console.log(`  as it must, the control found ${tally.violations.length} violations`);
}

function say(what: string, startedAt: number, kills: number, more: readonly string[]): void {
  const seconds = (performance.now() - startedAt) / 1000;
  const rate = (kills / seconds).toFixed(1);
  console.log(`${what}: ${kills} writers killed in ${seconds.toFixed(0)} s (${rate}/s)`);
  for (const line of more) console.log(`  ${line}`);
}

function tell(found: readonly string[]): void {
  violations += found.length;
  console.log(`  violations: ${found.length}`);
  for (const what of found.slice(0, 20)) console.log(`    ${what}`);
}

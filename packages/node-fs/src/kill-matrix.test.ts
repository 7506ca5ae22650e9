import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCrowd } from '../fixtures/crash/crowd.ts';
import {
  everyKill,
  KillRun,
  type KillSetting,
  makeScratch,
  newTally,
} from '../fixtures/crash/kill-run.ts';
import { Rig } from '../fixtures/crash/rig.ts';

const long = process.env.OFFSTAGE_LONG === '1';

let scratch = '';
let rig: Rig;
beforeAll(async () => {
  scratch = makeScratch();
  rig = await Rig.start(scratch, 2);
});
afterAll(async () => {
  await rig.end();
  rmSync(scratch, { recursive: true });
});

/** The steps of the protocol that a setting must come by, besides those of all of them. */
const always = ['root there', 'lock taken', 'recovery: root fsynced'];
const written = [
  'draft made',
  'payload made',
  'payload half written',
  'payload written',
  'manifest made',
  'manifest half written',
  'manifest written',
  'draft renamed',
  'root fsynced after draft was renamed',
];
const committed = [
  'CURRENT.tmp made',
  'CURRENT.tmp half written',
  'CURRENT.tmp written',
  'CURRENT.tmp fsynced',
  'CURRENT renamed',
  'root fsynced after CURRENT was renamed',
  'retention: leases looked at',
  'finalize resolved',
];
const oneByOne = [
  'half of the payload fsynced',
  'payload fsynced',
  'manifest fsynced',
  'folder in the draft fsynced',
  'draft fsynced',
];
const atOnce = ['payload flushed early by syncfs', 'draft synced by syncfs'];
const removed = (when: string, what: string) => [
  `${when}: ${what} half deleted`,
  `${when}: ${what} deleted`,
];
const outdated = ['retention: version renamed to _del', ...removed('retention', 'version')];
const reused = /^file (linked|cloned)$/;
const amongReused =
  /^(file (linked|cloned)|payload written|manifest written|draft renamed|CURRENT renamed)$/;

interface Expected extends KillSetting {
  readonly steps: readonly (string | RegExp)[];
  /** Which moments the short form is about, where the others are those of another setting. */
  readonly only?: RegExp;
}

const expected: readonly Expected[] = [
  {
    scenario: 'few',
    begins: 'with versions',
    steps: [...always, ...written, ...oneByOne, ...committed, ...outdated],
  },
  {
    scenario: 'many',
    begins: 'with versions',
    steps: [...always, ...written, ...atOnce, ...committed, ...outdated],
    only: /syncfs|half written$|^(draft renamed|CURRENT renamed)$|: version renamed/,
  },
  {
    scenario: 'reuse few',
    begins: 'with versions',
    steps: [...always, ...written, ...oneByOne, ...committed, reused],
    only: amongReused,
  },
  {
    scenario: 'reuse many',
    begins: 'with versions',
    steps: [...always, ...written, ...atOnce, ...committed, reused],
    only: amongReused,
  },
  { scenario: 'rollback', begins: 'with versions', steps: [...always, ...committed] },
  {
    scenario: 'discard',
    begins: 'with versions',
    steps: [...always, 'draft made', ...removed('draft', 'draft'), 'draft left'],
  },
  {
    scenario: 'few',
    begins: 'from nothing',
    steps: [
      'initialise: CURRENT.tmp half written',
      'initialise: CURRENT.tmp fsynced',
      'initialise: CURRENT renamed',
      'initialise: root fsynced after CURRENT was renamed',
      ...written,
      ...committed,
    ],
    only: /^(root there|lock taken|initialise: .*|draft made|draft renamed|CURRENT renamed)$/,
  },
  {
    scenario: 'few',
    begins: 'with debris',
    steps: [
      'recovery: CURRENT.tmp removed',
      'recovery: version renamed to _del',
      ...removed('recovery', 'version'),
      ...removed('recovery', 'draft'),
      ...committed,
    ],
    only: /^recovery: /,
  },
];

describe.skipIf(process.platform === 'win32').concurrent('writers killed at each step', () => {
  test.for(expected)(
    'S2 S4 S15 $scenario, $begins: the old version or the new one, whole, and no debris',
    { timeout: 120_000 },
    async ({ steps, only = /./, ...setting }) => {
      const run = new KillRun(rig, scratch, setting);
      const moments = await run.moments();
      for (const step of steps) {
        const comes = moments.some((moment) =>
          typeof step === 'string' ? moment === step : step.test(moment),
        );
        expect(comes, `no moment is called ${step}: ${moments.join(', ')}`).toBe(true);
      }
      const tally = newTally();
      const killedAt = [...new Set(moments)].filter((moment) => only.test(moment));
      for (const moment of killedAt) await run.kill(moment, 1, tally);
      expect(tally.violations).toEqual([]);
      expect(killedAt.filter((moment) => !tally.moments.has(moment))).toEqual([]);
      // Both outcomes came, where there are both.
      if (killedAt.includes('CURRENT renamed')) {
        expect(tally.published).toBeGreaterThan(0);
        expect(tally.published).toBeLessThan(tally.kills);
      }
    },
  );

  test('S15 control: a pointer that is replaced in two steps is found out', async () => {
    const run = new KillRun(rig, scratch, {
      scenario: 'few',
      begins: 'with versions',
      defect: 'CURRENT replaced in two steps',
    });
    const tally = newTally();
    await run.kill('CURRENT removed', 1, tally);
    expect(tally).toMatchObject({ kills: 1, violations: [expect.stringContaining('corrupt')] });
  });
});

describe.skipIf(process.platform === 'win32')('a crowd', () => {
  const moments = new Map([
    ['few', [...committed, ...outdated, 'draft made', 'payload fsynced', 'draft renamed']],
    ['many', ['draft synced by syncfs', 'root fsynced after CURRENT was renamed']],
    ['reuse few', ['payload written', 'CURRENT.tmp fsynced']],
    ['rollback', ['CURRENT renamed']],
  ] as const);

  test('S7 S8 S10 S12 two writers that are killed, three readers, one version kept', async () => {
    const kills = long ? 500 : 16;
    const tally = await runCrowd(rig, scratch, { writers: 2, readers: 3, kills, moments });
    expect(tally.violations).toEqual([]);
    expect(tally.writersKilled).toBeGreaterThanOrEqual(kills);
    expect(tally.published).toBeGreaterThan(0);
    expect(tally.versionsRead).toBeGreaterThan(0);
  }, 600_000);
});

describe.runIf(long)('many kills', () => {
  test('S2 S4 S15 at every occurrence of every step of every setting', async () => {
    const tally = newTally();
    // The hundredth file is as good as the fourth.
    for await (const _ of everyKill(rig, scratch, tally, 4));
    expect(tally.violations).toEqual([]);
    expect(tally.kills).toBeGreaterThan(400);
  }, 3_600_000);
});

import { describe, expect, test } from 'vitest';
import { exploreJournalCrashes, type JournalWrite, journalProblem } from './journal-crashes.ts';
import { admitted, keptJob, keptSchedule, randomEntries } from './journal-suite-kit.ts';

const tick: JournalWrite = [
  { type: 'schedule', id: 'nightly', schedule: keptSchedule('nightly', { lastTickAt: 5 }) },
  admitted('of the tick'),
];

const life: readonly (readonly JournalWrite[])[] = [
  [[admitted('a')], [admitted('b')], tick],
  [
    [{ type: 'started', id: 'a', attempt: 1, at: 1 }],
    [{ type: 'started', id: 'b', attempt: 1, at: 1 }],
  ],
  [[{ type: 'saved', id: 'a', state: { upTo: 1 } }]],
  [[{ type: 'retrying', id: 'a', attempt: 2, availableAt: 9 }], [admitted('c')]],
  [
    [{ type: 'ended', id: 'b', at: 2, status: 'succeeded', result: 1 }],
    [{ type: 'stopRequested', id: 'c', at: 2, reason: 'canceled' }],
  ],
  [[{ type: 'released', id: 'b' }]],
];

describe('crashes of a journal', () => {
  test('K9 K2 cut off at every step, recoveries too, it keeps what it has acknowledged', async () => {
    const report = await exploreJournalCrashes({ turns: life });
    expect(report.violations).toEqual([]);
    expect(report.crashes).toBeGreaterThan(20);
    expect(report.outcomes).toBeGreaterThan(report.crashes);
  });

  test('K9 without the sync it is found to lose what it has acknowledged', async () => {
    const { violations } = await exploreJournalCrashes({ turns: life, journal: { syncs: false } });
    expect(violations.join('\n')).toContain('power lost');
  });

  test('K9 random changes, cut off at every step', async () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const writes = [...randomEntries(seed, 24)].map((entry): JournalWrite => [entry]);
      const turns = [writes.slice(0, 3), writes.slice(3, 4), writes.slice(4, 12), writes.slice(12)];
      expect((await exploreJournalCrashes({ turns })).violations).toEqual([]);
    }
  });
});

describe('what is wrong after a crash', () => {
  const writes: readonly JournalWrite[] = [
    [admitted('a')],
    tick,
    [{ type: 'released', id: 'none' }],
    [{ type: 'saved', id: 'a', state: 1 }],
  ];
  const a = keptJob('a');
  const schedules = [keptSchedule('nightly', { lastTickAt: 5 })];
  const jobs = [a, keptJob('of the tick')];

  test('K9 is nothing where whole writes are there, up to any that was not acknowledged', () => {
    expect(journalProblem({ jobs: [a], schedules: [] }, writes, 1)).toBe(undefined);
    expect(journalProblem({ jobs, schedules }, writes, 1)).toBe(undefined);
    expect(journalProblem({ jobs, schedules }, writes, 3)).toBe(undefined);
  });

  test('K9 is a write that was acknowledged and is not there', () => {
    expect(journalProblem({ jobs: [a], schedules: [] }, writes, 2)).toContain('the first 1');
    expect(journalProblem({ jobs, schedules }, writes, 4)).toContain('the first 3');
  });

  test('K9 is nothing where what was written is undone by what comes after', () => {
    const undone: readonly JournalWrite[] = [
      [admitted('a')],
      [{ type: 'saved', id: 'a', state: 1 }],
      [{ type: 'released', id: 'a' }],
    ];
    expect(journalProblem({ jobs: [], schedules: [] }, undone, 1)).toBe(undefined);
    expect(journalProblem({ jobs: [a], schedules: [] }, undone, 2)).toContain('the first 1');
  });

  test('K9 is half a write, and one before its turn', () => {
    expect(journalProblem({ jobs: [a], schedules }, writes, 1)).toContain('no number of whole');
    const early = { jobs: [{ ...a, saved: 1 }], schedules: [] };
    expect(journalProblem(early, writes, 1)).toContain('no number of whole');
  });
});

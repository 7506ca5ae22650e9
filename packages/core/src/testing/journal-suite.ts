import type { JournalEntry } from '../jobs/journal.ts';
import {
  admitted,
  contentAfter,
  type JournalSuiteOptions,
  journalKit,
  keptJob,
  keptSchedule,
  randomEntries,
  writeAll,
} from './journal-suite-kit.ts';
import { limitTests } from './journal-suite-limits.ts';
import type { SuiteRunner } from './suite-runner.ts';

export type {
  JournalPlace,
  JournalSuiteOptions,
  JournalSuiteSettings,
} from './journal-suite-kit.ts';

/**
 * The contract of a `JobJournal`, by rule (K1, K2, K6 to K8). What only a crash shows is not in it: see
 * `exploreJournalCrashes`.
 *
 * @example
 * journalSuite({ describe, test, expect }, { name: 'sqliteJournal', create });
 */
export function journalSuite(runner: SuiteRunner, options: JournalSuiteOptions): void {
  const kit = journalKit(runner, options);
  const { name, expect, test, expectCode, expectKept } = kit;

  runner.describe(`${name}: what is kept`, () => {
    test('K1 a new journal has nothing in it', async (place) => {
      await expectKept(place, contentAfter([]));
    });

    test('K2 a job is kept with all that it has', async (place) => {
      const whole = keptJob('whole', {
        owner: 'alice\u0000\ud800 Ω',
        name: 'naïve \u{1f600}',
        exclusivityKey: 'corpus\u0000\udfff',
        idempotencyKey: 'once',
        startedHow: '["join",1,0]',
        priority: -7,
        retryOf: 'job-0',
        availableAt: 1_790_000_000_000.25,
        status: 'failed',
        attempt: 3,
        startedAt: 1_790_000_000_001,
        endedAt: 1_790_000_000_002,
        stopReason: 'timeout',
        progress: {
          seq: 9,
          attempt: 3,
          at: 1_790_000_000_001,
          phase: 'work',
          percent: null,
          message: 'é\ud800',
        },
        saved: { upTo: 12 },
        lastFailure: { code: 'a', message: 'b', reference: 'c' },
        failure: { code: 'timeout', message: 'long', reference: 'd' },
        discarded: true,
      });
      const entries = [admitted('plain'), { type: 'admitted', job: whole } as const];
      await writeAll(place.journal(), entries);
      await expectKept(place, contentAfter(entries));
    });

    test('K2 values are kept as structured clone has them', async (place) => {
      const shared = { text: 'shared' };
      const circle: Record<string, unknown> = { shared, again: shared };
      circle.self = circle;
      const values: readonly unknown[] = [
        undefined,
        null,
        -0,
        Number.NaN,
        2n ** 80n,
        '\ud800',
        new Date(0),
        new Map<unknown, unknown>([[{ key: 1 }, new Set([1, 'a'])]]),
        new Uint8Array([1, 2, 3]),
        [1, undefined, { undefined: undefined }],
        new Error('an error', { cause: 'a cause' }),
        /ab+/gi,
      ];
      const entries: JournalEntry[] = values.flatMap((input, index) => [
        admitted(`input-${index}`, { input }),
        admitted(`result-${index}`),
        { type: 'saved', id: `result-${index}`, state: input },
        { type: 'ended', id: `result-${index}`, at: 1, status: 'succeeded', result: input },
      ]);
      await writeAll(place.journal(), [...entries, admitted('circle', { input: circle })]);
      const journal = place.journal();
      const { jobs } = await journal.open();
      for (const [index, value] of values.entries()) {
        expect(jobs[index * 2]?.input).toEqual(value);
        expect(jobs[index * 2 + 1]?.saved).toEqual(value);
        expect(jobs[index * 2 + 1]?.result).toEqual(value);
      }
      const found = Object(jobs.at(-1)?.input) as Record<string, unknown>;
      expect(found.self).toBe(found);
      expect(found.again).toBe(found.shared);
      await journal.close();
    });

    test('K2 each change of a job is kept', async (place) => {
      const event = { attempt: 2, seq: 4, at: 5, phase: 'work', percent: 50, message: 'half' };
      const failure = { code: 'handler_failed', message: 'no', reference: 'r' };
      const changesOf = (id: string): readonly JournalEntry[] => [
        { type: 'started', id, attempt: 2, at: 3 },
        { type: 'progress', id, event },
        { type: 'saved', id, state: { at: 'file 3' } },
        { type: 'stopRequested', id, at: 6, reason: 'shutdown' },
        { type: 'stopRequested', id, at: 7, reason: 'canceled' },
        { type: 'retrying', id, attempt: 3, availableAt: 99, lastFailure: failure },
        { type: 'retrying', id, attempt: 3, availableAt: null },
        { type: 'saved', id, state: undefined },
        { type: 'ended', id, at: 8, status: 'failed', failure },
        { type: 'discarded', id },
        { type: 'released', id },
      ];
      // The first job gets none of them, the next one the first, and so on.
      const entries = Array.from({ length: 12 }, (_, count): readonly JournalEntry[] => [
        admitted(`job-${count}`, { availableAt: 2 }),
        ...changesOf(`job-${count}`).slice(0, count),
      ]).flat();
      await writeAll(place.journal(), entries);
      await expectKept(place, contentAfter(entries));
    });

    test('K2 a job that is canceled, and one that succeeds with nothing, are kept so', async (place) => {
      const entries: JournalEntry[] = [
        admitted('canceled'),
        admitted('succeeded'),
        { type: 'ended', id: 'canceled', at: 2, status: 'canceled' },
        { type: 'ended', id: 'succeeded', at: 2, status: 'succeeded', result: undefined },
      ];
      await writeAll(place.journal(), entries);
      await expectKept(place, contentAfter(entries));
    });

    test('K2 large values change places with small ones', async (place) => {
      const large = (letter: string): string => letter.repeat(300_000);
      const changesOf = (id: string): readonly JournalEntry[] => [
        { type: 'saved', id, state: large('s') },
        { type: 'saved', id, state: 'small' },
        { type: 'saved', id, state: large('t') },
        { type: 'ended', id, at: 1, status: 'succeeded', result: large('r') },
        { type: 'ended', id, at: 1, status: 'canceled' },
        { type: 'ended', id, at: 1, status: 'failed' },
        { type: 'released', id },
        admitted(id, { input: 'small' }),
      ];
      const entries = Array.from({ length: 9 }, (_, count): readonly JournalEntry[] => [
        admitted(`job-${count}`, { input: large('i') }),
        ...changesOf(`job-${count}`).slice(0, count),
      ]).flat();
      await writeAll(place.journal(), entries);
      await expectKept(place, contentAfter(entries));
    });

    test('K2 what is written of a job that is not there changes nothing', async (place) => {
      await writeAll(place.journal(), [
        admitted('job'),
        { type: 'released', id: 'job' },
        {
          type: 'progress',
          id: 'job',
          event: { seq: 1, at: 1, phase: 'work', percent: 1, message: '', attempt: 1 },
        },
        { type: 'saved', id: 'job', state: 1 },
        { type: 'ended', id: 'never', at: 1, status: 'canceled' },
        { type: 'released', id: 'never' },
      ]);
      await expectKept(place, contentAfter([]));
    });

    test('K2 values are those of the moment of the call', async (place) => {
      const journal = place.journal();
      await journal.open();
      const input = { files: ['a'] };
      const written = journal.write(admitted('job', { input }));
      input.files.push('b');
      await written;
      await journal.close();
      await expectKept(place, contentAfter([admitted('job', { input: { files: ['a'] } })]));
    });

    test('K2 A9 schedules are kept, replaced and removed', async (place) => {
      const first = keptSchedule('nightly\ud800\u0000', {
        lastJobId: 'job-1',
        lastJobOwner: 'bob',
      });
      const entries: JournalEntry[] = [
        { type: 'schedule', id: first.id, schedule: first },
        { type: 'schedule', id: 'hourly', schedule: keptSchedule('hourly', { everyMs: 3600 }) },
        { type: 'schedule', id: 'gone', schedule: keptSchedule('gone') },
        { type: 'schedule', id: 'gone', schedule: undefined },
        { type: 'schedule', id: 'hourly', schedule: keptSchedule('hourly', { paused: true }) },
      ];
      await writeAll(place.journal(), entries);
      await expectKept(place, contentAfter(entries));
    });

    test('K2 random changes, over restarts, end where they do in memory', async (place) => {
      const entries: JournalEntry[] = [];
      for (let round = 0; round < 3; round += 1) {
        const fresh = [...randomEntries(round, 400)];
        entries.push(...fresh);
        const journal = place.journal();
        await journal.open();
        await Promise.all(fresh.map((entry) => journal.write(entry)));
        await journal.close();
        await expectKept(place, contentAfter(entries));
      }
    });
  });

  runner.describe(`${name}: writes`, () => {
    test('K2 entries of one write are kept together or not at all', async (place) => {
      const journal = place.journal();
      await journal.open();
      const tick: JournalEntry = { type: 'schedule', id: 's', schedule: keptSchedule('s') };
      await journal.write(admitted('a'), tick);
      await expectCode(
        journal.write(admitted('b'), admitted('c', { input: () => undefined })),
        'not_serializable',
      );
      await journal.close();
      await expectKept(place, contentAfter([admitted('a'), tick]));
    });

    test('K2 a write of nothing resolves', async (place) => {
      const journal = place.journal();
      await journal.open();
      expect(await journal.write()).toBe(undefined);
      await journal.close();
    });

    test('K2 writes resolve in the order of their calls', async (place) => {
      const journal = place.journal();
      await journal.open();
      const order: number[] = [];
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          journal.write(admitted(`job-${index}`)).then(() => order.push(index)),
        ),
      );
      expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
      await journal.close();
    });

    test('K6 before it is open and after it was closed it takes nothing', async (place) => {
      const journal = place.journal();
      expect(journal.health().writable).toBe(false);
      await expectCode(journal.write(admitted('early')), 'journal_failed');
      await journal.open();
      expect(journal.health()).toEqual({ writable: true });
      await expectCode(journal.open(), 'journal_failed');
      await journal.close();
      expect(journal.health().writable).toBe(false);
      await expectCode(journal.write(admitted('late')), 'journal_failed');
      await expectCode(journal.open(), 'journal_failed');
      await expectKept(place, contentAfter([]));
    });

    test('K6 close waits for what was written before, and may be called again', async (place) => {
      const journal = place.journal();
      await journal.open();
      const written = Promise.all([journal.write(admitted('a')), journal.write(admitted('b'))]);
      await Promise.all([journal.close(), journal.close()]);
      await written;
      await journal.close();
      await place.journal().close();
      await expectKept(place, contentAfter([admitted('a'), admitted('b')]));
    });

    test('K6 a second manager is locked out until the first one closes', async (place) => {
      const first = place.journal();
      await first.open();
      const second = place.journal();
      await expectCode(second.open(), 'locked');
      expect(second.health().writable).toBe(false);
      await expectCode(second.write(admitted('no')), 'journal_failed');
      await second.close();
      await first.write(admitted('still'));
      await expectCode(place.journal().open(), 'locked');
      await first.close();
      await expectKept(place, contentAfter([admitted('still')]));
    });

    test('K6 of many that open at once one gets it', async (place) => {
      const journals = Array.from({ length: 4 }, () => place.journal());
      const opened = await Promise.allSettled(journals.map((journal) => journal.open()));
      expect(opened.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      await Promise.all(journals.map((journal) => journal.close()));
      await expectKept(place, contentAfter([]));
    });
  });

  limitTests(kit);
}

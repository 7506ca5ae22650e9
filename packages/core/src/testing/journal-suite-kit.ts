import { OffstageError } from '../foundation/errors.ts';
import type { JobJournal, JournalEntry, KeptJob, KeptSchedule } from '../jobs/journal.ts';
import { emptyJournal, type JournalContent, replay } from '../jobs/journal-replay.ts';
import type { SuiteRunner } from './suite-runner.ts';

export interface JournalSuiteSettings {
  /** As `MemoryJournalOptions` has it. */
  readonly maxKept?: number;
}

/** A place for a journal. */
export interface JournalPlace {
  /** A journal on it, as a process has it that begins now. Not open yet. */
  journal(settings?: JournalSuiteSettings): JobJournal;
  /** Closes what is still open, and takes the place away. */
  dispose(): Promise<void>;
}

export interface JournalSuiteOptions {
  /** Names the journal in the titles. */
  readonly name: string;
  /** An empty place of its own for each test. */
  readonly create: () => JournalPlace | Promise<JournalPlace>;
}

export interface JournalKit {
  readonly name: string;
  readonly runner: SuiteRunner;
  readonly expect: SuiteRunner['expect'];
  /** A test with a place of its own. */
  test(title: string, body: (place: JournalPlace) => Promise<void>): void;
  expectCode(work: Promise<unknown>, code: string): Promise<OffstageError>;
  /** Opens the place's journal as the next process does, and expects that in it. */
  expectKept(place: JournalPlace, content: JournalContent): Promise<void>;
}

export function journalKit(runner: SuiteRunner, { name, create }: JournalSuiteOptions): JournalKit {
  const { expect } = runner;
  return {
    name,
    runner,
    expect,
    test: (title, body) =>
      runner.test(title, async () => {
        const place = await create();
        try {
          await body(place);
        } finally {
          await place.dispose();
        }
      }),
    async expectCode(work, code) {
      const error = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!OffstageError.isInstance(error)) throw error ?? new Error(`It was to be ${code}.`);
      expect(error.code).toBe(code);
      return error;
    },
    async expectKept(place, { jobs, schedules }) {
      const journal = place.journal();
      const found = await journal.open();
      await journal.close();
      expect(found.jobs).toEqual([...jobs.values()]);
      expect(sorted(found.schedules)).toEqual(sorted([...schedules.values()]));
    },
  };
}

const sorted = (schedules: readonly KeptSchedule[]): readonly KeptSchedule[] =>
  [...schedules].sort((a, b) => (a.id < b.id ? -1 : 1));

/** What one process does that writes them one after the other. */
export async function writeAll(
  journal: JobJournal,
  entries: readonly JournalEntry[],
): Promise<void> {
  await journal.open();
  for (const entry of entries) await journal.write(entry);
  await journal.close();
}

export function contentAfter(entries: Iterable<JournalEntry>): JournalContent {
  const content = emptyJournal();
  for (const entry of entries) replay(content, entry);
  return content;
}

/** A job as it is admitted. */
export const keptJob = (id: string, more: Partial<KeptJob> = {}): KeptJob => ({
  id,
  owner: 'alice',
  name: 'suite.kept',
  input: { files: ['a.txt'] },
  priority: 0,
  createdAt: 1_790_000_000_000,
  availableAt: null,
  status: 'queued',
  attempt: 1,
  startedAt: null,
  endedAt: null,
  stopReason: null,
  progress: null,
  discarded: false,
  ...more,
});

export const admitted = (id: string, more: Partial<KeptJob> = {}): JournalEntry => ({
  type: 'admitted',
  job: keptJob(id, more),
});

export const keptSchedule = (id: string, more: Partial<KeptSchedule> = {}): KeptSchedule => ({
  id,
  name: 'suite.kept',
  input: { nightly: true },
  owner: 'alice',
  cron: '0 3 * * *',
  everyMs: null,
  timezone: 'UTC',
  catchUp: 'last',
  paused: false,
  decidedAt: 1_790_000_000_000,
  lastTickAt: null,
  lastJobId: null,
  lastJobOwner: null,
  ...more,
});

/** Entries of a few jobs in any order, the same for the same seed: most mean something, not all. */
export function* randomEntries(seed: number, count: number): Generator<JournalEntry> {
  let state = seed * 2_654_435_761 + 1;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  for (let index = 0; index < count; index += 1) {
    const id = `job-${below(12)}`;
    const at = 1_790_000_000_000 + index;
    const attempt = 1 + below(3);
    const text = 'x'.repeat(below(5) === 0 ? 6000 : below(40));
    const failure = { code: 'handler_failed', message: text, reference: `ref-${index}` };
    switch (below(11)) {
      case 0:
      case 1:
      case 2:
        yield admitted(id, { input: { index, text }, createdAt: at });
        break;
      case 3:
        yield { type: 'started', id, attempt, at };
        break;
      case 4:
        yield {
          type: 'progress',
          id,
          event: { seq: index + 1, at, phase: 'work', percent: below(101), message: text, attempt },
        };
        break;
      case 5:
        yield { type: 'saved', id, state: { index, text } };
        break;
      case 6:
        yield { type: 'stopRequested', id, at, reason: below(2) === 0 ? 'canceled' : 'shutdown' };
        break;
      case 7:
        yield {
          type: 'retrying',
          id,
          attempt: attempt + 1,
          availableAt: below(2) === 0 ? null : at + 1000,
          ...(below(2) === 0 && { lastFailure: failure }),
        };
        break;
      case 8:
        yield below(2) === 0
          ? { type: 'ended', id, at, status: 'succeeded', result: { index, text } }
          : { type: 'ended', id, at, status: 'failed', failure };
        break;
      case 9:
        yield below(2) === 0 ? { type: 'discarded', id } : { type: 'released', id };
        break;
      default: {
        const name = `schedule-${below(3)}`;
        const schedule = below(3) === 0 ? undefined : keptSchedule(name, { decidedAt: at });
        yield { type: 'schedule', id: name, schedule };
      }
    }
  }
}

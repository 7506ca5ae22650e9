import { OffstageError } from '../foundation/errors.ts';
import type { JobJournal, JournalEntry, JournalHealth, KeptState } from '../jobs/journal.ts';
import {
  journalMisused,
  type KeptValue,
  maxKeptBytes,
  notKeepable,
  tooLarge,
} from '../jobs/journal-errors.ts';
import { emptyJournal, isDone, type JournalContent, replay } from '../jobs/journal-replay.ts';
import { approximateBytes } from './approximate-bytes.ts';

/**
 * Where a journal may be cut off. `open`: before the lock; `opened`: it is read; `group`: a group is
 * taken; `written`: it is with the operating system; `synced`: it is durable; `answered`: its writes
 * have resolved; `close`: before the lock is given back.
 */
export type JournalStep = 'open' | 'opened' | 'group' | 'written' | 'synced' | 'answered' | 'close';

export interface MemoryJournalOptions {
  /** How many jobs that have ended are kept (K8). @default Infinity */
  readonly maxKept?: number | undefined;
  /** Larger inputs, results and saved states are refused. @default 1_048_576 */
  readonly maxValueBytes?: number | undefined;
  /** Called at each step; what it throws is what becomes of it. */
  readonly onStep?: ((step: JournalStep, journal: MemoryJournal) => void) | undefined;
  /** Whether what was written is synced before it is answered. @default true */
  readonly syncs?: boolean | undefined;
  /** Whether the disk has no room left: what makes it grow is refused. @default () => false */
  readonly isFull?: (() => boolean) | undefined;
}

/**
 * A journal on a simulated disk, which has what was written in groups: a loss of power keeps those that
 * were synced, and of the others the first few.
 */
export interface MemoryJournal extends JobJournal {
  /** Groups that were synced, since the disk is there. */
  readonly syncs: number;
  /** Groups that a loss of power now would decide about. */
  readonly unsynced: number;
  /** From now on all fails, as in a process that has ended. Its lock goes. */
  stop(): void;
  /** The same disk as another process sees it, while this one goes on. */
  another(options?: MemoryJournalOptions): MemoryJournal;
  /** A copy of the disk as the next process finds it when all others are killed: nothing is lost. */
  afterKill(options?: MemoryJournalOptions): MemoryJournal;
  /** A copy of it after a loss of power that the first `kept` un-synced groups outlast. @default 0 */
  afterPowerLoss(kept?: number, options?: MemoryJournalOptions): MemoryJournal;
}

interface Disk {
  durable: JournalContent;
  unsynced: JournalEntry[][];
  syncs: number;
  holder: object | undefined;
}

interface Waiting {
  readonly entries: readonly JournalEntry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Jobs that outlive their manager, in memory: for tests of what goes on after a restart.
 *
 * @example
 * const journal = memoryJournal();
 * // … a manager works with it; then its process ends:
 * const next = journal.afterKill();
 */
export const memoryJournal = (options: MemoryJournalOptions = {}): MemoryJournal =>
  journalOn({ durable: emptyJournal(), unsynced: [], syncs: 0, holder: undefined }, options);

function journalOn(disk: Disk, options: MemoryJournalOptions): MemoryJournal {
  const {
    maxKept = Number.POSITIVE_INFINITY,
    maxValueBytes = maxKeptBytes,
    syncs = true,
  } = options;
  const me = {};
  const waiting: Waiting[] = [];
  let state: 'new' | 'open' | 'closed' = 'new';
  let stopped = false;
  let failure: { readonly error: unknown } | undefined;
  let pumping: Promise<void> | undefined;

  const step = (name: JournalStep): void => {
    if (stopped) throw ended();
    options.onStep?.(name, journal);
    if (stopped) throw ended();
  };

  async function open(): Promise<KeptState> {
    if (state !== 'new') throw journalMisused(state);
    step('open');
    if (disk.holder !== undefined) throw locked();
    state = 'open';
    disk.holder = me;
    // Whatever a killed process has left unsynced is synced by who goes on with it.
    settleDisk(disk, disk.unsynced.length);
    const { jobs, schedules } = structuredClone(disk.durable);
    await undefined;
    step('opened');
    return { jobs: [...jobs.values()], schedules: [...schedules.values()] };
  }

  async function write(...entries: readonly JournalEntry[]): Promise<void> {
    if (stopped) throw ended();
    if (state !== 'open') throw journalMisused(state);
    const copy = entries.map((entry) => copyOf(entry, maxValueBytes));
    const done = new Promise<void>((resolve, reject) => {
      waiting.push({ entries: copy, resolve, reject });
    });
    pumping ??= pump();
    await done;
  }

  async function pump(): Promise<void> {
    // What is written in the same turn is in the group.
    await undefined;
    for (let group = waiting.splice(0); group.length > 0; group = waiting.splice(0)) {
      try {
        await keep(group);
      } catch (error) {
        failure = { error };
        for (const { reject } of group) reject(error);
      }
    }
    pumping = undefined;
  }

  async function keep(group: readonly Waiting[]): Promise<void> {
    step('group');
    const [refused, taken] = options.isFull?.() === true ? divide(group) : [[], group];
    const entries = taken.flatMap((write) => write.entries);
    disk.unsynced.push([...entries, ...surplus(disk, entries, maxKept)]);
    await undefined;
    step('written');
    if (syncs) settleDisk(disk, disk.unsynced.length);
    await undefined;
    step('synced');
    failure = refused.length > 0 ? { error: full() } : undefined;
    for (const { resolve } of taken) resolve();
    for (const { reject } of refused) reject(full());
    await undefined;
    step('answered');
  }

  async function close(): Promise<void> {
    if (state === 'open') {
      state = 'closed';
      await pumping;
      step('close');
    }
    state = 'closed';
    if (disk.holder === me) disk.holder = undefined;
  }

  const journal: MemoryJournal = {
    open,
    write,
    close,
    health: (): JournalHealth => ({
      writable: state === 'open' && !stopped && failure === undefined,
      ...failure,
    }),
    get syncs() {
      return disk.syncs;
    },
    get unsynced() {
      return disk.unsynced.length;
    },
    stop() {
      stopped = true;
      if (disk.holder === me) disk.holder = undefined;
      for (const { reject } of waiting.splice(0)) reject(ended());
    },
    another: (next = {}) => journalOn(disk, next),
    afterKill: (next = {}) => journalOn({ ...structuredClone(unheld(disk)) }, next),
    afterPowerLoss: (kept = 0, next = {}) => {
      const copy = structuredClone(unheld(disk));
      copy.unsynced.splice(kept);
      return journalOn(copy, next);
    },
  };
  return journal;
}

const unheld = (disk: Disk): Disk => ({ ...disk, holder: undefined });

function settleDisk(disk: Disk, groups: number): void {
  for (const entry of disk.unsynced.splice(0, groups).flat()) replay(disk.durable, entry);
  if (groups > 0) disk.syncs += 1;
}

/** What makes the disk grow, and all else. */
function divide(group: readonly Waiting[]): [refused: Waiting[], taken: Waiting[]] {
  const grows = ({ entries }: Waiting): boolean =>
    entries.some(({ type }) => type === 'admitted' || type === 'saved' || type === 'schedule');
  return [group.filter(grows), group.filter((write) => !grows(write))];
}

/** The releases of jobs that ended first, where more are kept than may be. */
function surplus(disk: Disk, entries: readonly JournalEntry[], maxKept: number): JournalEntry[] {
  if (maxKept === Number.POSITIVE_INFINITY) return [];
  const after: JournalContent = { ...emptyJournal(), jobs: new Map(disk.durable.jobs) };
  for (const entry of [...disk.unsynced.flat(), ...entries]) replay(after, entry);
  const done = [...after.jobs.values()]
    .filter(isDone)
    .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
  return done
    .slice(0, Math.max(0, done.length - maxKept))
    .map(({ id }) => ({ type: 'released', id }));
}

function copyOf(entry: JournalEntry, maxBytes: number): JournalEntry {
  for (const [name, value] of valuesOf(entry)) {
    try {
      structuredClone(value);
    } catch (cause) {
      throw notKeepable(name, value, cause);
    }
    const bytes = approximateBytes(value);
    if (bytes > maxBytes) throw tooLarge(name, bytes, maxBytes);
  }
  return structuredClone(entry);
}

function valuesOf(entry: JournalEntry): readonly (readonly [KeptValue, unknown])[] {
  switch (entry.type) {
    case 'admitted': {
      const { input, saved, result } = entry.job;
      return [
        ['input', input],
        ['saved', saved],
        ['result', result],
      ];
    }
    case 'saved':
      return [['saved', entry.state]];
    case 'ended':
      return [['result', entry.result]];
    case 'schedule':
      return [['input', entry.schedule?.input]];
    default:
      return [];
  }
}

const ended = (): OffstageError =>
  new OffstageError('journal_failed', 'The process of this journal has ended.', {
    details: { reason: 'stopped' },
  });

const full = (): OffstageError =>
  new OffstageError('journal_full', 'The disk of the journal is full: free some space.');

const locked = (): OffstageError =>
  new OffstageError('locked', 'Another manager has the journal open.');

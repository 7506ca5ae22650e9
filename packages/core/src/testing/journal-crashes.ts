import type { JobJournal, JournalEntry, KeptState } from '../jobs/journal.ts';
import { emptyJournal, type JournalContent, replay } from '../jobs/journal-replay.ts';
import { canonicalJson } from '../snapshots/canonical-json.ts';
import { admitted } from './journal-suite-kit.ts';
import { type MemoryJournal, type MemoryJournalOptions, memoryJournal } from './memory-journal.ts';

/** The entries of one `write`. */
export type JournalWrite = readonly JournalEntry[];

export interface JournalCrashOptions {
  /**
   * What a process writes: turn after turn, and the writes of a turn at once. Values as JSON has them.
   */
  readonly turns: readonly (readonly JournalWrite[])[];
  /** The journal that is tried. */
  readonly journal?: MemoryJournalOptions | undefined;
}

export interface JournalCrashReport {
  /** Steps before which it was cut off. */
  readonly crashes: number;
  /** Different disks that were found afterwards, those that a recovery left which was cut off, too. */
  readonly outcomes: number;
  readonly violations: readonly string[];
}

/**
 * Cuts a journal off before each of its steps, by a kill and by a loss of power, cuts off each step of
 * the recovery too, and says what is wrong with what is then found (K9): an acknowledged write is
 * missing, another one is there in part or before its turn, or the next write is not kept.
 */
export async function exploreJournalCrashes(
  options: JournalCrashOptions,
): Promise<JournalCrashReport> {
  const writes = options.turns.flat();
  const violations: string[] = [];
  // What follows is done once for disks that are equal.
  const tried = new Set<string>();
  let outcomes = 0;
  let crashes = 0;
  for (let done = false; !done; ) {
    const cut = cutAt(options.journal ?? {}, crashes);
    const acknowledged = await drive(cut.journal, options.turns);
    done = !cut.happened();
    crashes += done ? 0 : 1;
    const expected = { writes, acknowledged };
    for (const [what, disk] of remains(cut.journal)) {
      const content = textOf(await disk.afterKill().open());
      const look = `${acknowledged} ${disk.unsynced} ${content}`;
      if (tried.has(look)) continue;
      tried.add(look);
      const trace = `cut off at step ${cut.at()}, ${what}`;
      for (const [more, recovered] of await recoveries(disk)) {
        outcomes += 1;
        const problem = await problemOf(recovered, expected);
        if (problem !== undefined) violations.push(`${trace}${more}: ${problem}`);
      }
    }
  }
  return { crashes, outcomes, violations };
}

/** What is wrong with what a journal holds after a crash, or `undefined`. */
export function journalProblem(
  found: KeptState,
  writes: readonly JournalWrite[],
  acknowledged: number,
): string | undefined {
  const content = emptyJournal();
  const wanted = textOf(found);
  const fitting: number[] = [];
  for (let count = 0; count <= writes.length; count += 1) {
    if (count > 0) for (const entry of writes[count - 1] ?? []) replay(content, entry);
    if (textOf(stateOf(content)) === wanted) fitting.push(count);
  }
  // Writes may undo each other, so that more than one number of them fits.
  if (fitting.some((count) => count >= acknowledged)) return undefined;
  const most = fitting.at(-1);
  return most === undefined
    ? `it holds what no number of whole writes has left: ${wanted.slice(0, 300)}`
    : `${acknowledged} writes were acknowledged, and it holds the first ${most}`;
}

const stateOf = ({ jobs, schedules }: JournalContent): KeptState => ({
  jobs: [...jobs.values()],
  schedules: [...schedules.values()],
});

const textOf = ({ jobs, schedules }: KeptState): string =>
  canonicalJson({ jobs, schedules: [...schedules].sort((a, b) => (a.id < b.id ? -1 : 1)) });

interface Cut {
  readonly journal: MemoryJournal;
  readonly happened: () => boolean;
  readonly at: () => string;
}

function cutAt(options: MemoryJournalOptions, step: number, disk?: MemoryJournal): Cut {
  let left = step;
  let at = 'none';
  const settings: MemoryJournalOptions = {
    ...options,
    onStep: (name, journal) => {
      left -= 1;
      if (left >= 0) return;
      at = `${step} (${name})`;
      journal.stop();
    },
  };
  const journal = disk === undefined ? memoryJournal(settings) : disk.another(settings);
  return { journal, happened: () => left < 0, at: () => at };
}

/** How many writes were acknowledged, counted from the first. */
async function drive(journal: JobJournal, turns: JournalCrashOptions['turns']): Promise<number> {
  let acknowledged = 0;
  try {
    await journal.open();
    for (const turn of turns) {
      await Promise.all(
        turn.map((write) =>
          journal.write(...write).then(() => {
            acknowledged += 1;
          }),
        ),
      );
    }
    await journal.close();
  } catch {
    // It was cut off.
  }
  return acknowledged;
}

function* remains(journal: MemoryJournal): Generator<readonly [string, MemoryJournal]> {
  yield ['killed', journal.afterKill()];
  for (let kept = 0; kept <= journal.unsynced; kept += 1) {
    yield [`power lost, ${kept} of ${journal.unsynced} groups kept`, journal.afterPowerLoss(kept)];
  }
}

/** The disk as it is, and as each recovery that is cut off leaves it. */
async function recoveries(
  disk: MemoryJournal,
): Promise<readonly (readonly [string, MemoryJournal])[]> {
  const found: (readonly [string, MemoryJournal])[] = [['', disk.afterKill()]];
  for (let step = 0; ; step += 1) {
    const cut = cutAt({}, step, disk.afterKill());
    await drive(cut.journal, []);
    if (!cut.happened()) return found;
    for (const [what, after] of remains(cut.journal)) {
      found.push([`, recovery cut off at step ${cut.at()}, ${what}`, after]);
    }
  }
}

async function problemOf(
  disk: MemoryJournal,
  { writes, acknowledged }: { writes: readonly JournalWrite[]; acknowledged: number },
): Promise<string | undefined> {
  const problem = journalProblem(await disk.open(), writes, acknowledged);
  if (problem !== undefined) return problem;
  await disk.write(admitted('afterwards'));
  const after = await disk.afterPowerLoss().open();
  return after.jobs.some(({ id }) => id === 'afterwards') ? undefined : 'the next write was lost';
}

import type { Clock, Timer } from '../foundation/clock.ts';
import type { Job } from './job.ts';
import type { JournalEntry } from './journal.ts';

const everyMs = 1000;

/** Hands the newest progress of jobs to their journal, at most once a second, all at once. */
export class KeptProgress {
  readonly #clock: Clock;
  readonly #write: (entries: readonly JournalEntry[]) => void;
  readonly #jobs = new Set<Job>();
  #timer: Timer | undefined;

  constructor(clock: Clock, write: (entries: readonly JournalEntry[]) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** It has progress that the journal has not. */
  add(job: Job): void {
    this.#jobs.add(job);
    this.#timer ??= this.#clock.schedule(everyMs, () => this.flush());
  }

  /** Whether the job has; from here on it is the caller's to write. */
  take(job: Job): boolean {
    return this.#jobs.size > 0 && this.#jobs.delete(job);
  }

  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const entries: JournalEntry[] = [];
    for (const job of this.#jobs) {
      const { progress } = job.state;
      if (progress !== null) entries.push({ type: 'progress', id: job.id, event: progress });
    }
    this.#jobs.clear();
    this.#write(entries);
  }
}

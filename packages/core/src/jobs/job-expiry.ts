import type { Clock, Timer } from '../foundation/clock.ts';
import type { Job } from './job.ts';
import { RankedList } from './ranked-list.ts';

// So many at a time, that a million jobs which expire together do not hold up the event loop.
const batchSize = 1000;

/**
 * Releases jobs at rest that no owner has looked at for `ttlMs` (J13).
 *
 * Jobs stand in the order of their last look, and one timer waits for the first of them. A look only
 * moves a job to the end: a timer that rings too early for that looks again later. Looks are kept on the
 * monotonic clock, so that nobody who sets the other one keeps or loses a job (F6).
 */
export class JobExpiry {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #release: (job: Job) => void;
  readonly #jobs = new RankedList<Job>();
  #timer: Timer | undefined;

  /** `release` must take the job out with `remove`. */
  constructor(clock: Clock, ttlMs: number, release: (job: Job) => void) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#release = release;
  }

  /** The job has come to rest now. */
  add(job: Job): void {
    // Whole milliseconds are no objects, which each job that is kept would hold one of; up, so that none
    // goes too early.
    this.#jobs.add(job, Math.ceil(this.#clock.monotonic()));
    if (this.#timer === undefined) this.#arm();
  }

  /** Its owner looks at it; it may be active still. */
  look(job: Job): void {
    if (!job.atRest) return;
    this.#jobs.remove(job);
    this.add(job);
  }

  remove(job: Job): void {
    this.#jobs.remove(job);
  }

  #arm(): void {
    const { first } = this.#jobs;
    if (first === undefined || this.#ttlMs === Infinity) return;
    const waitMs = first.rank + this.#ttlMs - this.#clock.monotonic();
    this.#timer = this.#clock.schedule(Math.max(0, waitMs), () => this.#sweep());
  }

  #sweep(): void {
    this.#timer = undefined;
    const untilMs = this.#clock.monotonic() - this.#ttlMs;
    for (let count = 0; count < batchSize; count += 1) {
      const { first } = this.#jobs;
      if (first === undefined || first.rank > untilMs) break;
      // Who watches a job looks at it all the time.
      if (first.watchers !== undefined) this.look(first);
      else this.#release(first);
    }
    // A look has armed it again.
    if (this.#timer === undefined) this.#arm();
  }
}

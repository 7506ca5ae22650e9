import type { Timer } from '../foundation/clock.ts';
import { OffstageError, type StopReason } from '../foundation/errors.ts';
import type { Job } from './job.ts';
import type { JobHost, JobOutcome, JobRun, ReportedProgress } from './job-executor.ts';
import type { JobEvent } from './job-state.ts';

/** Whom an attempt tells. */
export interface AttemptKeeper {
  dispatch(job: Job, event: JobEvent): void;
  /** The handler has settled; comes at most once. Answers whether its result is still to be checked. */
  handlerSettled(job: Job, outcome: JobOutcome): boolean;
  /** Keeps what a handler saves, where anything is kept. */
  keepSaved(job: Job, state: unknown): Promise<void> | undefined;
}

/**
 * One run of a job's handler, and the executor's host for it. Once it has settled or was given up,
 * nothing that it still tells reaches the job, which may be at its next attempt by then (A3).
 */
export class Attempt implements JobHost {
  readonly number: number;
  readonly #job: Job;
  readonly #keeper: AttemptKeeper;
  // Numbers go on where those of the attempt before ended.
  readonly #seqBefore: number;
  #run: JobRun | undefined;
  #timeout: Timer | undefined;
  #isOver = false;

  constructor(job: Job, keeper: AttemptKeeper) {
    const { attempt, progress } = job.state;
    this.number = attempt;
    this.#job = job;
    this.#keeper = keeper;
    this.#seqBefore = Math.max(progress?.seq ?? 0, job.life);
  }

  /** The executor has nothing left of it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  progress({ seq, at, phase, percent, message }: ReportedProgress): void {
    if (this.#isOver) return;
    const event = Object.freeze({
      seq: this.#seqBefore + seq,
      at,
      phase,
      percent,
      message,
      attempt: this.number,
    });
    this.#keeper.dispatch(this.#job, { type: 'progress', event });
  }

  dropped(count: number): void {
    if (!this.#isOver) this.#keeper.dispatch(this.#job, { type: 'dropped', count });
  }

  async saved(state: unknown): Promise<void> {
    if (this.#isOver || this.#job.isTerminal) {
      throw new OffstageError('canceled', 'This attempt is over; what it saves is not kept.');
    }
    const kept = this.#keeper.keepSaved(this.#job, state);
    if (kept !== undefined) await kept;
    if (!this.#job.isTerminal) this.#job.saved = state;
  }

  settled(outcome: JobOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#run = undefined;
    // The time limit is for the schema of the result as well.
    if (!this.#keeper.handlerSettled(this.#job, outcome)) this.end();
  }

  /** Nothing of it is waited for any more. */
  end(): void {
    this.#timeout?.cancel();
    this.#timeout = undefined;
  }

  /** Its handler is under way: takes what stops it, and the timer that may (J6). */
  attach(run: JobRun, timeout: Timer | undefined): void {
    if (this.#isOver) {
      timeout?.cancel();
      return;
    }
    this.#run = run;
    this.#timeout = timeout;
    // It was asked to stop while it was being handed over.
    const { stopReason } = this.#job.state;
    if (stopReason !== null) run.stop(stopReason);
  }

  stop(reason: StopReason): void {
    this.#run?.stop(reason);
  }

  giveUp(): void {
    this.#isOver = true;
    this.#timeout?.cancel();
    this.#timeout = undefined;
  }
}

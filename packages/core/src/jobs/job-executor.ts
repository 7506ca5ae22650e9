import type { StopReason } from '../foundation/errors.ts';
import type { JobFailure, ProgressEvent } from './job-view.ts';

/** One run of a handler, as the manager hands it to an executor. */
export interface JobTask {
  readonly jobId: string;
  /** The definition's name. */
  readonly name: string;
  readonly attempt: number;
  /** What the attempt before saved; the executor gives the handler a copy. */
  readonly saved?: unknown;
  /** Already parsed by the definition's input schema. */
  readonly input: unknown;
  /** See `StartOptions.transfer`. */
  readonly transfer?: readonly unknown[] | undefined;
  /** How many events the manager will keep; an executor need not carry more at once. */
  readonly progressCapacity: number;
}

/** How a handler ended. */
export type JobOutcome =
  /** It returned; the value has not met the result schema yet. */
  | { readonly type: 'returned'; readonly value: unknown }
  /** It threw because it was asked to stop, or threw a JobCanceledError of its own. */
  | { readonly type: 'stopped' }
  /** It threw, its thread crashed, or its value could not be carried. */
  | { readonly type: 'threw'; readonly error: unknown };

/** Progress as one run counts it. */
export type ReportedProgress = Omit<ProgressEvent, 'attempt'>;

/** What an executor tells about a run. Calls come on the manager's thread. */
export interface JobHost {
  /**
   * `seq` counts from 1 in each run and grows; a hole means that the channel dropped events. Fields are
   * already repaired.
   */
  progress(event: ReportedProgress): void;
  /** `count` further reports were malformed beyond repair. */
  dropped(count: number): void;
  /**
   * A copy of what the handler saves, at most 256 KiB. Resolves when it is kept; rejects with why
   * it is not.
   */
  saved(state: unknown): Promise<void>;
  /** Called exactly once, and never within `run` itself; all progress comes before it. */
  settled(outcome: JobOutcome): void;
}

/** A run under way. */
export interface JobRun {
  /** Aborts the handler's signal with a JobCanceledError; the first reason wins. Never kills. */
  stop(reason: StopReason): void;
}

export interface DiscardTask {
  readonly jobId: string;
  readonly name: string;
  readonly input: unknown;
  readonly outcome: DiscardOutcome;
}

/** Why the job's uploads and the like are to be removed. */
export type DiscardOutcome =
  | { readonly status: 'canceled' }
  | { readonly status: 'failed'; readonly failure: JobFailure };

export interface HandlerInfo {
  /** The handler has a `discard`. */
  readonly discards: boolean;
}

/**
 * Where handlers run. `InlineExecutor` runs them here, `WorkerExecutor` of `@offstage/node-worker`
 * in threads; the executor suite of `@offstage/core/testing` is the port's executable form.
 */
export interface JobExecutor {
  /** How many handlers it can run at once. The manager never hands it more runs than that. */
  readonly concurrency: number;
  /** Resolves when handlers can be looked up. Rejects with `executor_failed` and the cause. */
  ready(): Promise<void>;
  /** After `ready`: what is known about the handler of that name, or `undefined`. */
  handler(name: string): HandlerInfo | undefined;
  run(task: JobTask, host: JobHost): JobRun;
  /**
   * Present where something can fail that belongs to no run, such as what a settled handler left
   * behind. The manager passes it to `on('error')`.
   */
  onError?(listener: (error: unknown) => void): void;
  /** Runs the handler's `discard`; rejects with what it threw. Waits for a free place by itself. */
  discard(task: DiscardTask): Promise<void>;
  /**
   * Lets what is running finish within `graceMs`, then ends it as far as it can be ended; runs that
   * were cut off settle as `threw` with `worker_crashed`. A discard that is asked for by the time a run
   * settles so is still taken, and runs when the handler is gone; later ones are refused.
   * Idempotent.
   */
  shutdown(options: { readonly graceMs: number }): Promise<void>;
}

import type { StopReason } from '@offstage/core';
import type { DiscardTask, JobHost, JobOutcome, JobRun, JobTask } from '@offstage/core/engine';
import { type ToThread, toThread } from '../shared/wire.ts';

/** What a thread can be given to do. */
export interface ThreadTask {
  readonly name: string;
  readonly jobId: string;
  readonly input: unknown;
  /** Moves to the thread without a copy. */
  readonly transfer: readonly unknown[];
  readonly progress: { readonly host: JobHost; readonly capacity: number } | undefined;
  readonly stopReason: StopReason | undefined;
  /** How many threads it was given to. More than one only where a thread died before it began. */
  posts: number;
  /** Called by the thread it was given to, and with `undefined` when that is over. */
  onStopRequest: ((reason: StopReason) => void) | undefined;
  message(number: number, handler: number): ToThread;
  end(outcome: JobOutcome): void;
}

/** A run of a handler. */
export class RunTask implements ThreadTask, JobRun {
  readonly progress: { readonly host: JobHost; readonly capacity: number };
  posts = 0;
  onStopRequest: ((reason: StopReason) => void) | undefined;
  readonly transfer: readonly unknown[];
  readonly #task: JobTask;
  #stopReason: StopReason | undefined;

  constructor(task: JobTask, host: JobHost) {
    this.#task = task;
    this.progress = { host, capacity: task.progressCapacity };
    this.transfer = listOf(task.transfer);
  }

  get name(): string {
    return this.#task.name;
  }

  get jobId(): string {
    return this.#task.jobId;
  }

  get input(): unknown {
    return this.#task.input;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  stop(reason: StopReason): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.onStopRequest?.(reason);
  }

  message(number: number, handler: number): ToThread {
    const { jobId, attempt, input, saved } = this.#task;
    return [toThread.run, number, handler, jobId, attempt, input, saved];
  }

  end(outcome: JobOutcome): void {
    this.progress.host.settled(outcome);
  }
}

/** A handler's `discard`. */
export class DiscardRun implements ThreadTask {
  readonly transfer = none;
  readonly progress = undefined;
  readonly stopReason = undefined;
  readonly done: Promise<void>;
  posts = 0;
  onStopRequest: undefined;
  readonly #task: DiscardTask;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;

  constructor(task: DiscardTask) {
    this.#task = task;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get name(): string {
    return this.#task.name;
  }

  get jobId(): string {
    return this.#task.jobId;
  }

  get input(): unknown {
    return this.#task.input;
  }

  message(number: number, handler: number): ToThread {
    const { jobId, outcome, input } = this.#task;
    return [toThread.discard, number, handler, jobId, outcome, input];
  }

  end(outcome: JobOutcome): void {
    if (outcome.type === 'threw') this.#reject(outcome.error);
    else this.#resolve();
  }
}

const none: readonly unknown[] = [];

// The list is the application's and may throw when it is read; what it holds is copied then.
function listOf(transfer: readonly unknown[] | undefined): readonly unknown[] {
  try {
    return transfer === undefined ? none : [...transfer];
  } catch {
    return none;
  }
}

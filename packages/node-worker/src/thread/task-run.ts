import {
  type AnyJobDefinition,
  type HandledJob,
  type JobContext,
  OffstageError,
  type ProgressReport,
  type Report,
} from '@offstage/core';
import type { HandlerEnd } from '@offstage/core/engine';
import { cloneSaved, runHandler } from '@offstage/core/engine';
import type { ProgressWriter } from './progress-writer.ts';
import { SharedSignal } from './shared-signal.ts';

/** A handler of this thread, with its phases by name. */
export interface ThreadHandler {
  readonly job: HandledJob;
  readonly phases: ReadonlyMap<string, number>;
}

/**
 * One task of this thread. It is the identity to which faults are traced, so it lives on in what the
 * handler left behind; `settled` then says whose fault it no longer is.
 */
export class TaskRun {
  readonly number: number;
  readonly jobId: string;
  settled = false;
  readonly #words: Int32Array;
  readonly #send: (save: number, state: unknown) => void;
  readonly #saves = new Map<number, PromiseWithResolvers<void>>();
  #saveCount = 0;
  #signal: SharedSignal | undefined;

  /** `send` gives the host a copy of a state to keep. */
  constructor(
    number: number,
    jobId: string,
    words: Int32Array,
    send: (save: number, state: unknown) => void,
  ) {
    this.number = number;
    this.jobId = jobId;
    this.#words = words;
    this.#send = send;
  }

  /** Wakes a handler that awaits its signal. */
  lookForStop(): void {
    this.#signal?.look();
  }

  run(
    { job, phases }: ThreadHandler,
    attempt: number,
    input: unknown,
    saved: unknown,
    progress: ProgressWriter,
  ): Promise<HandlerEnd> {
    const report = (given: ProgressReport): void => this.#report(given, phases, progress);
    return runHandler(job, new ThreadContext(this, attempt, input, saved, report));
  }

  /** Rejections that the handler does not look at must not end the thread (F1). */
  save(state: unknown): Promise<void> {
    const saving = this.#save(state);
    saving.catch(() => {});
    return saving;
  }

  /** The host has answered. */
  saved(save: number, error: unknown): void {
    const waiting = this.#saves.get(save);
    this.#saves.delete(save);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(error);
  }

  async #save(state: unknown): Promise<void> {
    const copy = cloneSaved(state);
    if (this.settled) {
      throw new OffstageError('canceled', 'This attempt is over; what it saves is not kept.');
    }
    this.#saveCount += 1;
    const answer = Promise.withResolvers<void>();
    this.#saves.set(this.#saveCount, answer);
    this.#send(this.#saveCount, copy);
    await answer.promise;
  }

  signal(): AbortSignal {
    this.#signal ??= new SharedSignal(this.#words, this.number);
    return this.#signal.signal;
  }

  #report(
    report: ProgressReport,
    phases: ReadonlyMap<string, number>,
    progress: ProgressWriter,
  ): void {
    if (this.settled) return;
    let phase: unknown;
    let percent: unknown;
    let message: unknown;
    try {
      phase = report.phase;
      percent = report.percent;
      message = report.message;
    } catch {
      // No object, or a getter that throws: there is no phase then.
      phase = undefined;
    }
    const index = typeof phase === 'string' ? phases.get(phase) : undefined;
    if (index === undefined) progress.countMalformed();
    else progress.write(index, percent, message);
  }
}

const runOf = Symbol('run');

// `signal` is a property of its own, so that a spread copies it, and a getter, so that a handler that
// does not look at it costs no AbortController. All contexts share the one getter: a getter written
// into an object literal would give each a hidden class of its own.
class ThreadContext implements JobContext<AnyJobDefinition> {
  readonly input: unknown;
  readonly jobId: string;
  readonly attempt: number;
  readonly report: Report;
  readonly save: (state: unknown) => Promise<void>;
  readonly saved: unknown;
  declare readonly signal: AbortSignal;
  readonly [runOf]: TaskRun;

  constructor(run: TaskRun, attempt: number, input: unknown, saved: unknown, report: Report) {
    this.input = input;
    this.jobId = run.jobId;
    this.attempt = attempt;
    this.report = report;
    this.saved = saved;
    this.save = (state) => run.save(state);
    this[runOf] = run;
    Object.defineProperty(this, 'signal', signalProperty);
  }
}

const signalProperty: PropertyDescriptor & ThisType<ThreadContext> = {
  enumerable: true,
  get() {
    return this[runOf].signal();
  },
};

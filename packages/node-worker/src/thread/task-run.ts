import type { HandledJob, HandlerEnd, ProgressReport } from '@offstage/core';
import { runHandler } from '@offstage/core';
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
  #signal: SharedSignal | undefined;

  constructor(number: number, jobId: string, words: Int32Array) {
    this.number = number;
    this.jobId = jobId;
    this.#words = words;
  }

  /** Wakes a handler that awaits its signal. */
  lookForStop(): void {
    this.#signal?.look();
  }

  run(
    { job, phases }: ThreadHandler,
    attempt: number,
    input: unknown,
    progress: ProgressWriter,
  ): Promise<HandlerEnd> {
    const signalOf = (): AbortSignal => {
      this.#signal ??= new SharedSignal(this.#words, this.number);
      return this.#signal.signal;
    };
    return runHandler(job, {
      input,
      jobId: this.jobId,
      attempt,
      report: (report: ProgressReport) => this.#report(report, phases, progress),
      get signal(): AbortSignal {
        return signalOf();
      },
    });
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

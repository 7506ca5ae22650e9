import {
  NonRetriableError,
  OffstageError,
  RetryAfterError,
  type StopReason,
} from '../foundation/errors.ts';
import { deferred } from '../testing/deferred.ts';
import type {
  DiscardTask,
  HandlerInfo,
  JobExecutor,
  JobHost,
  JobOutcome,
  JobRun,
  JobTask,
} from './job-executor.ts';

/** Handlers that do what the test says, when it says so. Names that end in `.plain` do not discard. */
export class FakeExecutor implements JobExecutor {
  readonly concurrency: number;
  readonly runs: FakeRun[] = [];
  readonly discards: FakeDiscard[] = [];
  readonly shutdowns: number[] = [];
  /** Discards wait for `finish` or `fail`; otherwise they end at once. */
  holdDiscards = false;
  /** How the next `ready` calls end; an empty list is ready. */
  readonly readiness: Promise<void>[] = [];
  readyCalls = 0;
  mostAtOnce = 0;
  #isClosed = false;

  constructor(concurrency = 2) {
    this.concurrency = concurrency;
  }

  ready(): Promise<void> {
    this.readyCalls += 1;
    return this.readiness.shift() ?? Promise.resolve();
  }

  handler(name: string): HandlerInfo | undefined {
    return name === 'unknown' ? undefined : { discards: !name.endsWith('.plain') };
  }

  run(task: JobTask, host: JobHost): JobRun {
    if (this.shutdowns.length > 0) {
      void Promise.resolve().then(() => host.settled({ type: 'threw', error: closed() }));
      return { stop: () => {} };
    }
    const run = new FakeRun(task, host);
    this.runs.push(run);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.unsettled.length);
    return run;
  }

  discard(task: DiscardTask): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = deferred<void>();
    const begin = (): void => {
      this.discards.push({ task, finish: resolve, fail: reject });
      if (!this.holdDiscards) resolve();
    };
    const run = this.unsettled.find(({ task: { jobId } }) => jobId === task.jobId);
    if (run === undefined) begin();
    else run.onSettled = begin;
    return promise;
  }

  /** As `InlineExecutor` does it: what runs is cut off, and goes on by itself. */
  async shutdown(options: { readonly graceMs: number }): Promise<void> {
    this.shutdowns.push(options.graceMs);
    for (const run of this.unsettled) run.cutOff();
    this.#isClosed = true;
  }

  get unsettled(): readonly FakeRun[] {
    return this.runs.filter((run) => !run.isSettled);
  }

  /** Its newest run. */
  runOf(jobId: string): FakeRun {
    const run = this.runs.findLast(({ task }) => task.jobId === jobId);
    if (run === undefined) throw new Error(`No handler ran for ${jobId}.`);
    return run;
  }
}

export interface FakeDiscard {
  readonly task: DiscardTask;
  finish(): void;
  fail(error: unknown): void;
}

/** One handler under way, driven by hand. */
export class FakeRun implements JobRun {
  readonly task: JobTask;
  readonly stops: StopReason[] = [];
  isSettled = false;
  onSettled: (() => void) | undefined;
  readonly #host: JobHost;
  #seq = 0;

  constructor(task: JobTask, host: JobHost) {
    this.task = task;
    this.#host = host;
  }

  stop(reason: StopReason): void {
    this.stops.push(reason);
  }

  /** Reports the next progress; `skip` numbers are lost in the channel before it. */
  report(message = '', skip = 0): void {
    this.#seq += 1 + skip;
    this.#host.progress({ seq: this.#seq, at: 0, phase: 'work', percent: null, message });
  }

  save(state: unknown): Promise<void> {
    return this.#host.saved(state);
  }

  drop(count = 1): void {
    this.#host.dropped(count);
  }

  return(value: unknown = 'done'): void {
    this.settle({ type: 'returned', value });
  }

  throw(error: unknown = new TypeError('secret of /srv/app')): void {
    this.settle({ type: 'threw', error });
  }

  fail(): void {
    this.throw(new NonRetriableError('closed'));
  }

  retry(afterMs: number): void {
    this.throw(new RetryAfterError('busy', { afterMs }));
  }

  /** Ends as a handler that threw the reason of its signal. */
  obey(): void {
    this.settle({ type: 'stopped' });
  }

  settle(outcome: JobOutcome): void {
    this.isSettled = true;
    this.#host.settled(outcome);
    this.onSettled?.();
  }

  cutOff(): void {
    const error = new OffstageError('worker_crashed', 'The executor was shut down.');
    this.#host.settled({ type: 'threw', error });
  }
}

const closed = (): OffstageError => new OffstageError('executor_failed', 'It is shut down.');

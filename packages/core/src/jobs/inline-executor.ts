import { type Clock, systemClock } from '../foundation/clock.ts';
import { JobCanceledError, OffstageError, type StopReason } from '../foundation/errors.ts';
import { reading, requireClock, requireOptions } from '../foundation/invalid-option.ts';
import { Chain, type Linked } from './chain.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import type {
  DiscardTask,
  HandlerInfo,
  JobExecutor,
  JobHost,
  JobOutcome,
  JobRun,
  JobTask,
} from './job-executor.ts';
import {
  callHandler,
  type HandledJob,
  type HandlerCaller,
  indexHandlers,
  type JobContext,
  type ProgressReport,
} from './job-handler.ts';
import { repairMessage, repairPercent } from './progress-report.ts';
import { cloneSaved } from './saved-state.ts';

export interface InlineExecutorOptions {
  /** The most handlers that may run at once; the manager sets how many do. @default Infinity */
  readonly concurrency?: number | undefined;
  /** Stamps progress and times the grace of `shutdown`. @default systemClock */
  readonly clock?: Clock | undefined;
}

/**
 * Runs handlers in the calling thread: in a browser, in a script, in a test.
 *
 * A handler begins in a microtask after `run`, and values pass by reference, so nothing is cloned.
 * A handler that never awaits keeps the thread to itself; `WorkerExecutor` is there for such work.
 *
 * @throws OffstageError `invalid_definition` when two handlers have one name, `invalid_option`.
 * @example
 * const executor = new InlineExecutor([handle(ingest, async ({ input }) => { … })]);
 */
export class InlineExecutor implements JobExecutor {
  readonly concurrency: number;
  readonly #handlers = new Map<string, InlineHandler>();
  /** The one that was asked for last: each job asks twice, and so do many jobs of a name in a row. */
  #found: InlineHandler | undefined;
  readonly #clock: Clock;
  readonly #running = new Chain<InlineRun>();
  readonly #discarding = new Set<Promise<void>>();
  /** Jobs that a shutdown has cut off while their handlers go on, and when those settle (F5). */
  readonly #cutOff = new Map<string, Promise<void>>();
  #isClosed = false;
  #idle: (() => void) | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(jobs: readonly HandledJob[], options: InlineExecutorOptions = {}) {
    requireOptions(options);
    const { concurrency, clock } = reading('options', () => {
      const { concurrency = Number.POSITIVE_INFINITY, clock = systemClock } = options;
      return { concurrency, clock };
    });
    const counts = concurrency === Number.POSITIVE_INFINITY || Number.isSafeInteger(concurrency);
    if (!counts || concurrency < 1) {
      throw new OffstageError(
        'invalid_option',
        'concurrency must be a whole number of at least 1, or Infinity.',
      );
    }
    this.concurrency = concurrency;
    this.#clock = requireClock(clock);
    for (const [name, job] of indexHandlers(jobs)) {
      this.#handlers.set(name, {
        job,
        phases: new Set(job.definition.phases),
        info: Object.freeze({ discards: job.discard !== undefined }),
      });
    }
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  handler(name: string): HandlerInfo | undefined {
    return this.#find(name)?.info;
  }

  run(task: JobTask, host: JobHost): JobRun {
    const handler = this.#shutdown === undefined ? this.#find(task.name) : undefined;
    if (handler === undefined) return this.#refuse(task, host);
    const run = new InlineRun(task, host, handler, this.#clock, this.#release);
    this.#running.append(run);
    void resolved.then(() => run.execute());
    return run;
  }

  discard(task: DiscardTask): Promise<void> {
    const { jobId, name, input, outcome } = task;
    // A shutdown still takes the discards of what it has cut off.
    const handler = this.#isClosed ? undefined : this.#handlers.get(name);
    if (handler === undefined) return Promise.reject(this.#refusal(name));
    const discard = (): unknown => handler.job.discard?.({ jobId, input, outcome });
    const ended = this.#cutOff.get(jobId);
    // Nobody waits for a handler that could not be stopped; its discard follows it (J9).
    if (ended !== undefined) return ended.then(discard).then(ignore);
    // In a microtask, so that a discard that throws at once rejects like any other.
    const done = resolved.then(discard).then(ignore);
    this.#discarding.add(done);
    const release = (): void => {
      this.#discarding.delete(done);
      this.#notifyIdle();
    };
    done.then(release, release);
    return done;
  }

  shutdown(options: { readonly graceMs: number }): Promise<void> {
    this.#shutdown ??= this.#end(options.graceMs);
    return this.#shutdown;
  }

  #find(name: string): InlineHandler | undefined {
    if (this.#found?.job.definition.name !== name) this.#found = this.#handlers.get(name);
    return this.#found;
  }

  async #end(graceMs: number): Promise<void> {
    if (this.#isBusy() && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.schedule(graceMs, resolve, { keepAlive: true });
        this.#idle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    for (let run = this.#running.first; run !== undefined; run = this.#running.first) {
      this.#cutOff.set(run.jobId, run.whenEnded);
      run.cutOff();
    }
    this.#cutOff.clear();
    this.#isClosed = true;
  }

  #isBusy(): boolean {
    return this.#running.first !== undefined || this.#discarding.size > 0;
  }

  readonly #release = (run: InlineRun): void => {
    this.#running.remove(run);
    this.#notifyIdle();
  };

  #notifyIdle(): void {
    if (this.#idle !== undefined && !this.#isBusy()) this.#idle();
  }

  #refuse(task: JobTask, host: JobHost): JobRun {
    const error = this.#refusal(task.name);
    void resolved.then(() => host.settled({ type: 'threw', error }));
    return { stop: () => {} };
  }

  #refusal(name: string): OffstageError {
    return this.#shutdown === undefined
      ? new OffstageError('unknown_definition', `No handler is given for job "${name}".`, {
          details: { name },
        })
      : new OffstageError('executor_failed', 'The executor is shut down and runs nothing more.');
  }
}

interface InlineHandler {
  readonly job: HandledJob;
  readonly phases: ReadonlySet<string>;
  readonly info: HandlerInfo;
}

const resolved = Promise.resolve();
const ignore = (): void => {};

class InlineRun implements JobRun, HandlerCaller, Linked<InlineRun> {
  previous: InlineRun | undefined;
  next: InlineRun | undefined;
  readonly #task: JobTask;
  readonly #host: JobHost;
  readonly #handler: InlineHandler;
  readonly #clock: Clock;
  readonly #release: (run: InlineRun) => void;
  // A signal of one's own costs 45 ns, and a property that makes it when it is first read costs 85.
  readonly #controller = new AbortController();
  #settled = false;
  #onEnd: (() => void) | undefined;
  #seq = 0;

  constructor(
    task: JobTask,
    host: JobHost,
    handler: InlineHandler,
    clock: Clock,
    release: (run: InlineRun) => void,
  ) {
    this.#task = task;
    this.#host = host;
    this.#handler = handler;
    this.#clock = clock;
    this.#release = release;
  }

  get jobId(): string {
    return this.#task.jobId;
  }

  /** Resolves when the handler itself has settled, whatever the host was told before. */
  get whenEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  execute(): void {
    const { input, jobId, attempt, saved } = this.#task;
    const context: JobContext<AnyJobDefinition> = {
      input,
      jobId,
      attempt,
      signal: this.#controller.signal,
      report: (report) => this.#report(report),
      save: (state) => this.#save(state),
      // Of its own: what one attempt does to it does not reach the next.
      saved: saved === undefined ? undefined : structuredClone(saved),
    };
    callHandler(this.#handler.job, context, this);
  }

  ended(outcome: JobOutcome): void {
    this.#settle(outcome);
    this.#onEnd?.();
  }

  stop(reason: StopReason): void {
    // The first reason wins.
    if (!this.#settled && !this.#controller.signal.aborted) {
      this.#controller.abort(new JobCanceledError(reason));
    }
  }

  cutOff(): void {
    this.#settle({
      type: 'threw',
      error: new OffstageError(
        'worker_crashed',
        'The executor was shut down before the handler ended.',
        { details: { reason: 'shutdown' } },
      ),
    });
  }

  #settle(outcome: JobOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#release(this);
    this.#host.settled(outcome);
  }

  // A handler need not wait for it, so that nobody handles its rejection must end no process (F1).
  #save(state: unknown): Promise<void> {
    const saving = this.#keep(state);
    saving.catch(ignore);
    return saving;
  }

  async #keep(state: unknown): Promise<void> {
    const copy = cloneSaved(state);
    if (this.#settled) {
      throw new OffstageError('canceled', 'This attempt is over; what it saves is not kept.');
    }
    await this.#host.saved(copy);
  }

  #report(report: ProgressReport): void {
    if (this.#settled) return;
    let phase: unknown;
    let percent: unknown;
    let message: unknown;
    try {
      ({ phase, percent, message } = report);
    } catch {
      // No object, or a getter that throws: `phase` is then no phase.
      phase = undefined;
    }
    if (typeof phase !== 'string' || !this.#handler.phases.has(phase)) {
      this.#host.dropped(1);
      return;
    }
    this.#seq += 1;
    this.#host.progress({
      seq: this.#seq,
      at: this.#clock.now(),
      phase,
      percent: repairPercent(percent),
      message: repairMessage(message),
    });
  }
}

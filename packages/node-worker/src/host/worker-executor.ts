import { OffstageError } from '@offstage/core';
import type {
  DiscardTask,
  HandlerInfo,
  JobExecutor,
  JobHost,
  JobRun,
  JobTask,
} from '@offstage/core/engine';
import { invalidOption } from '@offstage/core/engine';
import { entryName } from './entry.ts';
import { HostThread, type ThreadOptions } from './host-thread.ts';
import { StartBackoff } from './start-backoff.ts';
import { TaskQueue } from './task-queue.ts';
import { DiscardRun, RunTask, type ThreadTask } from './thread-task.ts';
import { readOptions, type WorkerExecutorOptions } from './worker-executor-options.ts';

/**
 * Runs handlers in worker threads: one at a time in each, threads spawned when they are first needed.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const executor = new WorkerExecutor({
 *   entry: new URL('./ingest.worker.js', import.meta.url),
 *   threads: 2,
 * });
 */
export class WorkerExecutor implements JobExecutor {
  readonly concurrency: number;
  readonly #options: ThreadOptions;
  readonly #threads = new Set<HostThread>();
  readonly #loading = new Set<HostThread>();
  // Idle ones, the last used on top: its caches are warm, and the others may rest.
  readonly #idle: HostThread[] = [];
  readonly #retiring = new Set<HostThread>();
  readonly #discards = new TaskQueue<ThreadTask>();
  readonly #runs = new TaskQueue<ThreadTask>();
  #handlers: ReadonlyMap<string, HandlerInfo> | undefined;
  #ready: PromiseWithResolvers<void> | undefined;
  readonly #backoff: StartBackoff;
  #shutdown: Promise<void> | undefined;
  #isClosed = false;
  #onQuiet: (() => void) | undefined;
  #onError: (error: OffstageError) => void = warn;

  constructor(options: WorkerExecutorOptions) {
    const { threads, ...threadOptions } = readOptions(options);
    this.concurrency = threads;
    this.#options = threadOptions;
    this.#backoff = new StartBackoff(threadOptions.clock, () => this.#dispatch());
  }

  ready(): Promise<void> {
    if (this.#shutdown !== undefined) return Promise.reject(closed());
    if (this.#ready === undefined) {
      this.#ready = Promise.withResolvers<void>();
      this.#spawn();
    }
    return this.#ready.promise;
  }

  handler(name: string): HandlerInfo | undefined {
    const known = this.#handlers?.get(name);
    // An edit may have added it. The thread that loads next knows, and refuses what it lacks.
    return known ?? (this.#hasStale ? unknownYet : undefined);
  }

  run(task: JobTask, host: JobHost): JobRun {
    const run = new RunTask(task, host);
    this.#admit(run, this.#runs);
    return run;
  }

  /**
   * Tells of failures that belong to no running job, such as a timer that a settled handler left
   * behind, with code `worker_crashed`. The last listener counts; without one they are process
   * warnings.
   *
   * @throws OffstageError `invalid_option`
   */
  onError(listener: (error: OffstageError) => void): void {
    if (typeof listener !== 'function') throw invalidOption('listener', 'a function', listener);
    this.#onError = listener;
  }

  discard(task: DiscardTask): Promise<void> {
    const run = new DiscardRun(task);
    this.#admit(run, this.#discards);
    return run.done;
  }

  shutdown(options: { readonly graceMs: number }): Promise<void> {
    this.#shutdown ??= this.#close(options.graceMs);
    return this.#shutdown;
  }

  #admit(task: ThreadTask, queue: TaskQueue<ThreadTask>): void {
    // A shutdown still takes the discards of what it has cut off (F5).
    if (this.#isClosed || (this.#shutdown !== undefined && queue === this.#runs)) {
      void Promise.resolve().then(() => task.end({ type: 'threw', error: closed() }));
      return;
    }
    const thread = this.#waiting === 0 ? this.#takeIdle(task) : undefined;
    if (thread === undefined) {
      queue.push(task);
      task.onStopRequest = () => this.#onStopWaiting(task);
      this.#dispatch();
    } else if (!thread.begin(task)) this.#idle.push(thread);
  }

  /** The idle thread to use next. Those that run what was edited meanwhile end, or lack its handler. */
  #takeIdle(task: ThreadTask): HostThread | undefined {
    for (;;) {
      const thread = this.#idle.pop();
      if (thread === undefined) return undefined;
      if (!thread.isStale && !this.#lacks(thread, task)) return thread;
      this.#retire(thread);
    }
  }

  /** A deploy is half done, where an entry that was loaded anew lacks what it served before (F4). */
  #lacks(thread: HostThread, { name }: ThreadTask): boolean {
    if (this.#options.reloadOnChange || thread.serves(name)) return false;
    return this.#handlers?.has(name) === true;
  }

  get #hasStale(): boolean {
    return [...this.#threads].some((thread) => thread.isStale);
  }

  // Discards go first: they free keys that queued jobs may wait for.
  #dispatch(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      const thread = this.#takeIdle(first);
      if (thread === undefined) break;
      const task = this.#discards.shift() ?? this.#runs.shift();
      if (task === undefined || !thread.begin(task)) this.#idle.push(thread);
    }
    this.#spawnNeeded();
    this.#notifyQuiet();
  }

  #spawnNeeded(): void {
    const { hasFailed } = this.#backoff;
    // After a failure one thread tries for all that wait.
    const needed = hasFailed ? Math.min(1, this.#waiting) : this.#waiting;
    while (this.#loading.size < needed && this.#threads.size < this.concurrency) {
      if (!this.#backoff.mayStart(this.#waiting > 0) || !this.#spawn()) return;
    }
  }

  // While no thread can be had nobody would hear of the stop (F4). Otherwise the handler does.
  #onStopWaiting(task: ThreadTask): void {
    if (!this.#backoff.hasFailed || !this.#runs.delete(task)) return;
    this.#backoff.rest(this.#waiting > 0);
    void Promise.resolve().then(() => {
      task.end({ type: 'stopped' });
      this.#notifyQuiet();
    });
  }

  /** False when no thread could be had. */
  #spawn(): boolean {
    let thread: HostThread;
    try {
      thread = new HostThread(this.#options, {
        onLoaded: (loaded) => this.#onLoaded(loaded),
        onLoadFailed: (failed, error) => this.#onLoadFailed(failed, error),
        onIdle: (idle) => this.#onIdle(idle),
        onGone: (gone, unbegun) => this.#onGone(gone, unbegun),
        onError: (error) => this.#onError(error),
      });
    } catch (cause) {
      // Node.js refuses an option, or there are no more threads to be had.
      const error = new OffstageError('executor_failed', 'A worker thread could not be started.', {
        cause,
      });
      if (this.#handlers === undefined) void Promise.resolve().then(() => this.#giveUp(error));
      else this.#startFailed(error);
      return false;
    }
    this.#threads.add(thread);
    this.#loading.add(thread);
    return true;
  }

  #onLoaded(thread: HostThread): void {
    const first = this.#first;
    if (first !== undefined && this.#lacks(thread, first)) {
      this.#retire(thread);
      this.#startFailed(noLonger(this.#options.entry, first.name));
      return;
    }
    this.#loading.delete(thread);
    this.#backoff.succeeded();
    // Threads that load later serve what the first did, but for what was edited.
    if (this.#handlers === undefined || this.#options.reloadOnChange)
      this.#handlers = new Map(
        thread.handlers.map(({ name, discards }) => [name, Object.freeze({ discards })]),
      );
    this.#ready ??= Promise.withResolvers<void>();
    this.#ready.resolve();
    this.#onIdle(thread);
  }

  #onIdle(thread: HostThread): void {
    if (thread.retired) this.#retire(thread);
    else this.#idle.push(thread);
    this.#dispatch();
  }

  #retire(thread: HostThread): void {
    this.#remove(thread);
    this.#retiring.add(thread);
    void thread.terminate().then(() => this.#retiring.delete(thread));
  }

  #onGone(thread: HostThread, unbegun: ThreadTask | undefined): void {
    this.#remove(thread);
    if (unbegun !== undefined) {
      unbegun.onStopRequest = () => this.#onStopWaiting(unbegun);
      this.#runs.unshift(unbegun);
    }
    this.#dispatch();
  }

  #onLoadFailed(thread: HostThread, error: OffstageError): void {
    this.#remove(thread);
    if (this.#handlers === undefined) this.#giveUp(error);
    else this.#startFailed(error);
  }

  /** It has never loaded. No new attempt is made for what waits, or it would be made for ever (W4). */
  #giveUp(error: OffstageError): void {
    this.#ready?.reject(error);
    this.#ready = undefined;
    if (this.#threads.size === 0) this.#failWaiting(error);
    this.#notifyQuiet();
  }

  /**
   * It has loaded before, so that it may again: what waits goes on waiting, longer each time (F4). Where
   * the longest wait has not helped either, each further failure costs the job that is first.
   */
  #startFailed(error: OffstageError): void {
    if (this.#shutdown === undefined) this.#onError(error);
    for (const task of this.#runs.takeAll(({ stopReason }) => stopReason !== undefined)) {
      void Promise.resolve().then(() => task.end({ type: 'stopped' }));
    }
    if (this.#backoff.failed() && this.#threads.size === 0) {
      const task = this.#discards.shift() ?? this.#runs.shift();
      void Promise.resolve().then(() => task?.end({ type: 'threw', error }));
    }
    this.#dispatch();
  }

  #failWaiting(error: OffstageError): void {
    for (const queue of [this.#discards, this.#runs]) {
      for (const task of queue.takeAll()) task.end({ type: 'threw', error });
    }
  }

  #remove(thread: HostThread): void {
    this.#threads.delete(thread);
    this.#loading.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  get #first(): ThreadTask | undefined {
    return this.#discards.first ?? this.#runs.first;
  }

  get #waiting(): number {
    return this.#discards.size + this.#runs.size;
  }

  get #quiet(): boolean {
    return this.#waiting === 0 && [...this.#threads].every((thread) => !thread.busy);
  }

  #notifyQuiet(): void {
    if (this.#onQuiet !== undefined && this.#quiet) this.#onQuiet();
  }

  async #close(graceMs: number): Promise<void> {
    await this.#whenQuiet(graceMs);
    await this.#cutOff();
    await this.#whenQuiet(discardGraceMs);
    this.#isClosed = true;
    this.#backoff.end();
    this.#failWaiting(cutOff());
    const threads = [...this.#threads, ...this.#retiring];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  /** Ends what runs and what waits to run; discards go on. */
  async #cutOff(): Promise<void> {
    const handling = [...this.#threads].filter((thread) => thread.isHandling);
    const ended = Promise.all(handling.map((thread) => thread.terminate()));
    for (const task of this.#runs.takeAll()) task.end({ type: 'threw', error: cutOff() });
    await ended;
  }

  async #whenQuiet(withinMs: number): Promise<void> {
    if (this.#quiet || withinMs === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.schedule(withinMs, resolve, { keepAlive: true });
      this.#onQuiet = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#onQuiet = undefined;
  }
}

/**
 * How long the discards of what a shutdown has cut off may take (F5). They need a thread anew, which takes
 * seconds to load on a machine that is busy with its own end.
 */
const discardGraceMs = 5000;

const cutOff = (): OffstageError =>
  new OffstageError('worker_crashed', 'The executor was shut down before the job began.', {
    details: { reason: 'shutdown' },
  });

const noLonger = (entry: string, name: string): OffstageError =>
  new OffstageError(
    'executor_failed',
    `The worker entry ${entryName(entry)} was loaded anew and serves no handler for job "${name}", as it did before.`,
    { details: { name } },
  );

const unknownYet: HandlerInfo = Object.freeze({ discards: false });

const closed = (): OffstageError =>
  new OffstageError('executor_failed', 'The executor is shut down and runs nothing more.');

const warn = (error: OffstageError): void => process.emitWarning(error);

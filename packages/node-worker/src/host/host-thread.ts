import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { type Clock, OffstageError, type StopReason, type Timer } from '@offstage/core';
import type { JobOutcome } from '@offstage/core/engine';
import { createBlock, headerBytes, nextTaskNumber, stopReasons, word } from '../shared/block.ts';
import { type EncodedError, encodeError, reviveError } from '../shared/error-codec.ts';
import { notSerializable } from '../shared/serializable.ts';
import {
  type Fault,
  type ServedHandler,
  type ThreadStart,
  type ToHost,
  type ToThread,
  toHost,
  toThread,
} from '../shared/wire.ts';
import { bootUrl, entryName, fileVersion } from './entry.ts';
import { ProgressReader } from './progress-reader.ts';
import { noteStuck } from './stuck-threads.ts';
import type { ThreadTask } from './thread-task.ts';

export interface ResourceLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}

export interface ThreadOptions {
  readonly entry: string;
  readonly name: string;
  readonly loadTimeoutMs: number;
  readonly reloadOnChange: boolean;
  readonly clock: Clock;
  readonly resourceLimits: ResourceLimits;
  readonly execArgv: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a thread tells its pool. */
export interface ThreadEvents {
  onLoaded(thread: HostThread): void;
  /** It never served; it is gone. */
  onLoadFailed(thread: HostThread, error: OffstageError): void;
  /** Its task has ended and it can take another; called before the task is told. */
  onIdle(thread: HostThread): void;
  /** It is gone, with the task it was given and never began, if any. */
  onGone(thread: HostThread, unbegun: ThreadTask | undefined): void;
  /** Something failed that belongs to no task. */
  onError(error: OffstageError): void;
}

/**
 * One thread and the task it has.
 *
 * ```
 * loading -> idle <-> busy      idle, busy -> retired (ends when idle) -> gone
 *         -> gone               any -> gone (it crashed, or the pool ended it)
 * ```
 */
export class HostThread {
  retired = false;
  readonly #options: ThreadOptions;
  readonly #events: ThreadEvents;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #words: Int32Array;
  readonly #reader: ProgressReader;
  readonly #gone = Promise.withResolvers<void>();
  readonly #loadTimer: Timer;
  #exitTimer: Timer | undefined;
  #goneTimer: Timer | undefined;
  #isGone = false;
  // What it has loaded, in development.
  readonly #files = new Map<string, string>();
  #handlers: ReadonlyMap<string, ServedHandler & { readonly index: number }> | undefined;
  #task: ThreadTask | undefined;
  #number = 0;
  #end: End | undefined;
  #isRef = true;

  constructor(options: ThreadOptions, events: ThreadEvents) {
    this.#options = options;
    this.#events = events;
    const block = createBlock();
    this.#words = new Int32Array(block, 0, headerBytes / 4);
    this.#reader = new ProgressReader(block, options.clock);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.on('message', (message: ToHost) => this.#receive(message));
    this.#port.on('messageerror', (cause: Error) => this.#onUnreadable('result', cause));
    const { entry, reloadOnChange: tellsFiles } = options;
    const start: ThreadStart<MessagePort> = { entry, tellsFiles, port: port2, block };
    this.#worker = new Worker(bootUrl, {
      name: options.name,
      workerData: { offstage: start },
      transferList: [port2],
      resourceLimits: options.resourceLimits,
      ...(options.execArgv && { execArgv: [...options.execArgv] }),
      ...(options.env && { env: options.env }),
    });
    this.#worker.on('error', (error) => this.#onWorkerError(error));
    this.#worker.on('exit', (exitCode) => this.#onExit(exitCode));
    this.#loadTimer = options.clock.schedule(options.loadTimeoutMs, () => {
      this.#fail({
        reason: 'load_timeout',
        cause: new OffstageError(
          'timeout',
          `It took longer than loadTimeoutMs (${options.loadTimeoutMs} ms).`,
        ),
      });
    });
  }

  get busy(): boolean {
    return this.#task !== undefined;
  }

  /** A file that it has loaded is another by now. */
  get isStale(): boolean {
    for (const [url, loaded] of this.#files) {
      const version = fileVersion(url);
      if (version !== undefined && version !== loaded) return true;
    }
    return false;
  }

  /** What it is busy with is a handler, and no discard. */
  get isHandling(): boolean {
    return this.#task?.progress !== undefined;
  }

  get handlers(): readonly ServedHandler[] {
    return [...(this.#handlers?.values() ?? [])];
  }

  serves(name: string): boolean {
    return this.#handlers?.has(name) === true;
  }

  /** Hands a task to an idle thread. False when its input cannot be carried: the task has ended. */
  begin(task: ThreadTask): boolean {
    const handler = this.#handlers?.get(task.name);
    if (handler === undefined) {
      this.#refuse(
        task,
        new OffstageError('unknown_definition', `No handler is served for job "${task.name}".`, {
          details: { name: task.name },
        }),
      );
      return false;
    }
    this.#number = nextTaskNumber(this.#number);
    const number = this.#number;
    const message = task.message(number, handler.index);
    try {
      if (task.transfer.length === 0) this.#port.postMessage(message);
      // What the list holds is the application's word; the port checks it.
      else this.#port.postMessage(message, task.transfer as Transferables);
    } catch (cause) {
      this.#refuse(task, notSerializable('input', task.input, task.transfer, cause));
      return false;
    }
    Atomics.add(this.#words, word.posted, 1);
    Atomics.notify(this.#words, word.posted);
    task.posts += 1;
    this.#task = task;
    this.#setRef(true);
    if (task.progress !== undefined) {
      const { host, capacity } = task.progress;
      this.#reader.begin(number, handler.phases, capacity, host);
    }
    task.onStopRequest = (reason) => this.#stop(number, reason);
    if (task.stopReason !== undefined) this.#stop(number, task.stopReason);
    return true;
  }

  /**
   * Ends the thread at once; what it runs settles with `worker_crashed`. Resolves when it is gone, or
   * counts as gone (W6).
   */
  terminate(): Promise<void> {
    this.#fail({ reason: 'shutdown', cause: undefined });
    return this.#gone.promise;
  }

  #refuse(task: ThreadTask, error: OffstageError): void {
    void Promise.resolve().then(() => task.end({ type: 'threw', error }));
  }

  #stop(number: number, reason: StopReason): void {
    Atomics.store(this.#words, word.stop, number * 4 + stopReasons.indexOf(reason));
    this.#port.postMessage([toThread.stop, number]);
  }

  #receive(message: ToHost): void {
    switch (message[0]) {
      case toHost.knock:
        this.#reader.onKnock();
        break;
      case toHost.returned:
        this.#settle(message[1], { type: 'returned', value: message[2] });
        break;
      case toHost.stopped:
        this.#settle(message[1], { type: 'stopped' });
        break;
      case toHost.threw:
        this.#settle(message[1], { type: 'threw', error: reviveError(message[2]) });
        break;
      case toHost.crashed: {
        const [, reason, , error] = message;
        this.#end ??= { reason, cause: error && reviveError(error) };
        // A listener of the thread's own exit may throw, or never end: then it would neither run nor go.
        this.#exitTimer ??= this.#options.clock.schedule(
          exitMs,
          () => this.#fail({ reason, cause: undefined }),
          // What waits for another thread does so until then.
          { keepAlive: true },
        );
        break;
      }
      case toHost.leftover: {
        const [, reason, jobId, error] = message;
        this.#onLeftover(reason, jobId, reviveError(error));
        break;
      }
      case toHost.save:
        this.#onSave(message[1], message[2], message[3]);
        break;
      case toHost.unreadable:
        this.#onUnreadable('input', reviveError(message[1]));
        break;
      case toHost.file:
        // The first time counts: what is loaded once stays as it was.
        if (!this.#files.has(message[1])) this.#files.set(message[1], message[2]);
        break;
      case toHost.served:
        this.#onServed(message[1]);
        break;
      case toHost.unserved:
        this.#fail({
          reason: 'unserved',
          cause: new OffstageError(
            'executor_failed',
            'Its module loaded and never called serveJobs.',
          ),
        });
        break;
    }
  }

  #onServed(handlers: readonly ServedHandler[]): void {
    if (this.#end !== undefined) return;
    this.#loadTimer.cancel();
    this.#handlers = new Map(
      handlers.map((handler, index) => [handler.name, { ...handler, index }] as const),
    );
    this.#setRef(false);
    this.#events.onLoaded(this);
  }

  #settle(number: number, outcome: JobOutcome): void {
    const task = this.#task;
    if (task === undefined || number !== this.#number) return;
    if (task.progress !== undefined) this.#reader.end();
    task.onStopRequest = undefined;
    this.#task = undefined;
    if (this.#end === undefined) this.#events.onIdle(this);
    task.end(outcome);
    if (this.#task === undefined) this.#setRef(false);
  }

  /** Of a task that has ended, nothing is kept any more, and nobody waits for it. */
  #onSave(number: number, save: number, state: unknown): void {
    const host = number === this.#number ? this.#task?.progress?.host : undefined;
    host?.saved(state).then(
      () => this.#answerSave(number, save, undefined),
      (error: unknown) => this.#answerSave(number, save, encodeError(error)),
    );
  }

  #answerSave(number: number, save: number, error: EncodedError | undefined): void {
    if (number !== this.#number || this.#task === undefined) return;
    this.#port.postMessage([toThread.saved, number, save, error] satisfies ToThread);
  }

  #onUnreadable(what: 'input' | 'result', cause: unknown): void {
    this.#settle(this.#number, {
      type: 'threw',
      error: new OffstageError(
        'not_serializable',
        `The job's ${what} could not be read on the other side.`,
        { cause, details: { field: what } },
      ),
    });
  }

  #onLeftover(reason: Fault, jobId: string, cause: unknown): void {
    // The thread may hold more of the kind: it ends as soon as it has no task.
    this.retired = true;
    this.#events.onError(
      new OffstageError(
        'worker_crashed',
        `Job ${jobId} had ended and left something behind that failed (${describeFault[reason]}).`,
        { cause, details: { reason, jobId, leftover: true } },
      ),
    );
    if (this.#handlers !== undefined && !this.busy) this.#events.onIdle(this);
  }

  #onWorkerError(error: unknown): void {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    const reason = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'uncaught_exception';
    this.#end ??= { reason, cause: error };
  }

  #fail(end: End): void {
    this.#end ??= end;
    this.#setRef(true);
    this.#goneTimer ??= this.#options.clock.schedule(goneMs, () => this.#giveUp(), {
      keepAlive: true,
    });
    void this.#worker.terminate();
  }

  /**
   * Nothing ends a call of the operating system, nor a thread at its heap limit. None of its JavaScript
   * goes on, and nobody waits for it any more.
   */
  #giveUp(): void {
    noteStuck(this.#worker);
    this.#worker.unref();
    this.#onExit(undefined);
    this.#events.onError(stuckError());
  }

  /** Without a code: it has not ended, and counts as gone. */
  #onExit(exitCode: number | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    // What the thread said before it died may still be on its way.
    this.#receiveRest();
    this.#loadTimer.cancel();
    this.#exitTimer?.cancel();
    this.#goneTimer?.cancel();
    this.#reader.drain();
    this.#reader.close();
    this.#port.close();
    const end = this.#end ?? { reason: 'exit', cause: undefined };
    this.#end = end;
    this.#gone.resolve();
    if (this.#handlers === undefined) {
      this.#events.onLoadFailed(this, this.#loadError(end, exitCode));
      return;
    }
    const task = this.#task;
    this.#task = undefined;
    if (task === undefined) {
      this.#events.onGone(this, undefined);
      if (end.reason !== 'shutdown') this.#events.onError(crashError(end, exitCode, undefined));
      return;
    }
    task.onStopRequest = undefined;
    const begun = Atomics.load(this.#words, word.run) === this.#number;
    const canGoOn = !begun && task.transfer.length === 0 && task.posts < maxPosts;
    if (canGoOn && end.reason !== 'shutdown') {
      this.#events.onGone(this, task);
      this.#events.onError(crashError(end, exitCode, undefined));
      return;
    }
    this.#events.onGone(this, undefined);
    task.end({ type: 'threw', error: crashError(end, exitCode, task.name) });
  }

  #receiveRest(): void {
    for (;;) {
      let left: { readonly message: ToHost } | undefined;
      try {
        left = receiveMessageOnPort(this.#port);
      } catch (cause) {
        this.#onUnreadable('result', cause);
        continue;
      }
      if (left === undefined) return;
      this.#receive(left.message);
    }
  }

  #loadError({ reason, cause }: End, exitCode: number | undefined): OffstageError {
    const why =
      cause instanceof Error
        ? cause.message
        : `It ended with exit code ${exitCode} before it had loaded: it called process.exit, or a top-level await never ended.`;
    return new OffstageError(
      'executor_failed',
      `The worker entry ${entryName(this.#options.entry)} could not be loaded. ${why}`,
      { cause, details: { reason, exitCode } },
    );
  }

  // A thread keeps the process alive while it loads or has a task, and no longer (W6).
  #setRef(ref: boolean): void {
    if (ref === this.#isRef) return;
    this.#isRef = ref;
    if (ref) {
      this.#worker.ref();
      this.#port.ref();
    } else {
      this.#worker.unref();
      this.#port.unref();
    }
  }
}

type Transferables = Parameters<MessagePort['postMessage']>[1];

interface End {
  readonly reason: Fault | 'out_of_memory' | 'shutdown' | 'load_timeout' | 'unserved';
  readonly cause: unknown;
}

/** How long a thread may take to end that said that it does. */
const exitMs = 1000;

/** How long one may take that was ended: on a busy machine, one that holds gigabytes takes seconds. */
const goneMs = 5000;

/** A task that no thread lived long enough to begin is given up after this many. */
const maxPosts = 3;

const stuckError = (): OffstageError =>
  new OffstageError(
    'worker_crashed',
    'A worker thread was ended, and has not gone: it is in a call that nothing interrupts, such as one of ' +
      'the operating system, or at its heap limit. What it ran counts as ended. A process that exits ' +
      'waits for it, until it is killed.',
    { details: { reason: 'stuck' } },
  );

const describeFault: Readonly<Record<End['reason'], string>> = {
  uncaught_exception: 'an exception that nobody caught',
  unhandled_rejection: 'a rejected promise that nobody handled',
  exit: 'a call of process.exit',
  out_of_memory: 'its heap limit was reached',
  shutdown: 'the executor was shut down',
  load_timeout: 'it took too long to load',
  unserved: 'it served no handlers',
};

function crashError(
  { reason, cause }: End,
  exitCode: number | undefined,
  name: string | undefined,
): OffstageError {
  const whose = name === undefined ? 'An idle worker thread' : `The thread of a "${name}" job`;
  return new OffstageError('worker_crashed', `${whose} ended: ${describeFault[reason]}.`, {
    ...(cause !== undefined && { cause }),
    details: { reason, exitCode },
  });
}

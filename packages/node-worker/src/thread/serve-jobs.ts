import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type HandledJob, OffstageError } from '@offstage/core';
import { type HandlerEnd, indexHandlers } from '@offstage/core/engine';
import { headerBytes, word } from '../shared/block.ts';
import { encodeError, reviveError, undescribed } from '../shared/error-codec.ts';
import { notSerializable } from '../shared/serializable.ts';
import {
  type ThreadState,
  type ToHost,
  type ToThread,
  threadKey,
  toHost,
  toThread,
} from '../shared/wire.ts';
import { FaultGuard } from './faults.ts';
import { ProgressWriter } from './progress-writer.ts';
import { TaskRun, type ThreadHandler } from './task-run.ts';

/**
 * Serves handlers in a thread that a `WorkerExecutor` started. Called once, while the entry's
 * module loads.
 *
 * @throws OffstageError `invalid_definition` when two handlers have one name; `executor_failed` when
 * it is called elsewhere than in such a thread, twice, or after the module has loaded.
 * @example
 * serveJobs([handle(ingest, async ({ input, signal, report }) => { … })]);
 */
export function serveJobs(jobs: readonly HandledJob[]): void {
  const state = threadState();
  if (state.open !== undefined) {
    throw refusal('serveJobs was called twice. Give it all handlers in one call.');
  }
  if (state.loaded) {
    throw refusal('serveJobs was called after its module had loaded. Call it at the top level.');
  }
  const handlers: ThreadHandler[] = [...indexHandlers(jobs).values()].map((job) => ({
    job,
    phases: new Map(job.definition.phases.map((phase: string, index: number) => [phase, index])),
  }));
  state.open = () => new Thread(state, handlers).open();
}

/** One task at a time, as the host hands them over. */
class Thread {
  readonly #port: MessagePort;
  readonly #words: Int32Array;
  readonly #handlers: readonly ThreadHandler[];
  readonly #progress: ProgressWriter;
  readonly #faults: FaultGuard;
  #current: TaskRun | undefined;
  // When the event loop last turned, as far as it is known.
  #turnedAtMs = 0;

  constructor(state: ThreadState<MessagePort>, handlers: readonly ThreadHandler[]) {
    this.#port = state.port;
    this.#handlers = handlers;
    this.#words = new Int32Array(state.block, 0, headerBytes / 4);
    this.#progress = new ProgressWriter(state.block, () => this.#send([toHost.knock]));
    this.#faults = new FaultGuard({
      onCrash: (fault, exitCode, error) =>
        this.#send([
          toHost.crashed,
          fault,
          exitCode,
          fault === 'exit' ? undefined : encodeError(error),
        ]),
      onLeftover: (fault, owner, error) =>
        this.#send([toHost.leftover, fault, owner.jobId, encodeError(error)]),
    });
  }

  open(): void {
    this.#port.on('message', (message: ToThread) => {
      this.#turnedAtMs = performance.now();
      this.#receive(message);
    });
    this.#port.on('messageerror', (error: Error) =>
      this.#send([toHost.unreadable, encodeError(error)]),
    );
    this.#send([
      toHost.served,
      this.#handlers.map(({ job }) => ({
        name: job.definition.name,
        discards: job.discard !== undefined,
        phases: job.definition.phases,
      })),
    ]);
  }

  #receive(message: ToThread): void {
    if (message[0] === toThread.stop) {
      if (this.#current?.number === message[1]) this.#current.lookForStop();
      return;
    }
    if (message[0] === toThread.saved) {
      const [, task, save, error] = message;
      const run = this.#current;
      if (run?.number === task) run.saved(save, error && reviveError(error));
      return;
    }
    // By index: destructuring an array would walk its iterator for every task.
    const kind = message[0];
    const number = message[1];
    const index = message[2];
    const jobId = message[3];
    const run = new TaskRun(number, jobId, this.#words, (save, state) =>
      this.#send([toHost.save, number, save, state]),
    );
    this.#current = run;
    this.#progress.begin(number);
    const handler = this.#handlers[index];
    if (handler === undefined) return;
    this.#faults.trace(run, () => {
      if (kind === toThread.run) {
        void run
          .run(handler, message[4], message[5], message[6], this.#progress)
          .then((end) => this.#settle(run, end));
      } else {
        void this.#discard(run, handler, message);
      }
    });
  }

  async #discard(
    run: TaskRun,
    { job }: ThreadHandler,
    [, , , jobId, outcome, input]: ToThread & readonly [typeof toThread.discard, ...unknown[]],
  ): Promise<void> {
    let end: HandlerEnd;
    try {
      await job.discard?.({ jobId, outcome, input });
      end = { outcome: { type: 'returned', value: undefined }, transfer: [] };
    } catch (error) {
      end = { outcome: { type: 'threw', error }, transfer: [] };
    }
    this.#settle(run, end);
  }

  // The answer is made and sent first. Whatever fails meanwhile fails this task, and a task that has
  // not been answered does not count as settled (F2).
  #settle(run: TaskRun, end: HandlerEnd): void {
    this.#answer(run.number, end);
    run.settled = true;
    this.#current = undefined;
    if (performance.now() - this.#turnedAtMs < maxTurnMs) this.#sleepForNext();
    else setImmediate(this.#onTurn);
  }

  #answer(number: number, { outcome, transfer }: HandlerEnd): void {
    if (outcome.type === 'stopped') {
      this.#send([toHost.stopped, number]);
    } else if (outcome.type === 'threw') {
      this.#tellError(number, outcome.error);
    } else {
      try {
        this.#send([toHost.returned, number, outcome.value], transfer);
      } catch (cause) {
        this.#tellError(number, notSerializable('result', outcome.value, transfer, cause));
      }
    }
  }

  #tellError(number: number, error: unknown): void {
    try {
      this.#send([toHost.threw, number, encodeError(error)]);
    } catch {
      this.#send([toHost.threw, number, undescribed]);
    }
  }

  readonly #onTurn = (): void => {
    this.#turnedAtMs = performance.now();
    if (this.#current === undefined) this.#sleepForNext();
  };

  // The next task often follows at once, and a sleep on the shared word ends far sooner than one in
  // the event loop. The loop still turns every few milliseconds, so what else is due in the thread,
  // such as a connection that handlers share, is late by that at most.
  #sleepForNext(): void {
    for (;;) {
      const posted = Atomics.load(this.#words, word.posted);
      const next = this.#takeNext();
      if (next !== undefined) {
        this.#receive(next.message);
        if (this.#current !== undefined) return;
      } else if (Atomics.wait(this.#words, word.posted, posted, sleepMs) === 'timed-out') return;
    }
  }

  #takeNext(): { readonly message: ToThread } | undefined {
    try {
      return receiveMessageOnPort(this.#port);
    } catch (error) {
      this.#send([toHost.unreadable, encodeError(error)]);
      return undefined;
    }
  }

  #send(message: ToHost, transfer: readonly unknown[] = none): void {
    if (transfer.length === 0) this.#port.postMessage(message);
    // What the list holds is the application's word; the port checks it.
    else this.#port.postMessage(message, transfer as Transferables);
  }
}

type Transferables = Parameters<MessagePort['postMessage']>[1];

const none: readonly unknown[] = [];

/**
 * How long a thread that has just ended a task sleeps for the next one outside of its event loop. A
 * shorter sleep costs more than it saves: the machine sets a fine timer for it each time.
 */
const sleepMs = 10;
/** Tasks that follow each other at once hold the event loop up no longer than this. */
const maxTurnMs = 2;

function threadState(): ThreadState<MessagePort> {
  const state: unknown = Reflect.get(globalThis, Symbol.for(threadKey));
  if (typeof state !== 'object' || state === null) {
    throw refusal(
      'serveJobs works in a thread that a WorkerExecutor started. Elsewhere, give the handlers to an InlineExecutor.',
    );
  }
  // Set by the code that starts the thread, and by nobody else.
  return state as ThreadState<MessagePort>;
}

const refusal = (message: string): OffstageError => new OffstageError('executor_failed', message);

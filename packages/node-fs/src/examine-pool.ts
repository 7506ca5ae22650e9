import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ThreadAnswer, ThreadTask } from './examine-thread.ts';

const mostThreads = Math.min(4, availableParallelism());
const idleMs = 5000;
// So many batches lie ready in front of each thread, so that it goes on while this thread is busy. What
// comes by itself is large, and waits for a thread that is free.
const batchesAhead = 4;

interface Waiting {
  readonly task: ThreadTask;
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads that look at files by synchronous calls, which for many small files or large ones is several
 * times as fast as asynchronous ones, and keeps no event loop waiting. They start with the first task, or
 * ahead of it, end when there was none for some time, and never keep the process alive by themselves.
 */
export class ExaminePool {
  /** What each thread has before it, in order. */
  readonly #threads = new Map<Worker, Waiting[]>();
  readonly #waiting: Waiting[] = [];
  #ending: NodeJS.Timeout | undefined;

  /** Rejects when threads cannot be had here, such as in a bundle without the thread's file. */
  run(task: ThreadTask): Promise<ThreadAnswer> {
    clearTimeout(this.#ending);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  /** Starts threads ahead of their tasks, or keeps those that are there for longer. */
  prepare(): void {
    if (this.#waiting.length > 0) return;
    try {
      while (this.#threads.size < mostThreads) this.#start();
    } catch {
      // Whoever has a task for them learns why.
    }
    if (this.#isIdle) this.#endLater();
  }

  get #isIdle(): boolean {
    return [...this.#threads.values()].every(({ length }) => length === 0);
  }

  #next(): void {
    for (let waiting = this.#waiting[0]; waiting !== undefined; waiting = this.#waiting[0]) {
      const [thread, tasks] = this.#freest(waiting.task);
      if (tasks.length >= (waiting.task.paths.length === 1 ? 1 : batchesAhead)) return;
      this.#waiting.shift();
      if (tasks.push(waiting) === 1) thread.ref();
      thread.postMessage(waiting.task);
    }
  }

  /**
   * An idle thread, else a new one, else the one with the fewest tasks. A thread takes some 15 MiB, and
   * looks at files without reading them faster than anybody asks: for that, one is enough.
   */
  #freest({ kind }: ThreadTask): readonly [Worker, Waiting[]] {
    let freest: readonly [Worker, Waiting[]] | undefined;
    for (const entry of this.#threads) {
      if (freest === undefined || entry[1].length < freest[1].length) freest = entry;
    }
    const most = kind === 'stat' ? 1 : mostThreads;
    const mayStart = this.#threads.size < most && freest?.[1].length !== 0;
    return freest === undefined || mayStart ? this.#start() : freest;
  }

  #start(): readonly [Worker, Waiting[]] {
    // The sources run as they are, the published package as JavaScript.
    const file = import.meta.url.endsWith('.ts') ? './examine-thread.ts' : './examine-thread.js';
    const thread = new Worker(new URL(file, import.meta.url), {
      name: 'offstage-files',
      // A batch is small; without limits garbage is left lying for long.
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    });
    const tasks: Waiting[] = [];
    this.#threads.set(thread, tasks);
    thread.unref();
    thread.on('message', (answer: ThreadAnswer) => {
      const done = tasks.shift();
      this.#next();
      if (tasks.length === 0) thread.unref();
      if (this.#isIdle) this.#endLater();
      done?.resolve(answer);
    });
    thread.on('error', (error) => this.#lose(thread, error));
    thread.on('exit', () => this.#lose(thread, new Error('The thread has ended.')));
    return [thread, tasks];
  }

  #lose(thread: Worker, error: unknown): void {
    const lost = this.#threads.get(thread) ?? [];
    this.#threads.delete(thread);
    if (lost.length === 0) return;
    for (const waiting of [...lost.splice(0), ...this.#waiting.splice(0)]) waiting.reject(error);
  }

  #endLater(): void {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => {
      for (const thread of this.#threads.keys()) void thread.terminate();
      this.#threads.clear();
    }, idleMs).unref();
  }
}

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ThreadAnswer, ThreadTask } from './examine-thread.ts';

const mostThreads = Math.min(4, availableParallelism());
const idleMs = 5000;

interface Waiting {
  readonly task: ThreadTask;
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads that look at files by synchronous calls, which for many small files or large ones is several
 * times as fast as asynchronous ones, and keeps no event loop waiting. They start with the first task,
 * end when there was none for some time, and never keep the process alive by themselves.
 */
export class ExaminePool {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();
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

  #next(): void {
    for (;;) {
      const waiting = this.#waiting[0];
      if (waiting === undefined) break;
      const thread =
        this.#idle.pop() ?? (this.#busy.size < mostThreads ? this.#start() : undefined);
      if (thread === undefined) break;
      this.#waiting.shift();
      this.#busy.set(thread, waiting);
      thread.ref();
      thread.postMessage(waiting.task);
    }
    if (this.#busy.size === 0) this.#endLater();
  }

  #start(): Worker {
    // The sources run as they are, the published package as JavaScript.
    const file = import.meta.url.endsWith('.ts') ? './examine-thread.ts' : './examine-thread.js';
    const thread = new Worker(new URL(file, import.meta.url), {
      name: 'offstage-files',
      // A batch is small; without limits garbage is left lying for long.
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    });
    thread.unref();
    thread.on('message', (answer: ThreadAnswer) => {
      const done = this.#busy.get(thread);
      this.#busy.delete(thread);
      thread.unref();
      this.#idle.push(thread);
      this.#next();
      done?.resolve(answer);
    });
    thread.on('error', (error) => this.#lose(thread, error));
    thread.on('exit', () => this.#lose(thread, new Error('The thread has ended.')));
    return thread;
  }

  #lose(thread: Worker, error: unknown): void {
    const lost = this.#busy.get(thread);
    this.#busy.delete(thread);
    const index = this.#idle.indexOf(thread);
    if (index >= 0) this.#idle.splice(index, 1);
    lost?.reject(error);
    if (lost === undefined) return;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #endLater(): void {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => {
      for (const thread of this.#idle.splice(0)) void thread.terminate();
    }, idleMs).unref();
  }
}

import type { Worker } from 'node:worker_threads';

// One per process, not per copy of this module.
const stuckKey = Symbol.for('offstage.stuckThreads');

function stuckThreads(): Set<Worker> {
  const known = Reflect.get(globalThis, stuckKey) as Set<Worker> | undefined;
  if (known !== undefined) return known;
  const stuck = new Set<Worker>();
  Reflect.set(globalThis, stuckKey, stuck);
  return stuck;
}

/** The thread was ended and has not gone. It may still, some time. */
export function noteStuck(worker: Worker): void {
  stuckThreads().add(worker);
  worker.once('exit', () => stuckThreads().delete(worker));
}

/** Whether an exit of this process would wait for a thread that may never go. */
export const hasStuckThreads = (): boolean => stuckThreads().size > 0;

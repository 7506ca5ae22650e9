import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import type { Fault } from '../shared/wire.ts';
import type { TaskRun } from './task-run.ts';

export interface FaultListener {
  /** The thread ends after this call: the running task, or nobody that is known, is at fault. */
  onCrash(fault: Fault, exitCode: number, error: unknown): void;
  /** A task that has settled is at fault. */
  onLeftover(fault: Fault, owner: TaskRun, error: unknown): void;
}

/**
 * Tells whose fault it is when something fails outside of any handler's promise (W4): a timer that
 * throws, a promise that nobody awaits, a call of `process.exit`. Each task runs in an async context
 * of its own, and whatever it starts inherits that.
 *
 * A fault of a settled task is reported and harms no other. One that cannot be traced (a throwing
 * listener of a MessagePort, code at the top of the entry) ends the thread as Node.js would.
 */
export class FaultGuard {
  readonly #owner = new AsyncLocalStorage<TaskRun>();
  readonly #listener: FaultListener;
  readonly #refusals = new Set<unknown>();
  readonly #exit: (code?: number | string | null) => never = process.exit.bind(process);

  constructor(listener: FaultListener) {
    this.#listener = listener;
    process.on('uncaughtException', (error) => this.#onFault('uncaught_exception', error));
    process.on('unhandledRejection', (reason) => this.#onFault('unhandled_rejection', reason));
    process.exit = (code) => this.#onExit(code);
    syncBuiltinESMExports();
  }

  trace<T>(run: TaskRun, work: () => T): T {
    return this.#owner.run(run, work);
  }

  #onFault(fault: Fault, error: unknown): void {
    // By identity: any other look at what was thrown may throw itself (F1).
    if (this.#refusals.has(error)) return;
    const owner = this.#owner.getStore();
    if (owner?.settled === true) this.#listener.onLeftover(fault, owner, error);
    else {
      this.#listener.onCrash(fault, 1, error);
      this.#exit(1);
    }
  }

  #onExit(code: number | string | null | undefined): never {
    const owner = this.#owner.getStore();
    if (owner?.settled === true) {
      const error = new RefusedExit(owner.jobId);
      this.#refusals.add(error);
      this.#listener.onLeftover('exit', owner, error);
      // The caller relies on exit not to return.
      throw error;
    }
    const exitCode = code ?? process.exitCode ?? 0;
    const isCode = typeof exitCode === 'number' || typeof exitCode === 'string';
    this.#listener.onCrash('exit', isCode ? Number(exitCode) : 1, undefined);
    return this.#exit(isCode ? code : 1);
  }
}

class RefusedExit extends Error {
  override readonly name: string = 'RefusedExit';

  constructor(jobId: string) {
    super(`Job ${jobId} called process.exit after it had ended; the call was refused.`);
  }
}

import { executorFailed } from './admission-errors.ts';
import type { JobExecutor } from './job-executor.ts';

/** Asks an executor once whether it is ready, and again after it was not (W4). */
export class ExecutorReadiness {
  readonly #executor: JobExecutor;
  #asked: Promise<void> | undefined;
  #isReady = false;

  constructor(executor: JobExecutor) {
    this.#executor = executor;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** @throws OffstageError `executor_failed`; the next call tries again. */
  async wait(): Promise<void> {
    this.#asked ??= this.#executor.ready();
    const asked = this.#asked;
    try {
      await asked;
      this.#isReady = true;
    } catch (error) {
      if (this.#asked === asked) this.#asked = undefined;
      throw executorFailed(error);
    }
  }
}

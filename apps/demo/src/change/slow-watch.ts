import type { SlowFile } from './file-progress.ts';

export interface SlowWatchOptions {
  /** From when on a file takes long, in milliseconds. @default 3000 */
  readonly slowMs?: number | undefined;
}

const everyMs = 1000;

/** Tells now and then of the file that is waited for, once that takes long. */
export class SlowWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #name: string | undefined;
  #since = 0;

  constructor(tell: (slow: SlowFile) => void, { slowMs = 3000 }: SlowWatchOptions = {}) {
    this.#timer = setInterval(
      () => {
        const ms = performance.now() - this.#since;
        if (this.#name === undefined || ms < slowMs) return;
        tell({ name: this.#name, seconds: Math.round(ms / 1000) });
      },
      Math.min(everyMs, slowMs),
    );
    this.#timer.unref();
  }

  /** What is waited for from now on; `undefined` for nothing. */
  waitFor(name: string | undefined): void {
    this.#name = name;
    this.#since = performance.now();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

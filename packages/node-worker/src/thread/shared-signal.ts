import { JobCanceledError } from '@offstage/core';
import { stopReasons, word } from '../shared/block.ts';

// The real getter, read once: the signal's own property shadows it.
const nativeAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get;

/**
 * A real AbortSignal that also looks at the shared block whenever it is asked (W2), so that a
 * synchronous loop sees a stop without the event loop turning. Looking is what aborts it: listeners,
 * `AbortSignal.any` and everything else that watches it are told then.
 */
export class SharedSignal {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #words: Int32Array;
  readonly #task: number;
  #isAborting = false;

  constructor(words: Int32Array, task: number) {
    this.#words = words;
    this.#task = task;
    this.signal = this.#controller.signal;
    const look = (): boolean => this.look();
    Object.defineProperties(this.signal, {
      aborted: { get: look, configurable: true },
      throwIfAborted: {
        value: () => {
          if (this.look()) throw this.signal.reason;
        },
        configurable: true,
        writable: true,
      },
    });
    this.look();
  }

  /** True when the task is to stop; the first such look aborts the signal. */
  look(): boolean {
    if (nativeAborted?.call(this.signal) === true) return true;
    // A runtime may ask the signal itself whether it is aborted while it aborts it, as Deno does.
    if (this.#isAborting) return false;
    const stop = Atomics.load(this.#words, word.stop);
    if (stop >>> 2 !== this.#task) return false;
    const reason = stopReasons[stop & 3];
    this.#isAborting = true;
    this.#controller.abort(new JobCanceledError(reason));
    return true;
  }
}

import type { Clock, Timer } from '@offstage/core';

const firstWaitMs = 100;
const longestWaitMs = 30_000;

/**
 * When the next thread may be started after one that failed to start (F4): 100 ms later, then twice
 * as long after each further failure, up to 30 s.
 */
export class StartBackoff {
  readonly #clock: Clock;
  readonly #retry: () => void;
  #failures = 0;
  #notBeforeMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, retry: () => void) {
    this.#clock = clock;
    this.#retry = retry;
  }

  /** No thread has started since the last failure. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Otherwise it calls `retry` when the time has come, if something waits for it. */
  mayStart(isWaiting: boolean): boolean {
    if (!this.hasFailed) return true;
    const waitMs = this.#notBeforeMs - this.#clock.monotonic();
    if (waitMs <= 0) return true;
    if (isWaiting && this.#timer === undefined) {
      // What waits keeps the process alive, as it does while a thread loads.
      this.#timer = this.#clock.schedule(
        waitMs,
        () => {
          this.#timer = undefined;
          this.#retry();
        },
        { keepAlive: true },
      );
    }
    return false;
  }

  succeeded(): void {
    this.#failures = 0;
    this.end();
  }

  /** True when the longest wait has been tried before. */
  failed(): boolean {
    const lastMs = this.#waitMs();
    this.#failures += 1;
    this.#notBeforeMs = this.#clock.monotonic() + this.#waitMs();
    return lastMs === longestWaitMs;
  }

  /** Nothing waits any more, unless `isWaiting`: no timer is held then. */
  rest(isWaiting: boolean): void {
    if (!isWaiting) this.end();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #waitMs(): number {
    return this.#failures === 0
      ? 0
      : Math.min(longestWaitMs, firstWaitMs * 2 ** (this.#failures - 1));
  }
}

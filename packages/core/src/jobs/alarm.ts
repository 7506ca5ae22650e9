/** What waiting needs of a clock: moments, durations that no one can set back, and a timer. */
export interface DueClock {
  /** Milliseconds since the Unix epoch, by a clock that may be set. */
  now(): number;
  /** Milliseconds since any moment, by a clock that only goes forward. */
  monotonic(): number;
  schedule(
    delayMs: number,
    callback: () => void,
    options?: { readonly keepAlive?: boolean },
  ): { cancel(): void };
}

// The longest delay that setTimeout keeps. Who waits longer looks in between.
const longestMs = 2_147_483_647;

/**
 * One timer for all who wait. It rings no later than the earliest of what was asked for, and may ring
 * earlier: who hears it looks what is due, and asks again for the rest.
 */
export class Alarm {
  readonly #clock: DueClock;
  readonly #onRing: () => void;
  #keepAlive: boolean;
  #timer: { cancel(): void } | undefined;
  #ringsAt = Infinity;
  #isClosed = false;

  /** `keepAlive`: while it is set, the process does not end for want of anything else to do. */
  constructor(clock: DueClock, onRing: () => void, { keepAlive = false } = {}) {
    this.#clock = clock;
    this.#onRing = onRing;
    this.#keepAlive = keepAlive;
  }

  /** Rings within `waitMs`. A timer that rings sooner stays as it is. */
  within(waitMs: number): void {
    if (this.#isClosed) return;
    // Rounded up, or a timer of whole milliseconds rings just too early again and again.
    const delayMs = Math.min(longestMs, Math.max(0, Math.ceil(waitMs)));
    const ringsAt = this.#clock.monotonic() + delayMs;
    if (this.#timer !== undefined && this.#ringsAt <= ringsAt) return;
    this.#ringsAt = ringsAt;
    this.#set(delayMs);
  }

  /** Whether the process is held while a timer is set. */
  hold(keepAlive: boolean): void {
    if (keepAlive === this.#keepAlive) return;
    this.#keepAlive = keepAlive;
    if (this.#timer === undefined) return;
    this.#set(Math.max(0, Math.ceil(this.#ringsAt - this.#clock.monotonic())));
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Never rings again, whatever is asked for. */
  close(): void {
    this.#isClosed = true;
    this.cancel();
  }

  #set(delayMs: number): void {
    this.#timer?.cancel();
    const ring = (): void => {
      this.#timer = undefined;
      this.#onRing();
    };
    this.#timer = this.#clock.schedule(delayMs, ring, { keepAlive: this.#keepAlive });
  }
}

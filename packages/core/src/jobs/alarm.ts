/** What waiting needs of a clock: moments, durations that no one can set back, and a timer. */
export interface DueClock {
  /** Milliseconds since the Unix epoch, by a clock that may be set. */
  now(): number;
  /** Milliseconds since any moment, by a clock that only goes forward. */
  monotonic(): number;
  schedule(delayMs: number, callback: () => void): { cancel(): void };
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
  #timer: { cancel(): void } | undefined;
  #ringsAt = Infinity;
  #isClosed = false;

  constructor(clock: DueClock, onRing: () => void) {
    this.#clock = clock;
    this.#onRing = onRing;
  }

  /** Rings within `waitMs`. A timer that rings sooner stays as it is. */
  within(waitMs: number): void {
    if (this.#isClosed) return;
    // Rounded up, or a timer of whole milliseconds rings just too early again and again.
    const delayMs = Math.min(longestMs, Math.max(0, Math.ceil(waitMs)));
    const ringsAt = this.#clock.monotonic() + delayMs;
    if (this.#timer !== undefined && this.#ringsAt <= ringsAt) return;
    this.#timer?.cancel();
    this.#ringsAt = ringsAt;
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#onRing();
    });
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
}

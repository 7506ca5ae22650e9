/** A timer that can be taken back. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a port, so that tests move it by hand (`simulatedClock()` in `@offstage/core/testing`).
 *
 * Moments, such as when a job ended, are told by `now`; durations, such as how long to wait still, are
 * measured by `monotonic` and `schedule`, which do not notice when somebody sets the clock.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump, forward and back. */
  now(): number;
  /** Milliseconds since some moment of this process's. Never goes back. */
  monotonic(): number;
  /**
   * Calls `callback` once after `delayMs`. The timer does not keep a process alive unless
   * `keepAlive` is set.
   */
  schedule(
    delayMs: number,
    callback: () => void,
    options?: { readonly keepAlive?: boolean },
  ): Timer;
}

// The longest delay that setTimeout keeps; a longer one would fire at once.
const maxDelayMs = 2_147_483_647;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback, options) {
    let handle: ReturnType<typeof setTimeout>;
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(remainingMs, maxDelayMs);
      handle = setTimeout(
        () => (remainingMs > stepMs ? arm(remainingMs - stepMs) : callback()),
        stepMs,
      );
      if (options?.keepAlive !== true) unref(handle);
    };
    // Rounded up, or a timer of whole milliseconds rings just too early.
    arm(Math.ceil(Math.max(0, delayMs)));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason. */
export function sleep(
  clock: Clock,
  delayMs: number,
  options: { readonly signal?: AbortSignal | undefined; readonly keepAlive?: boolean } = {},
): Promise<void> {
  const { signal, keepAlive = false } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.schedule(
      delayMs,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      { keepAlive },
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

// Node's timers are objects with unref; a browser's are numbers.
function unref(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle) {
    (handle as { unref(): void }).unref();
  }
}

import { type Clock, systemClock } from '@offstage/core';

/** What one look at a folder came to. */
export interface Look {
  /** Another version was published. */
  readonly published: boolean;
  /** Paths of files that are being written to, and wait. */
  readonly unsettled: readonly string[];
  /**
   * Nothing could be done. `soon`: it may be another matter any moment, as where the folder is gone.
   * `later`: it would fail again just now, so it is tried less and less often, whatever is heard.
   */
  readonly again?: 'soon' | 'later' | undefined;
}

export interface AskedLook {
  /** A file that was changed more recently waits, in milliseconds. */
  readonly settleMs: number;
  /** Paths of files that have waited long enough. */
  readonly takeUnsettled: readonly string[];
}

export interface FolderLoopOptions {
  /** Looks at the folder and publishes what has changed; one at a time. It does not reject. */
  readonly look: (asked: AskedLook) => Promise<Look>;
  /** Told once of a file that has waited for `maxQuietMs` because it is being written to. */
  readonly onWaiting: (path: string) => void;
  /** Told of one that was taken as it was, since it went on being written to. */
  readonly onTaken: (path: string) => void;
  /** Nothing may have happened for this long before a look. @default 1000 */
  readonly quietMs?: number;
  /** It is looked though something goes on happening. @default 5000 */
  readonly maxQuietMs?: number;
  /** How long a file that goes on being written to waits at first; twice as long each time. @default 30_000 */
  readonly holdMs?: number;
  /** It is looked though nothing has been heard. @default 60_000 */
  readonly rescanMs?: number;
  readonly clock?: Clock;
}

const maxHoldMs = 3_600_000;
const firstRetryMs = 2000;
const maxRetryMs = 60_000;
/** Looks take at most this share of the time. */
const share = 5;

interface Waiting {
  since: number;
  holdMs: number;
  isTold: boolean;
}

/**
 * Decides when a watched folder is looked at. Hints that something has happened may come too often, or
 * not at all: a look finds what has changed by itself, so nothing depends on their being complete.
 *
 *   quiet ──hint──> waits until nothing happens for `quietMs` ──> look ──> quiet
 *     └── `rescanMs`, or a file that waits, or a look that failed ──> look
 */
export class FolderLoop {
  readonly #options: Required<FolderLoopOptions>;
  readonly #waiting = new Map<string, Waiting>();
  /** The first hint since the last look began, and the newest. */
  #hinted: { readonly first: number; newest: number } | undefined;
  #wake: () => void = () => undefined;
  #rescanMs: number;
  /** Of a look that could do nothing. */
  #retry: { readonly ms: number; readonly hears: boolean } | undefined;
  #tookMs = 0;

  constructor(options: FolderLoopOptions) {
    this.#options = {
      ...{ quietMs: 1000, maxQuietMs: 5000, holdMs: 30_000, rescanMs: 60_000 },
      clock: systemClock,
      ...options,
    };
    this.#rescanMs = this.#options.rescanMs;
  }

  /** Something has happened in the folder. */
  hint(): void {
    const now = this.#options.clock.monotonic();
    if (this.#hinted === undefined) this.#hinted = { first: now, newest: now };
    else this.#hinted.newest = now;
    this.#wake();
  }

  /** From now on it is looked that often though nothing has been heard. */
  rescanEvery(ms: number): void {
    this.#rescanMs = ms;
    this.#wake();
  }

  /** Looks at once, and then again and again. Resolves when the signal is aborted and no look is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        await this.#look();
        await this.#untilDue(signal);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #look(): Promise<void> {
    const { clock, look, quietMs, onTaken } = this.#options;
    const startedAt = clock.monotonic();
    this.#hinted = undefined;
    const taken = [...this.#waiting].flatMap(([path, { since, holdMs }]) =>
      startedAt - since >= holdMs ? [path] : [],
    );
    const { published, unsettled, again } = await look({
      // What was heard of is older than that by now, but for what goes on.
      settleMs: quietMs,
      takeUnsettled: taken,
    });
    const now = clock.monotonic();
    this.#tookMs = now - startedAt;
    this.#retry = again && this.#retryOf(again);
    if (again === undefined) this.#note(unsettled, taken, now);
    if (published) for (const path of taken) onTaken(path);
  }

  #retryOf(again: 'soon' | 'later') {
    if (again === 'soon') return { ms: firstRetryMs, hears: true };
    const ms = this.#retry?.hears === false ? this.#retry.ms * 2 : firstRetryMs;
    return { ms: Math.min(maxRetryMs, ms), hears: false };
  }

  #note(unsettled: readonly string[], taken: readonly string[], now: number): void {
    const { holdMs, maxQuietMs, onWaiting } = this.#options;
    const still = new Set([...unsettled, ...taken]);
    for (const path of this.#waiting.keys()) if (!still.has(path)) this.#waiting.delete(path);
    for (const path of taken) {
      const waiting = this.#waiting.get(path);
      if (waiting === undefined) continue;
      waiting.since = now;
      waiting.holdMs = Math.min(maxHoldMs, waiting.holdMs * 2);
    }
    for (const path of unsettled) {
      const waiting = this.#waiting.get(path);
      if (waiting === undefined) {
        this.#waiting.set(path, { since: now, holdMs, isTold: false });
      } else if (!waiting.isTold && now - waiting.since >= maxQuietMs) {
        // Most settle within moments, which nobody need hear of.
        waiting.isTold = true;
        onWaiting(path);
      }
    }
  }

  /** When it is looked next, as far as is known now. */
  #dueIn(endedAt: number): number {
    const { clock, quietMs, maxQuietMs } = this.#options;
    const now = clock.monotonic();
    const atLeast = this.#tookMs * share;
    const after = (ms: number): number => endedAt + Math.max(ms, atLeast) - now;
    const due = [after(this.#retry?.ms ?? this.#rescanMs)];
    if (this.#retry?.hears === false) return Math.min(...due);
    // One that is not heard of any more has settled; it is seen by looking.
    if (this.#waiting.size > 0) due.push(after(quietMs));
    if (this.#hinted !== undefined) {
      const { first, newest } = this.#hinted;
      due.push(Math.min(newest + quietMs, first + Math.max(maxQuietMs, atLeast)) - now);
    }
    return Math.min(...due);
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const endedAt = clock.monotonic();
    while (!signal.aborted) {
      const dueIn = this.#dueIn(endedAt);
      if (dueIn <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = clock.schedule(dueIn, resolve, { keepAlive: true });
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  }
}

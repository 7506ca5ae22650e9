/**
 * When an observer tells its listeners that its snapshot changed. Called once for all changes until
 * `notify` runs, so the port alone decides how often a view renders: once per microtask, per frame.
 */
export type NotifyScheduler = (notify: () => void) => void;

/** Notifies after the present task, before the event loop goes on. */
export const microtaskScheduler: NotifyScheduler = (notify) => queueMicrotask(notify);

interface FrameHost {
  requestAnimationFrame?(callback: () => void): number;
  cancelAnimationFrame?(handle: number): void;
}

// A hidden page draws no frames; what waits for one still has to come through now and then. Shorter,
// and a page that is too busy to draw would render twice before its next frame.
const withoutFrameMs = 1000;

// What waits for the next frame, of all observers of the page.
let awaitingFrame: (() => void)[] = [];

/**
 * Notifies with the next frame of the browser, or after a second where none is drawn. All that
 * wait for a frame are told in one task, so that a user interface renders them in one pass. Without
 * frames, as in Node.js, it is `microtaskScheduler`.
 */
export const frameScheduler: NotifyScheduler = (notify) => {
  const host = globalThis as FrameHost;
  if (host.requestAnimationFrame === undefined) {
    microtaskScheduler(notify);
    return;
  }
  if (awaitingFrame.push(notify) > 1) return;
  const flush = (): void => {
    clearTimeout(timer);
    host.cancelAnimationFrame?.(frame);
    const due = awaitingFrame;
    awaitingFrame = [];
    for (const call of due) callSafely(call);
  };
  const frame = host.requestAnimationFrame(flush);
  const timer = setTimeout(flush, withoutFrameMs);
};

/** The listeners of one observer. They are told at most once per turn of the scheduler. */
export class Listeners {
  readonly #schedule: NotifyScheduler;
  readonly #entries = new Set<{ readonly listener: () => void }>();
  #scheduled = false;

  constructor(schedule: NotifyScheduler) {
    this.#schedule = schedule;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Each call counts, also with a function that is here already. Removing twice changes nothing. */
  add(listener: () => void): () => boolean {
    const entry = { listener };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  changed(): void {
    if (this.#scheduled || this.#entries.size === 0) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      for (const entry of [...this.#entries]) {
        if (this.#entries.has(entry)) callSafely(entry.listener);
      }
    });
  }
}

/** A callback of the application that throws is its own affair: it is reported, and nothing stops. */
export function callSafely<Args extends readonly unknown[]>(
  callback: ((...args: Args) => void) | undefined,
  ...args: Args
): void {
  try {
    callback?.(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

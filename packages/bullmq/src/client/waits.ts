import {
  type Clock,
  isTerminal,
  OffstageError,
  type TerminalJobView,
  type Timer,
  type WaitOptions,
} from '@offstage/core';
import {
  managerClosed,
  reading,
  requireDuration,
  requireOptions,
  requireSignal,
} from '@offstage/core/engine';
import { gone } from '../records/job-store.ts';
import type { SharedLooks } from '../records/shared-looks.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import { isJobId } from '../shared/names.ts';
import type { OwnerHints } from './owner-hints.ts';

// A message that was lost is made up for this late.
const lookAgainMs = 1000;

export interface WaitsOptions {
  readonly looks: SharedLooks;
  readonly hints: OwnerHints;
  readonly link: Pick<RedisLink, 'isClosed'>;
  readonly clock: Clock;
}

interface Waiter {
  resolve(view: TerminalJobView): void;
  reject(error: unknown): void;
}

/** Whoever waits for jobs to end: those who wait for one listen, look and count the seconds together. */
export class Waits {
  readonly #options: WaitsOptions;
  readonly #awaited = new Map<string, AwaitedJob>();

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  /** How many jobs are waited for. */
  get size(): number {
    return this.#awaited.size;
  }

  /**
   * Resolves to the terminal view.
   *
   * @throws OffstageError `not_found`, `wait_timeout`, `unavailable`, `manager_closed`; the signal's reason.
   */
  async wait(owner: string, id: string, options: WaitOptions): Promise<TerminalJobView> {
    requireOptions(options);
    const { signal, timeoutMs } = reading('options', () => {
      const { signal, timeoutMs } = options;
      return { signal, timeoutMs: timeoutMs ?? Infinity };
    });
    requireDuration('timeoutMs', timeoutMs);
    requireSignal(signal);
    signal?.throwIfAborted();
    if (!isJobId(id)) throw gone();
    const ending = new AbortController();
    const onAbort = (): void => ending.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const late = (): void => ending.abort(lateWait(timeoutMs));
    const timers: Timer[] = [];
    const { clock, looks } = this.#options;
    let leave = (): void => {};
    try {
      return await new Promise<TerminalJobView>((resolve, reject) => {
        ending.signal.addEventListener('abort', () => reject(ending.signal.reason));
        // What has ended already is found however short the time is, unless Redis is away.
        if (timeoutMs < Infinity)
          timers.push(clock.schedule(Math.max(timeoutMs, lookAgainMs), late));
        const askedAt = clock.monotonic();
        terminalView(looks, owner, id).then((view) => {
          if (view !== undefined) resolve(view);
          if (view !== undefined || ending.signal.aborted) return;
          leave = this.#join(owner, id, { resolve, reject });
          if (timeoutMs >= lookAgainMs) return;
          timers.push(clock.schedule(askedAt + timeoutMs - clock.monotonic(), late));
        }, reject);
      });
    } finally {
      leave();
      signal?.removeEventListener('abort', onAbort);
      for (const timer of timers) timer.cancel();
    }
  }

  #join(owner: string, id: string, waiter: Waiter): () => void {
    const key = `${owner}\n${id}`;
    let job = this.#awaited.get(key);
    if (job === undefined) {
      job = new AwaitedJob(this.#options, owner, id);
      this.#awaited.set(key, job);
    }
    const { waiters } = job.add(waiter);
    return () => {
      waiters.delete(waiter);
      if (waiters.size > 0 || this.#awaited.get(key) !== job) return;
      this.#awaited.delete(key);
      job.close();
    };
  }
}

/**
 * A job that somebody waits for. It is looked at after each hint of a change, and each second. How it ended
 * does not change any more, so whoever has come by then may know of it.
 */
class AwaitedJob {
  readonly waiters = new Set<Waiter>();
  readonly #options: WaitsOptions;
  readonly #owner: string;
  readonly #id: string;
  readonly #stop: () => void;
  #ticking: Timer | undefined;
  #isLooking = false;
  #isAsked = false;
  #isClosed = false;

  constructor(options: WaitsOptions, owner: string, id: string) {
    this.#options = options;
    this.#owner = owner;
    this.#id = id;
    this.#stop = options.hints.listen(owner, id, {
      onHint: (_, kind) => {
        if (kind !== 'p') this.#look();
      },
      onUp: (isUp) => {
        if (isUp) this.#look();
      },
    });
    this.#tickLater();
  }

  add(waiter: Waiter): this {
    this.waiters.add(waiter);
    return this;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    this.#ticking?.cancel();
  }

  #tickLater(): void {
    this.#ticking = this.#options.clock.schedule(
      lookAgainMs,
      () => {
        this.#tickLater();
        this.#look();
      },
      { keepAlive: true },
    );
  }

  /** Soon; asked again meanwhile, once more. */
  #look(): void {
    this.#isAsked = true;
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    void this.#lookWhileAsked().then(
      () => {
        this.#isLooking = false;
      },
      (error) => {
        this.#isLooking = false;
        this.#failed(error);
      },
    );
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#isAsked && !this.#isClosed) {
      this.#isAsked = false;
      const view = await terminalView(this.#options.looks, this.#owner, this.#id);
      if (view === undefined) continue;
      for (const waiter of this.waiters) waiter.resolve(view);
      return;
    }
  }

  #failed(error: unknown): void {
    const { isClosed } = this.#options.link;
    // Redis comes back; who waits goes on waiting (E6), but for one whose manager was closed.
    if (!isClosed && OffstageError.isInstance(error) && error.code === 'unavailable') return;
    for (const waiter of this.waiters) waiter.reject(isClosed ? managerClosed() : error);
  }
}

const lateWait = (timeoutMs: number): OffstageError =>
  new OffstageError('wait_timeout', `The job did not end within ${timeoutMs} ms. It goes on.`);

async function terminalView(
  looks: SharedLooks,
  owner: string,
  id: string,
): Promise<TerminalJobView | undefined> {
  const [seen] = await looks.look(owner, [{ id }]);
  if (seen === undefined) throw gone();
  const { view } = seen;
  return isTerminal(view.status) ? (view as TerminalJobView) : undefined;
}

import type { JobClient, Timer } from '@offstage/core';
import { backoffMs, pageVisibility, retryAfterMs, toOffstageError } from '@offstage/core/observe';
import type { HttpPorts } from './http-job-client-options.ts';
import { type Hints, readHints } from './read-hints.ts';
import { whenSlotIsFree } from './stream-slot.ts';

interface Watcher {
  readonly id: string | undefined;
  readonly onChange: Parameters<NonNullable<JobClient['watch']>>[1];
  readonly onPush: ((isPushed: boolean) => void) | undefined;
}

// The server breaks its silence every 15 s; this is three times that.
const maxSilenceMs = 45_000;
// React's StrictMode, and a page that goes from one job to the next, leave and come back.
const lingerMs = 1000;
const retryMs = 1000;
// Where streams cannot be had, as behind a proxy that buffers, each try holds a connection for a while.
const unsupportedRetryMs = 300_000;

/**
 * One stream of hints for all watchers of a client (H4).
 *
 *   closed      nobody watches
 *   queued      other windows of the browser have the streams it may open, or may have; watchers poll
 *   connecting  until the server says `ready`, within the timeout, and after a mute one until it says more;
 *               watchers poll meanwhile
 *   up          hints come, and something every 45 s at least
 *   waiting     it was lost or cannot be had; watchers poll until the next try
 *   refused     401 or 403: as waiting, but nothing is tried until all watchers have left
 *
 * Whatever happened while it was not up is made up for by a hint to every watcher when it is. So a
 * proxy that cuts streams every few seconds costs polls, and loses nothing.
 */
export class HintStream {
  readonly #ports: HttpPorts;
  readonly #watchers = new Set<Watcher>();
  // Aborted while waiting and when refused; `undefined` while closed.
  #connection: AbortController | undefined;
  #isUp = false;
  // The last one said nothing after `ready`, as behind a proxy that lets the first bytes pass and keeps the others.
  #isMute = false;
  #failures = 0;
  // For the next sign of life, or the next try.
  #timer: Timer | undefined;
  #linger: Timer | undefined;

  constructor(ports: HttpPorts) {
    this.#ports = ports;
  }

  /** As `JobClient.watch`. */
  watch(
    id: string | undefined,
    onChange: Watcher['onChange'],
    onPush: Watcher['onPush'],
  ): () => void {
    const watcher = { id, onChange, onPush };
    this.#watchers.add(watcher);
    this.#linger?.cancel();
    if (!this.#isUp) onPush?.(false);
    if (this.#connection === undefined) this.#connect();
    return () => {
      if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
      // A page that was hidden may be frozen before any timer rings, with its place among the windows.
      if (pageVisibility.isHidden()) this.#close();
      else this.#linger = this.#ports.clock.schedule(lingerMs, () => this.#close());
    };
  }

  #connect(): void {
    const connection = new AbortController();
    const { signal } = connection;
    this.#connection = connection;
    const lose = (waitMs: number): void => {
      if (signal.aborted) return;
      connection.abort();
      this.#setUp(false);
      if (this.#watchers.size === 0) this.#close();
      else this.#after(waitMs, () => this.#connect());
    };
    whenSlotIsFree(this.#ports.baseUrl, signal, () => this.#read(connection, lose));
  }

  #read({ signal }: AbortController, lose: (waitMs: number) => void): void {
    // Signs of life after `ready`; no number before it.
    let signs = Number.NaN;
    this.#after(this.#ports.timeoutMs, () => lose(unsupportedRetryMs));
    readHints(this.#ports, signal, {
      onAlive: () => {
        if (signs++ > 0) {
          this.#isMute = false;
          if (!this.#isUp) this.#setUp(true);
        }
        if (signs) {
          this.#after(maxSilenceMs, () => {
            this.#isMute = signs < 2;
            lose(this.#backoffMs());
          });
        }
      },
      onReady: (version) => {
        signs = 0;
        this.#failures = 0;
        if (!this.#isMute) this.#setUp(true, version);
      },
      onChange: (hints) => this.#hint(hints),
    }).then(
      () => lose(this.#backoffMs()),
      (error: unknown) => lose(this.#waitAfter(error)),
    );
  }

  #close(): void {
    this.#connection?.abort();
    this.#connection = undefined;
    this.#timer?.cancel();
    this.#isUp = false;
    this.#failures = 0;
  }

  #after(delayMs: number, then: () => void): void {
    this.#timer?.cancel();
    if (delayMs < Infinity) this.#timer = this.#ports.clock.schedule(delayMs, then);
  }

  #waitAfter(cause: unknown): number {
    const { code, details } = toOffstageError(cause);
    if (code === 'unauthorized' || code === 'forbidden') return Infinity;
    if (code !== 'unavailable') return unsupportedRetryMs;
    return Math.max(this.#backoffMs(), retryAfterMs(details));
  }

  #backoffMs(): number {
    return backoffMs(retryMs, ++this.#failures, this.#ports.random());
  }

  #setUp(isUp: boolean, version?: string): void {
    const { versions, pending } = this.#ports;
    const connection = this.#connection;
    // All that was read until now was read under the version with which the hints begin.
    const isCurrent = (): boolean => [...versions].join() === version;
    if (!isUp) versions.clear();
    this.#isUp = isUp;
    this.#each(({ onPush }) => onPush?.(isUp));
    if (!isUp) return;
    if (!isCurrent()) this.#hint(undefined);
    else if (pending.size > 0) {
      // What was asked for before may be answered with how things were.
      void Promise.allSettled(pending).then(() => {
        if (connection === this.#connection && !isCurrent()) this.#hint(undefined);
      });
    }
  }

  #hint(hints: Hints | undefined): void {
    this.#each(({ id, onChange }) => {
      if (hints === undefined) {
        onChange();
        return;
      }
      const { ids, progress, polls } = hints;
      for (const each of id === undefined ? ids : [id]) {
        const kind = progress.has(each) ? 'progress' : 'change';
        if (ids.has(each)) onChange(String(each), kind, polls.get(each));
      }
    });
  }

  #each(tell: (watcher: Watcher) => void): void {
    for (const watcher of [...this.#watchers]) {
      try {
        if (this.#watchers.has(watcher)) tell(watcher);
      } catch (error) {
        // A callback that throws is its own affair.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

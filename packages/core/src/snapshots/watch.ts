import { type Clock, sleep } from '../foundation/clock.ts';
import type { SnapshotStorage } from './storage.ts';

export interface WatchOptions {
  /** Ends the watching with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Begins with the generation after this one. @default the current one at the call */
  readonly after?: number | undefined;
  /**
   * How often CURRENT is read where nobody says that it changed, in milliseconds.
   * @default 1000
   */
  readonly pollIntervalMs?: number | undefined;
}

/**
 * Yields what `list` has beyond generation `seen`, the oldest first, now and after every change
 * (S13). A hint of the storage makes it look at once; a lost one costs an interval.
 */
export async function* watchVersions<Item extends { readonly gen: number }>(
  { storage, clock }: { readonly storage: SnapshotStorage; readonly clock: Clock },
  list: () => Promise<readonly Item[]>,
  start: Promise<number>,
  { signal, pollIntervalMs }: { readonly signal?: AbortSignal | undefined; pollIntervalMs: number },
): AsyncGenerator<Item, never, undefined> {
  let seen = await start;
  let hint = new AbortController();
  const stopWatching = storage.watch?.(() => hint.abort());
  try {
    for (;;) {
      hint = new AbortController();
      const fresh = (await list()).filter(({ gen }) => gen > seen).reverse();
      for (const item of fresh) {
        signal?.throwIfAborted();
        seen = item.gen;
        yield item;
      }
      if (fresh.length > 0) continue;
      signal?.throwIfAborted();
      const awake = signal === undefined ? hint.signal : AbortSignal.any([hint.signal, signal]);
      await sleep(clock, pollIntervalMs, { signal: awake, keepAlive: true }).catch(() => undefined);
      signal?.throwIfAborted();
    }
  } finally {
    stopWatching?.();
  }
}

import { useState, useSyncExternalStore } from 'react';

interface Observer<Snapshot> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;
  readonly getInitialSnapshot: () => Snapshot;
}

/** Subscribes a component to one of core's observers, which holds all the state (U7). */
export function useObserver<Snapshot>(observer: Observer<Snapshot>): Snapshot {
  return useSyncExternalStore(
    observer.subscribe,
    observer.getSnapshot,
    observer.getInitialSnapshot,
  );
}

/**
 * What `create` made, until one of `keys` changes. As useMemo, but promised: a memo may be dropped
 * and made again at any time, and an observer made anew would show its job as pending once more.
 * `create` gets what it replaces. It must do nothing that needs undoing, since a render may be
 * thrown away.
 */
export function useKept<T>(create: (replaced: T | undefined) => T, ...keys: readonly unknown[]): T {
  const [kept, keep] = useState(() => ({ value: create(undefined), keys }));
  if (keys.every((key, index) => Object.is(key, kept.keys[index]))) return kept.value;
  // React renders again at once, before anything of this render shows.
  const next = { value: create(kept.value), keys };
  keep(next);
  return next.value;
}

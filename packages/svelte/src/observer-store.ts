import { untrack } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import { type Readable, toStore } from 'svelte/store';

/**
 * A Svelte store, read as `$store` in a component. Its value of now is a reactive property too:
 * `store.current`, in templates, effects, `$derived` and modules, without a `$`.
 */
export interface ObserverStore<T> extends Readable<T> {
  readonly current: T;
}

interface Observer<T> {
  getSnapshot(): T;
  subscribe(listener: () => void): () => void;
}

/** How a store comes by its observer. What `keys` and `refresh` read is followed. */
interface Recipe<O> {
  /** Nothing that `keys` and `refresh` read ever changes. */
  readonly fixed: boolean;
  /** With another key comes another observer. */
  readonly keys: () => readonly unknown[];
  /** Must do nothing that needs undoing. */
  readonly create: (replaced: O | undefined) => O;
  /** Gives the observer its options of now. */
  readonly refresh?: ((observer: O) => void) | undefined;
}

/**
 * A store over observers of core, which hold all state (U7) and tell once a frame (U6). `observer`
 * gives the one for the keys of now.
 *
 * A changed key is seen wherever the store is read, and by an effect that runs before those that
 * read it, so no view has a new id beside the state of the old one (U5). On a server nothing is
 * observed: the store gives its first value and is silent.
 */
export function observerStore<T, O extends Observer<T>>({
  fixed,
  keys,
  create,
  refresh,
}: Recipe<O>): { readonly store: ObserverStore<T>; readonly observer: () => O } {
  let kept: { readonly observer: O; readonly keys: readonly unknown[] } | undefined;
  const observe = (): O => {
    const wanted = keys();
    if (kept === undefined || !wanted.every((key, index) => Object.is(key, kept?.keys[index]))) {
      const observer = untrack(() => create(kept?.observer));
      kept = { observer, keys: wanted };
    }
    return kept.observer;
  };
  const sync = (): object => {
    const observer = observe();
    refresh?.(observer);
    // A new object each time, because Svelte's store tells nobody of a value that it holds already.
    return {};
  };
  // Within `$derived` or an effect it is they who follow: another input, another store.
  const isFollowing = !fixed && !isTracking();
  const inputs = isFollowing ? untrack(() => toStore(sync)) : undefined;
  if (!isFollowing) sync();

  const watch = (listener: () => void): (() => void) => {
    if (!('document' in globalThis)) return () => undefined;
    let watched: O | undefined;
    let stop = (): void => undefined;
    let seen = untrack(observe).getSnapshot();
    const tell = (): void => {
      const observer = untrack(observe);
      const snapshot = observer.getSnapshot();
      if (observer !== watched) {
        stop();
        watched = observer;
        stop = observer.subscribe(tell);
      }
      if (snapshot === seen) return;
      seen = snapshot;
      listener();
    };
    const stopFollowing = inputs?.subscribe(tell);
    if (stopFollowing === undefined) tell();
    return () => {
      stopFollowing?.();
      stop();
    };
  };
  const track = createSubscriber(watch);

  const store: ObserverStore<T> = {
    subscribe(run) {
      const read = (): T => untrack(observe).getSnapshot();
      // Before it is watched, so that hydration begins with what the server has rendered.
      run(read());
      return watch(() => run(read()));
    },
    get current() {
      const snapshot = observe().getSnapshot();
      track();
      return snapshot;
    },
  };
  return { store, observer: () => untrack(observe) };
}

/** For `refresh`: what an observer tells now, such as `onSettled`, is followed by nobody. */
export function setOptions<Options>(
  observer: { setOptions(options: Options): void },
  options: Options,
): void {
  untrack(() => observer.setOptions(options));
}

/** Whether an effect or `$derived` is running that follows what is read. */
function isTracking(): boolean {
  let tracking = false;
  createSubscriber(() => {
    tracking = true;
  })();
  return tracking;
}

import { createEffect, createMemo, createSignal, onCleanup, untrack } from 'solid-js';

/** A value as it is, or an accessor of one, such as a signal or `() => props.jobId`. */
export type MaybeAccessor<T> = T | (() => T);

/** What is followed is read anew each time. */
export function read<T>(source: MaybeAccessor<T>): T {
  return isAccessor(source) ? source() : source;
}

interface Observer<State> {
  readonly getSnapshot: () => State;
  readonly subscribe: (listener: () => void) => () => void;
}

/** How a primitive comes by its observer. What `keys` and `refresh` read is followed. */
interface Recipe<O> {
  /** With another key comes another observer. */
  readonly keys: () => readonly unknown[];
  /** Must do nothing that needs undoing. */
  readonly create: (replaced: O | undefined) => O;
  /** Reads the options of now, and gives the way to pass them on. */
  readonly refresh?: (() => (observer: O) => void) | undefined;
}

interface Kept<O> {
  readonly keys: readonly unknown[];
  readonly observer: O;
}

/**
 * The state of an observer of core, which holds it all (U7) and tells once a frame (U6), for as long as
 * its owner lives. Another key is seen by whoever reads the state, in the same turn (U5). A server
 * observes nothing, and the browser begins only once it has hydrated.
 */
export function useObserver<State extends object, O extends Observer<State>>(
  recipe: Recipe<O>,
): { readonly state: () => State; readonly observer: () => O } {
  const kept = createMemo<Kept<O>>((before) => {
    const keys = recipe.keys();
    if (before?.keys.every((key, index) => Object.is(key, keys[index]))) return before;
    return { keys, observer: untrack(() => recipe.create(before?.observer)) };
  });
  const [told, tell] = createSignal(undefined, { equals: false });
  const state = createMemo(() => {
    told();
    return kept().observer.getSnapshot();
  });
  const { refresh } = recipe;
  // Before the subscription, so that whatever it tells finds the options of now.
  if (refresh !== undefined) {
    createEffect(() => {
      const pass = refresh();
      const { observer } = kept();
      untrack(() => pass(observer));
      tell();
    });
  }
  createEffect(() => {
    const { observer } = kept();
    onCleanup(untrack(() => observer.subscribe(() => tell())));
    tell();
  });
  return { state, observer: () => untrack(kept).observer };
}

/**
 * A state as an object whose fields are read where they are shown, as a component's props are; each is
 * told of alone. Its functions act on what it shows now.
 */
export function fieldsOf<State extends object>(state: () => State): State {
  const fields = Object.entries(untrack(state)).map(
    ([key, value]): [string, PropertyDescriptor] => {
      if (typeof value === 'function') {
        const act = (...args: unknown[]): unknown =>
          Reflect.apply(Reflect.get<object, string>(untrack(state), key), undefined, args);
        return [key, { enumerable: true, value: act }];
      }
      return [key, { enumerable: true, get: createMemo(() => Reflect.get(state(), key)) }];
    },
  );
  // Every state of an observer has all of its fields.
  return Object.defineProperties({}, Object.fromEntries(fields)) as State;
}

function isAccessor<T>(source: MaybeAccessor<T>): source is () => T {
  return typeof source === 'function';
}

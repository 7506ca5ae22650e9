import {
  computed,
  getCurrentInstance,
  onActivated,
  onDeactivated,
  onMounted,
  onScopeDispose,
  type Ref,
  type ShallowRef,
  shallowRef,
  watch,
} from 'vue';

interface Observer<State> {
  readonly getSnapshot: () => State;
  readonly subscribe: (listener: () => void) => () => void;
}

/** How a composable comes by its observer. What `keys` and `refresh` read is followed. */
interface Recipe<O> {
  /** With another key comes another observer. */
  readonly keys: () => readonly unknown[];
  /** Must do nothing that needs undoing. */
  readonly create: (replaced: O | undefined) => O;
  /** Reads the options of now, and gives the way to pass them on. */
  readonly refresh?: (() => (observer: O) => void) | undefined;
}

/**
 * The state of an observer of core, which holds it all (U7) and tells once a frame (U6), for as long as
 * the component is mounted and not put aside by `KeepAlive`. A server observes nothing, and the
 * browser begins only once it has hydrated.
 */
export function useObserver<State extends object, O extends Observer<State>>(
  recipe: Recipe<O>,
): Readonly<ShallowRef<State>> {
  let observer = recipe.create(undefined);
  let stop: (() => void) | undefined;
  const state = shallowRef(observer.getSnapshot()) as ShallowRef<State>;
  const show = (): void => {
    state.value = observer.getSnapshot();
  };
  const leave = (): void => {
    stop?.();
    stop = undefined;
  };
  const enter = (): void => {
    stop ??= observer.subscribe(show);
    show();
  };
  // In the same turn as the change, so that no render has a new id beside the former state (U5).
  const flush = 'sync';
  watch(
    recipe.keys,
    (keys, before) => {
      if (keys.every((key, index) => Object.is(key, before[index]))) return;
      const isWatched = stop !== undefined;
      observer = recipe.create(observer);
      leave();
      if (isWatched) enter();
      else show();
    },
    { flush },
  );
  const { refresh } = recipe;
  if (refresh !== undefined) {
    watch(
      refresh,
      (pass) => {
        pass(observer);
        show();
      },
      { flush },
    );
  }
  if (getCurrentInstance() !== null) {
    onMounted(enter);
    onActivated(enter);
    onDeactivated(leave);
  } else if ('document' in globalThis) enter();
  onScopeDispose(leave);
  return state;
}

type Values<State> = {
  readonly [K in keyof State as State[K] extends (...args: never[]) => unknown
    ? never
    : K]: Readonly<Ref<State[K]>>;
};

type Actions<State> = {
  readonly [K in keyof State as State[K] extends (...args: never[]) => unknown
    ? K
    : never]: State[K];
};

/** Each field of a state as a ref, and its functions as they are: to be taken apart in `setup`. */
export type StateRefs<State> = Values<State> & Actions<State>;

/** A ref changes when its field does, so a component renders for what it shows alone. */
export function refsOf<State extends object>(state: Readonly<ShallowRef<State>>): StateRefs<State> {
  const fields = Object.entries(state.value).map(([key, value]) => [
    key,
    typeof value === 'function'
      ? (...args: unknown[]) =>
          Reflect.apply(Reflect.get<object, string>(state.value, key), undefined, args)
      : computed(() => Reflect.get(state.value, key)),
  ]);
  // Every state of an observer has all of its fields.
  return Object.fromEntries(fields) as StateRefs<State>;
}

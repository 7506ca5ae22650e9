type Listener<T> = (value: T) => void;

/** A value that changes over time, as a view may read it. */
export interface Readable<T> {
  /** The same object until something changed. */
  readonly get: () => T;
  /** Calls `listener` at once and after each change. Returns the way to stop. */
  readonly subscribe: (listener: Listener<T>) => () => void;
}

/**
 * A value with its subscribers: what React's `useSyncExternalStore` and Svelte's `$store` both take.
 *
 * @example
 * const count = new Store(0);
 * const stop = count.subscribe((value) => console.log(value));
 */
export class Store<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<Listener<T>>();
  readonly #onWatched: (() => () => void) | undefined;
  #onUnwatched: (() => void) | undefined;

  /** @param onWatched Called with the first subscriber; what it returns, when the last one leaves. */
  constructor(value: T, onWatched?: () => () => void) {
    this.#value = value;
    this.#onWatched = onWatched;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: Listener<T>): (() => void) => {
    // Wrapped, so that the same function may subscribe twice.
    const own: Listener<T> = (value) => listener(value);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#onUnwatched = this.#onWatched?.();
    own(this.#value);
    return () => {
      if (!this.#listeners.delete(own) || this.#listeners.size > 0) return;
      this.#onUnwatched?.();
      this.#onUnwatched = undefined;
    };
  };

  readonly set = (value: T): void => {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener(value);
  };

  /** Changes some fields of a value that is an object. */
  readonly patch = (fields: Partial<T>): void => this.set({ ...this.#value, ...fields });
}

import { fromStore, type Readable } from 'svelte/store';

/** A value as it is, or where it is read from: a getter, over runes or props, or a store. */
export type Source<T> = T | (() => T) | Readable<T>;

/** Reads the value of now; whoever reads it in an effect or in `$derived` follows its changes. */
export function readerOf<T>(source: Source<T>): () => T {
  if (isGetter(source)) return source;
  if (!isStore(source)) return () => source;
  const followed = fromStore(source);
  return () => followed.current;
}

/** Whether all of them are values as they are, so that there is nothing to follow. */
export function areFixed(...sources: readonly Source<unknown>[]): boolean {
  return !sources.some((source) => isGetter(source) || isStore(source));
}

function isGetter<T>(source: Source<T>): source is () => T {
  return typeof source === 'function';
}

function isStore<T>(source: Source<T>): source is Readable<T> {
  return typeof source === 'object' && source !== null && 'subscribe' in source;
}

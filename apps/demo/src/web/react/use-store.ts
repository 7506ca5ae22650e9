import { useSyncExternalStore } from 'react';
import type { Readable } from '../shared/store.ts';

/** The value of a store of `shared`, as it is now. */
export const useStore = <T>(store: Readable<T>): T =>
  useSyncExternalStore(store.subscribe, store.get);

import {
  type Activity,
  filterKey,
  type JobClient,
  type JobView,
  type ListFilter,
} from '@offstage/core';
import {
  ActivityObserver,
  frameScheduler,
  JobListObserver,
  type JobListObserverOptions,
  type ValueObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { type ObserverStore, observerStore, setOptions } from './observer-store.ts';
import { areFixed, readerOf, type Source } from './source.ts';

/** The store of a value that is read again and again. */
export interface ValueStore<T> extends ObserverStore<ValueObserverState<T>> {
  /** Looks now. Never rejects; what went wrong is the snapshot's `error`. */
  readonly refetch: () => Promise<void>;
}

export type JobListOptions = Omit<JobListObserverOptions, 'filter'>;

/**
 * Watches the owner's jobs, newest first: `$list.value`. Client, filter and options may each be
 * a value, a getter or a store.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const running = jobs(client, { status: 'running' });
 */
export function jobs(
  client: Source<JobClient>,
  filter: Source<ListFilter> = {},
  options: Source<JobListOptions> = {},
): ValueStore<readonly JobView[]> {
  const readClient = readerOf(client);
  const readFilter = readerOf(filter);
  const readOptions = readerOf(options);
  const { store, observer } = observerStore<
    ValueObserverState<readonly JobView[]>,
    JobListObserver
  >({
    fixed: areFixed(client, filter, options),
    // A getter gives a new object each time; what it says is what counts.
    keys: () => [readClient(), filterKey(readFilter())],
    create: () =>
      new JobListObserver(
        readClient(),
        { ...readOptions(), filter: readFilter() },
        { notify: frameScheduler },
      ),
    refresh: (observer) => setOptions(observer, readOptions()),
  });
  return Object.assign(store, { refetch: () => observer().refetch() });
}

/**
 * Watches what stands in the way of new jobs: `$activity.value?.accepting`.
 *
 * @throws OffstageError `invalid_option`
 */
export function activity(
  client: Source<JobClient>,
  options: Source<ValueObserverOptions<Activity>> = {},
): ValueStore<Activity> {
  const readClient = readerOf(client);
  const readOptions = readerOf(options);
  const { store, observer } = observerStore<ValueObserverState<Activity>, ActivityObserver>({
    fixed: areFixed(client, options),
    keys: () => [readClient()],
    create: () => new ActivityObserver(readClient(), readOptions(), { notify: frameScheduler }),
    refresh: (observer) => setOptions(observer, readOptions()),
  });
  return Object.assign(store, { refetch: () => observer().refetch() });
}

import { filterKey, type JobClient, type JobView, type ListFilter } from '@offstage/core';
import {
  frameScheduler,
  JobListObserver,
  type JobListObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { computed, type MaybeRefOrGetter, type Ref, toValue } from 'vue';
import { useJobClient } from './jobs-plugin.ts';
import { refsOf, type StateRefs, useObserver } from './use-observer.ts';

export interface UseJobsOptions extends Omit<JobListObserverOptions, 'filter'> {
  /** @default the nearest client provided */
  readonly client?: JobClient | undefined;
}

export interface UseJobsResult
  extends Omit<StateRefs<ValueObserverState<readonly JobView[]>>, 'value'> {
  /** Newest first; empty before the first look. A view stays the same object until it changes. */
  readonly jobs: Readonly<Ref<readonly JobView[]>>;
  /** Looks now. Never rejects. */
  readonly refetch: () => Promise<void>;
}

const none: readonly JobView[] = Object.freeze([]);

/**
 * Watches the owner's jobs, all or some. Filter and options may each be a value, a ref or a getter.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { jobs, isPending } = useJobs({ status: ['queued', 'running'] });
 */
export function useJobs(
  filter: MaybeRefOrGetter<ListFilter> = {},
  options: MaybeRefOrGetter<UseJobsOptions> = {},
): UseJobsResult {
  const readOptions = (): UseJobsOptions => ({ ...toValue(options) });
  const nearest = readOptions().client ?? useJobClient();
  const client = (): JobClient => useJobClient(toValue(options).client ?? nearest);
  let refetch = async (): Promise<void> => undefined;
  const state = useObserver<ValueObserverState<readonly JobView[]>, JobListObserver>({
    keys: () => [client(), filterKey(toValue(filter))],
    create: () => {
      const observer = new JobListObserver(
        client(),
        { ...readOptions(), filter: toValue(filter) },
        { notify: frameScheduler },
      );
      refetch = () => observer.refetch();
      return observer;
    },
    refresh: () => {
      const now = readOptions();
      return (observer) => observer.setOptions(now);
    },
  });
  const { value, ...rest } = refsOf(state);
  return { jobs: computed(() => value.value ?? none), ...rest, refetch: () => refetch() };
}

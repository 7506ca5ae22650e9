import { filterKey, type JobClient, type JobView, type ListFilter } from '@offstage/core';
import {
  frameScheduler,
  JobListObserver,
  type JobListObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { useJobClient } from './jobs-provider.ts';
import { fieldsOf, type MaybeAccessor, read, useObserver } from './use-observer.ts';

export interface UseJobsOptions extends Omit<JobListObserverOptions, 'filter'> {
  /** @default the client of the nearest `JobsProvider` */
  readonly client?: JobClient | undefined;
}

export interface UseJobsResult extends Omit<ValueObserverState<readonly JobView[]>, 'value'> {
  /** Newest first; empty before the first look. A view stays the same object until it changes. */
  readonly jobs: readonly JobView[];
  /** Looks now. Never rejects. */
  readonly refetch: () => Promise<void>;
}

const none: readonly JobView[] = Object.freeze([]);

/**
 * Watches the owner's jobs, all or some. Filter and options may each be a value or an accessor.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const running = useJobs({ status: ['queued', 'running'] });
 * <For each={running.jobs}>{(job) => <li>{job.name}</li>}</For>
 */
export function useJobs(
  filter: MaybeAccessor<ListFilter> = {},
  options: MaybeAccessor<UseJobsOptions> = {},
): UseJobsResult {
  const client = useJobClient(() => read(options).client);
  const { state, observer } = useObserver<ValueObserverState<readonly JobView[]>, JobListObserver>({
    keys: () => [client(), filterKey(read(filter))],
    create: () =>
      new JobListObserver(
        client(),
        { ...read(options), filter: read(filter) },
        { notify: frameScheduler },
      ),
    refresh: () => {
      const now = { ...read(options) };
      return (observer) => observer.setOptions(now);
    },
  });
  return fieldsOf(() => {
    const { value: jobs = none, ...rest } = state();
    return { jobs, ...rest, refetch: () => observer().refetch() };
  });
}

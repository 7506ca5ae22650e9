import { filterKey, type JobClient, type JobView, type ListFilter } from '@offstage/core';
import {
  frameScheduler,
  JobListObserver,
  type JobListObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { useEffect } from 'react';
import { useJobClient } from './jobs-provider.ts';
import { useKept, useObserver } from './use-observer.ts';

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
 * Watches the owner's jobs, all or some. The filter may be written inline.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { jobs, isPending } = useJobs({ status: ['queued', 'running'] });
 */
export function useJobs(filter: ListFilter = {}, options: UseJobsOptions = {}): UseJobsResult {
  const client = useJobClient(options.client);
  const observer = useKept(
    () => new JobListObserver(client, { ...options, filter }, { notify: frameScheduler }),
    client,
    filterKey(filter),
  );
  useEffect(() => observer.setOptions(options));
  const { value: jobs = none, ...snapshot } = useObserver(observer);
  return { jobs, ...snapshot, refetch: observer.refetch };
}

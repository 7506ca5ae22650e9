import type { Activity, JobClient } from '@offstage/core';
import {
  ActivityObserver,
  frameScheduler,
  type ValueObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { useEffect } from 'react';
import { useJobClient } from './jobs-provider.ts';
import { useKept, useObserver } from './use-observer.ts';

export interface UseActivityOptions extends ValueObserverOptions<Activity> {
  /** @default the client of the nearest `JobsProvider` */
  readonly client?: JobClient | undefined;
}

export interface UseActivityResult extends Omit<ValueObserverState<Activity>, 'value'> {
  /** `undefined` before the first look. */
  readonly activity: Activity | undefined;
  /** Looks now. Never rejects. */
  readonly refetch: () => Promise<void>;
}

/**
 * Watches what stands in the way of new jobs.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { activity } = useActivity();
 * <button disabled={activity?.accepting === false}>Ingest</button>
 */
export function useActivity(options: UseActivityOptions = {}): UseActivityResult {
  const client = useJobClient(options.client);
  const observer = useKept(
    () => new ActivityObserver(client, options, { notify: frameScheduler }),
    client,
  );
  useEffect(() => observer.setOptions(options));
  const { value: activity, ...snapshot } = useObserver(observer);
  return { activity, ...snapshot, refetch: observer.refetch };
}

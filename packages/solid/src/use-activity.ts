import type { Activity, JobClient } from '@offstage/core';
import {
  ActivityObserver,
  frameScheduler,
  type ValueObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { useJobClient } from './jobs-provider.ts';
import { fieldsOf, type MaybeAccessor, read, useObserver } from './use-observer.ts';

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
 * const admission = useActivity();
 * <button disabled={admission.activity?.accepting === false}>Ingest</button>
 */
export function useActivity(options: MaybeAccessor<UseActivityOptions> = {}): UseActivityResult {
  const client = useJobClient(() => read(options).client);
  const { state, observer } = useObserver<ValueObserverState<Activity>, ActivityObserver>({
    keys: () => [client()],
    create: () => new ActivityObserver(client(), { ...read(options) }, { notify: frameScheduler }),
    refresh: () => {
      const now = { ...read(options) };
      return (observer) => observer.setOptions(now);
    },
  });
  return fieldsOf(() => {
    const { value: activity, ...rest } = state();
    return { activity, ...rest, refetch: () => observer().refetch() };
  });
}

import type { Activity, JobClient } from '@offstage/core';
import {
  ActivityObserver,
  frameScheduler,
  type ValueObserverOptions,
  type ValueObserverState,
} from '@offstage/core/observe';
import { type MaybeRefOrGetter, type Ref, toValue } from 'vue';
import { useJobClient } from './jobs-plugin.ts';
import { refsOf, type StateRefs, useObserver } from './use-observer.ts';

export interface UseActivityOptions extends ValueObserverOptions<Activity> {
  /** @default the nearest client provided */
  readonly client?: JobClient | undefined;
}

export interface UseActivityResult extends Omit<StateRefs<ValueObserverState<Activity>>, 'value'> {
  /** `undefined` before the first look. */
  readonly activity: Readonly<Ref<Activity | undefined>>;
  /** Looks now. Never rejects. */
  readonly refetch: () => Promise<void>;
}

/**
 * Watches what stands in the way of new jobs.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { activity } = useActivity();
 * // <button :disabled="activity?.accepting === false">Ingest</button>
 */
export function useActivity(options: MaybeRefOrGetter<UseActivityOptions> = {}): UseActivityResult {
  const readOptions = (): UseActivityOptions => ({ ...toValue(options) });
  const nearest = readOptions().client ?? useJobClient();
  const client = (): JobClient => useJobClient(toValue(options).client ?? nearest);
  let refetch = async (): Promise<void> => undefined;
  const state = useObserver<ValueObserverState<Activity>, ActivityObserver>({
    keys: () => [client()],
    create: () => {
      const observer = new ActivityObserver(client(), readOptions(), { notify: frameScheduler });
      refetch = () => observer.refetch();
      return observer;
    },
    refresh: () => {
      const now = readOptions();
      return (observer) => observer.setOptions(now);
    },
  });
  const { value: activity, ...rest } = refsOf(state);
  return { activity, ...rest, refetch: () => refetch() };
}

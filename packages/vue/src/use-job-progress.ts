import type { AnyJobDefinition, JobClient, JobId, PhaseOf, ResultOf } from '@offstage/core';
import {
  frameScheduler,
  JobObserver,
  type JobObserverOptions,
  type JobObserverState,
} from '@offstage/core/observe';
import { type MaybeRefOrGetter, toValue } from 'vue';
import { useJobClient } from './jobs-plugin.ts';
import { refsOf, type StateRefs, useObserver } from './use-observer.ts';

export interface UseJobProgressOptions<Result = unknown, Phase extends string = string>
  extends JobObserverOptions<Result, Phase> {
  /** @default the nearest client provided */
  readonly client?: JobClient | undefined;
}

/** One job, live: refs, and the functions that act on the job which they show now. */
export type UseJobProgressResult<Result = unknown, Phase extends string = string> = StateRefs<
  JobObserverState<Result, Phase>
>;

/**
 * Watches a job, or nothing while there is no id. Updates at most once a frame.
 *
 * The id and the options may each be a value, a ref or a getter. Pass the job's `definition`, or an id
 * that `useStartJob` gave, and `result` and `phase` have its types.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { percent, isActive, cancel } = useJobProgress(() => props.jobId);
 * const { result } = useJobProgress(id, { definition: ingest, onSettled: () => reload() });
 */
export function useJobProgress<D extends AnyJobDefinition>(
  jobId: MaybeRefOrGetter<string | undefined>,
  options: MaybeRefOrGetter<
    UseJobProgressOptions<ResultOf<D>, PhaseOf<D>> & { readonly definition: D }
  >,
): UseJobProgressResult<ResultOf<D>, PhaseOf<D>>;
export function useJobProgress<Result = unknown, Phase extends string = string>(
  jobId: MaybeRefOrGetter<JobId<Result, Phase> | undefined>,
  options?: MaybeRefOrGetter<UseJobProgressOptions<Result, Phase>>,
): UseJobProgressResult<Result, Phase>;
export function useJobProgress<Result, Phase extends string>(
  jobId: MaybeRefOrGetter<JobId<Result, Phase> | undefined>,
  options: MaybeRefOrGetter<UseJobProgressOptions<Result, Phase>> = {},
): UseJobProgressResult<Result, Phase> {
  const readOptions = (): UseJobProgressOptions<Result, Phase> => ({ ...toValue(options) });
  const nearest = readOptions().client ?? useJobClient();
  const client = (): JobClient => useJobClient(toValue(options).client ?? nearest);
  const state = useObserver<JobObserverState<Result, Phase>, JobObserver<Result, Phase>>({
    keys: () => [client(), toValue(jobId)],
    create: (replaces) =>
      new JobObserver(client(), toValue(jobId), readOptions(), {
        notify: frameScheduler,
        replaces,
      }),
    refresh: () => {
      const now = readOptions();
      return (observer) => observer.setOptions(now);
    },
  });
  return refsOf(state);
}

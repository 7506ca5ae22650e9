import type { AnyJobDefinition, JobClient, JobId, PhaseOf, ResultOf } from '@offstage/core';
import {
  frameScheduler,
  JobObserver,
  type JobObserverOptions,
  type JobObserverState,
} from '@offstage/core/observe';
import { useJobClient } from './jobs-provider.ts';
import { fieldsOf, type MaybeAccessor, read, useObserver } from './use-observer.ts';

export interface UseJobProgressOptions<Result = unknown, Phase extends string = string>
  extends JobObserverOptions<Result, Phase> {
  /** @default the client of the nearest `JobsProvider` */
  readonly client?: JobClient | undefined;
}

/**
 * Watches a job, or nothing while there is no id. Updates at most once a frame, and only
 * what reads a field that changed. Read the fields where they are shown, as props: not taken apart.
 *
 * The id and the options may each be a value or an accessor. Pass the job's `definition`, or an id that
 * `useStartJob` gave, and `result` and `phase` have its types.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const progress = useJobProgress(() => props.jobId, { definition: ingest });
 * <progress max={100} value={progress.percent ?? undefined} />
 */
export function useJobProgress<D extends AnyJobDefinition>(
  jobId: MaybeAccessor<string | undefined>,
  options: MaybeAccessor<
    UseJobProgressOptions<ResultOf<D>, PhaseOf<D>> & { readonly definition: D }
  >,
): JobObserverState<ResultOf<D>, PhaseOf<D>>;
export function useJobProgress<Result = unknown, Phase extends string = string>(
  jobId: MaybeAccessor<JobId<Result, Phase> | undefined>,
  options?: MaybeAccessor<UseJobProgressOptions<Result, Phase>>,
): JobObserverState<Result, Phase>;
export function useJobProgress<Result, Phase extends string>(
  jobId: MaybeAccessor<JobId<Result, Phase> | undefined>,
  options: MaybeAccessor<UseJobProgressOptions<Result, Phase>> = {},
): JobObserverState<Result, Phase> {
  const client = useJobClient(() => read(options).client);
  const { state } = useObserver<JobObserverState<Result, Phase>, JobObserver<Result, Phase>>({
    keys: () => [client(), read(jobId)],
    create: (replaces) =>
      new JobObserver(
        client(),
        read(jobId),
        { ...read(options) },
        {
          notify: frameScheduler,
          replaces,
        },
      ),
    refresh: () => {
      const now = { ...read(options) };
      return (observer) => observer.setOptions(now);
    },
  });
  return fieldsOf(state);
}

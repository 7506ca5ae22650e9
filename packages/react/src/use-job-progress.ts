import type { AnyJobDefinition, JobClient, JobId, PhaseOf, ResultOf } from '@offstage/core';
import {
  frameScheduler,
  JobObserver,
  type JobObserverOptions,
  type JobObserverState,
} from '@offstage/core/observe';
import { useEffect } from 'react';
import { useJobClient } from './jobs-provider.ts';
import { useKept, useObserver } from './use-observer.ts';

export interface UseJobProgressOptions<Result = unknown, Phase extends string = string>
  extends JobObserverOptions<Result, Phase> {
  /** @default the client of the nearest `JobsProvider` */
  readonly client?: JobClient | undefined;
}

/**
 * Watches a job, or nothing while there is no id. Renders at most once a frame.
 *
 * Options may be written inline: new objects and functions neither subscribe again nor render, and
 * the callbacks called are those of the last render. Pass the job's `definition`, or an id that
 * `useStartJob` gave, and `result` and `phase` have its types.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { percent, isActive, cancel } = useJobProgress(jobId);
 * const { result } = useJobProgress(jobId, { definition: ingest, onSettled: () => reload() });
 */
export function useJobProgress<D extends AnyJobDefinition>(
  jobId: string | undefined,
  options: UseJobProgressOptions<ResultOf<D>, PhaseOf<D>> & { readonly definition: D },
): JobObserverState<ResultOf<D>, PhaseOf<D>>;
export function useJobProgress<Result = unknown, Phase extends string = string>(
  jobId: JobId<Result, Phase> | undefined,
  options?: UseJobProgressOptions<Result, Phase>,
): JobObserverState<Result, Phase>;
export function useJobProgress<Result, Phase extends string>(
  jobId: JobId<Result, Phase> | undefined,
  options: UseJobProgressOptions<Result, Phase> = {},
): JobObserverState<Result, Phase> {
  const client = useJobClient(options.client);
  const observer = useKept<JobObserver<Result, Phase>>(
    (replaces) => new JobObserver(client, jobId, options, { notify: frameScheduler, replaces }),
    client,
    jobId,
  );
  // Declared before the subscription, so that whatever it tells finds the callbacks of this render.
  useEffect(() => observer.setOptions(options));
  return useObserver(observer);
}

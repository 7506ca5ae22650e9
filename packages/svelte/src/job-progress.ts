import type { AnyJobDefinition, JobClient, JobId, PhaseOf, ResultOf } from '@offstage/core';
import {
  frameScheduler,
  type JobActions,
  JobObserver,
  type JobObserverOptions,
  type JobObserverState,
} from '@offstage/core/observe';
import { type ObserverStore, observerStore, setOptions } from './observer-store.ts';
import { areFixed, readerOf, type Source } from './source.ts';

/** The store of one job; its actions are those of the job that it shows now. */
export interface JobProgress<Result = unknown, Phase extends string = string>
  extends ObserverStore<JobObserverState<Result, Phase>>,
    JobActions {}

/**
 * Watches a job for as long as something shows it.
 *
 * Client, id and options may each be a value, a getter or a store. With another id the store shows
 * that job from its beginning, with `undefined` none. Pass the job's `definition`, or an id that
 * `startJob` gave, and `result` and `phase` have its types.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const progress = jobProgress(client, () => jobId, { definition: ingest });
 * // $progress.percent, $progress.isActive, progress.current.percent, progress.cancel()
 */
export function jobProgress<D extends AnyJobDefinition>(
  client: Source<JobClient>,
  id: Source<string | undefined>,
  options: Source<JobObserverOptions<ResultOf<D>, PhaseOf<D>> & { readonly definition: D }>,
): JobProgress<ResultOf<D>, PhaseOf<D>>;
export function jobProgress<Result = unknown, Phase extends string = string>(
  client: Source<JobClient>,
  id: Source<JobId<Result, Phase> | undefined>,
  options?: Source<JobObserverOptions<Result, Phase>>,
): JobProgress<Result, Phase>;
export function jobProgress<Result, Phase extends string>(
  client: Source<JobClient>,
  id: Source<JobId<Result, Phase> | undefined>,
  options: Source<JobObserverOptions<Result, Phase>> = {},
): JobProgress<Result, Phase> {
  const readClient = readerOf(client);
  const readId = readerOf(id);
  const readOptions = readerOf(options);
  const { store, observer } = observerStore<
    JobObserverState<Result, Phase>,
    JobObserver<Result, Phase>
  >({
    fixed: areFixed(client, id, options),
    keys: () => [readClient(), readId()],
    create: (replaces) =>
      new JobObserver(readClient(), readId(), readOptions(), {
        notify: frameScheduler,
        replaces,
      }),
    refresh: (observer) => setOptions(observer, readOptions()),
  });
  return Object.assign(store, {
    cancel: () => observer().cancel(),
    consume: () => observer().consume(),
    refetch: () => observer().refetch(),
  });
}

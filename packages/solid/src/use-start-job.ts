import type { AnyJobDefinition, JobClient } from '@offstage/core';
import { frameScheduler, StartObserver, type StartObserverState } from '@offstage/core/observe';
import { useJobClient } from './jobs-provider.ts';
import { fieldsOf, useObserver } from './use-observer.ts';

export interface UseStartJobOptions {
  /** @default the client of the nearest `JobsProvider` */
  readonly client?: JobClient | undefined;
}

/**
 * Starts jobs of one definition, and tells how the last start went. `start` resolves to the job's
 * first view, and rejects with a coded error that `error` shows as well.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const ingesting = useStartJob(ingest);
 * const progress = useJobProgress(() => ingesting.job?.id);
 */
export function useStartJob<D extends AnyJobDefinition>(
  definition: D,
  options: UseStartJobOptions = {},
): StartObserverState<D> {
  const client = useJobClient(() => options.client);
  const { state } = useObserver<StartObserverState<D>, StartObserver<D>>({
    keys: () => [client()],
    create: () => new StartObserver(client(), definition, { notify: frameScheduler }),
  });
  return fieldsOf(state);
}

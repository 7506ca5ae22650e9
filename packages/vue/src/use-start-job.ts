import type { AnyJobDefinition, JobClient } from '@offstage/core';
import { frameScheduler, StartObserver, type StartObserverState } from '@offstage/core/observe';
import { useJobClient } from './jobs-plugin.ts';
import { refsOf, type StateRefs, useObserver } from './use-observer.ts';

export interface UseStartJobOptions {
  /** @default the nearest client provided */
  readonly client?: JobClient | undefined;
}

/** How the last start went, as refs, and `start` and `reset`. */
export type UseStartJobResult<D extends AnyJobDefinition> = StateRefs<StartObserverState<D>>;

/**
 * Starts jobs of one definition, and tells how the last start went. `start` resolves to the job's
 * first view, and rejects with a coded error that `error` shows as well.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { start, isPending, error, job } = useStartJob(ingest);
 * const { percent } = useJobProgress(() => job.value?.id);
 */
export function useStartJob<D extends AnyJobDefinition>(
  definition: D,
  options: UseStartJobOptions = {},
): UseStartJobResult<D> {
  const client = useJobClient(options.client);
  const state = useObserver<StartObserverState<D>, StartObserver<D>>({
    keys: () => [],
    create: () => new StartObserver(client, definition, { notify: frameScheduler }),
  });
  return refsOf(state);
}

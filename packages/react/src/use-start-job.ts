import type { AnyJobDefinition, JobClient } from '@offstage/core';
import { frameScheduler, StartObserver, type StartObserverState } from '@offstage/core/observe';
import { useEffect } from 'react';
import { useJobClient } from './jobs-provider.ts';
import { useKept, useObserver } from './use-observer.ts';

export interface UseStartJobOptions {
  /** @default the client of the nearest `JobsProvider` */
  readonly client?: JobClient | undefined;
}

/**
 * Starts jobs of one definition, and tells how the last start went. `start` and `reset` stay
 * the same functions. `start` resolves to the job's first view, and rejects with a coded error that
 * is `error` too, so a click handler need not catch it.
 *
 * @throws OffstageError `invalid_option`
 * @example
 * const { start, isPending, error, job } = useStartJob(ingest);
 * const { percent } = useJobProgress(job?.id);
 * <button disabled={isPending} onClick={() => start({ uploads })}>Ingest</button>
 */
export function useStartJob<D extends AnyJobDefinition>(
  definition: D,
  options: UseStartJobOptions = {},
): StartObserverState<D> {
  const client = useJobClient(options.client);
  const observer = useKept(
    () => new StartObserver(client, definition, { notify: frameScheduler }),
    client,
    definition.name,
  );
  useEffect(() => observer.setDefinition(definition));
  return useObserver(observer);
}

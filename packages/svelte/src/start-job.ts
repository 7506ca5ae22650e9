import type { AnyJobDefinition, JobClient } from '@offstage/core';
import {
  frameScheduler,
  type StartActions,
  StartObserver,
  type StartObserverState,
} from '@offstage/core/observe';
import { type ObserverStore, observerStore } from './observer-store.ts';
import { areFixed, readerOf, type Source } from './source.ts';

/** The store of how the last start went. */
export interface StartJob<D extends AnyJobDefinition>
  extends ObserverStore<StartObserverState<D>>,
    StartActions<D> {}

/**
 * Starts jobs of one definition and tells how the last start went: `$ingesting.isPending`,
 * `$ingesting.error`, and `$ingesting.job?.id` to watch.
 *
 * @example
 * const ingesting = startJob(client, ingest);
 * const progress = jobProgress(client, () => ingesting.current.job?.id);
 * // ingesting.start({ uploads }, { exclusivityKey: 'corpus' })
 */
export function startJob<D extends AnyJobDefinition>(
  client: Source<JobClient>,
  definition: D,
): StartJob<D> {
  const readClient = readerOf(client);
  const { store, observer } = observerStore<StartObserverState<D>, StartObserver<D>>({
    fixed: areFixed(client),
    keys: () => [readClient()],
    create: () => new StartObserver(readClient(), definition, { notify: frameScheduler }),
  });
  return Object.assign(store, {
    start: (...args: Parameters<StartActions<D>['start']>) => observer().start(...args),
    reset: () => observer().reset(),
  });
}

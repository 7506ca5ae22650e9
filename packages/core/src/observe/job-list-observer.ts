import { microtaskScheduler } from '../foundation/listeners.ts';
import { isShallowEqual } from '../foundation/shallow-equal.ts';
import type { Activity, JobClient, ListFilter } from '../jobs/job-client.ts';
import type { JobView } from '../jobs/job-view.ts';
import { filterKey } from '../jobs/list-page.ts';
import type { ObserverPorts } from './job-observer.ts';
import { isSameView } from './job-observer-state.ts';
import { readValue } from './poll-values.ts';
import { sharedPoller } from './poller.ts';
import { ValueObserver, type ValueObserverOptions } from './value-observer.ts';

export interface JobListObserverOptions extends ValueObserverOptions<readonly JobView[]> {
  /** Which of the owner's jobs; fixed for an observer. @default all */
  readonly filter?: ListFilter | undefined;
}

/**
 * Watches the owner's jobs, newest first, with the conventions of `JobObserver`: `value` is the
 * same array while no job came, went or changed, and each view in it the same object while that job
 * did not change.
 *
 * @example
 * const running = new JobListObserver(client, { filter: { status: 'running' } });
 */
export class JobListObserver extends ValueObserver<readonly JobView[]> {
  /** @throws OffstageError `invalid_option` */
  constructor(client: JobClient, options: JobListObserverOptions = {}, ports: ObserverPorts = {}) {
    const poller = ports.poller ?? sharedPoller(client);
    const { filter = {} } = options;
    const key = `list ${filterKey(filter)}`;
    super(options, {
      read: (timing, reader) =>
        readValue(poller, key, timing, reader, () => client.list(filter), withProgress),
      merge: mergeViews,
      notify: ports.notify ?? microtaskScheduler,
    });
  }
}

/** Watches what stands in the way of new jobs, with the conventions of `JobObserver`. */
export class ActivityObserver extends ValueObserver<Activity> {
  /** @throws OffstageError `invalid_option` */
  constructor(
    client: JobClient,
    options: ValueObserverOptions<Activity> = {},
    ports: ObserverPorts = {},
  ) {
    const poller = ports.poller ?? sharedPoller(client);
    super(options, {
      read: (timing, reader) =>
        readValue(poller, 'activity', timing, reader, () => client.activity(), 'none'),
      merge: (before, next) =>
        before !== undefined && isShallowEqual(before, next) ? before : next,
      notify: ports.notify ?? microtaskScheduler,
    });
  }
}

/** The list with a job as it is now; `undefined` where that may change which jobs are in it. */
function withProgress(views: readonly JobView[], job: JobView): readonly JobView[] | undefined {
  const index = views.findIndex(({ id }) => id === job.id);
  const known = views[index];
  // A job that the list leaves out goes on being left out while its status is the same.
  if (known === undefined) return views;
  return known.status === job.status ? views.with(index, job) : undefined;
}

function mergeViews(
  before: readonly JobView[] | undefined,
  next: readonly JobView[],
): readonly JobView[] {
  if (before === undefined) return next;
  const known = new Map(before.map((view) => [view.id, view]));
  const merged = next.map((view) => {
    const old = known.get(view.id);
    return old !== undefined && isSameView(old, view) ? old : view;
  });
  const isSame =
    merged.length === before.length && merged.every((view, index) => view === before[index]);
  return isSame ? before : merged;
}

import { OffstageError } from '../foundation/errors.ts';
import { invalidOption, listOf, reading, requireOptions } from '../foundation/invalid-option.ts';
import type { ListFilter } from './job-client.ts';
import { nextStatuses } from './job-state.ts';
import type { JobStatus, JobView } from './job-view.ts';

/** At most this many jobs are on one page of a list (J17). */
export const maxPage = 1000;

/** A `ListFilter`, checked and complete. */
export interface ListPage {
  readonly statuses: ReadonlySet<JobStatus> | undefined;
  readonly name: string | undefined;
  readonly limit: number;
  readonly before: string | undefined;
  readonly results: boolean;
}

/** @throws OffstageError `invalid_option`, naming the field. */
export function listPageOf(filter: ListFilter): ListPage {
  requireOptions(filter);
  const { status, name, limit, before, results } = reading('filter', () => {
    const { status, name, limit = 100, before, results = false } = filter;
    return { status, name, limit, before, results };
  });
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new OffstageError('invalid_option', 'limit must be a whole number of at least 1.', {
      details: { option: 'limit' },
    });
  }
  if (name !== undefined && typeof name !== 'string') {
    throw invalidOption('name', 'the name of a job', name);
  }
  if (before !== undefined && typeof before !== 'string') {
    throw new OffstageError('invalid_option', 'before must be the id of a job.', {
      details: { option: 'before' },
    });
  }
  const statuses = status === undefined ? undefined : new Set<JobStatus>(statusesOf(status));
  for (const each of statuses ?? []) {
    if (typeof each !== 'string' || !Object.hasOwn(nextStatuses, each)) {
      throw invalidOption('status', `one of ${Object.keys(nextStatuses).join(', ')}`, each);
    }
  }
  return {
    statuses,
    name,
    limit: Math.min(limit, maxPage),
    before,
    results: results === true,
  };
}

const statusesOf = (status: NonNullable<ListFilter['status']>): readonly JobStatus[] =>
  typeof status === 'string' ? [status] : listOf('status', status, 1000);

/**
 * One text for one filter, however it was written: a list of statuses in any order, or one alone, is
 * the same list.
 */
export function filterKey({ status, name, limit, before, results }: ListFilter): string {
  const statuses = status === undefined ? null : [...new Set(statusesOf(status))].sort();
  return JSON.stringify([name ?? null, statuses, limit ?? null, before ?? null, results === true]);
}

/** The job to go on after has been released, or was never there; it looks the same. */
export function noSuchPage(): OffstageError {
  return new OffstageError(
    'not_found',
    'The job that this page begins before has been released. Begin with the first page.',
  );
}

const overviews = /* @__PURE__ */ new WeakMap<JobView, JobView>();

/** The view as it stands in a list: the same object for the same view, without its result. */
export function overviewOf(view: JobView): JobView {
  if (view.result === undefined) return view;
  const known = overviews.get(view);
  if (known !== undefined) return known;
  const overview = Object.freeze({ ...view, result: undefined }) as JobView;
  overviews.set(view, overview);
  return overview;
}

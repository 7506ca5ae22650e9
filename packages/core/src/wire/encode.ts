import type { OffstageError } from '../foundation/errors.ts';
import { assertJson } from '../foundation/json-safe.ts';
import type { Activity, JobPoll, PollOptions, StartOptions } from '../jobs/job-client.ts';
import type { JobView } from '../jobs/job-view.ts';

/*
 * What crosses a process or a network, as JSON. The other direction is in `wire-decode.ts`.
 *
 * - `undefined` is an absent field, both ways: a view has no `result` unless it succeeded with one,
 *   a poll has no `job` where there is none (J4).
 * - `null` is a value: `progress`, `startedAt`, `endedAt` and `percent` are always there.
 * - `encode…` gives what `JSON.stringify` takes; `decode…` takes what `JSON.parse` gave.
 * - What JSON cannot bring back as it was is `not_serializable`. Nothing else is ever thrown here.
 */

/** What `JSON.stringify` takes. */
export type Encoded = Readonly<Record<string, unknown>>;

/** A coded error as problem details (RFC 9457). */
export interface WireProblem {
  readonly type?: string | undefined;
  readonly title: string;
  /** The HTTP status, 400 to 599. */
  readonly status: number;
  readonly code: string;
  /** Under which the server's log has the whole error. */
  readonly reference?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/**
 * Names each field, so that nothing an engine keeps beside them gets out.
 *
 * @throws OffstageError `not_serializable` when the result is nothing that JSON brings back.
 */
export function encodeJobView(view: JobView): Encoded {
  if (view.result !== undefined) assertJson(view.result, 'result');
  return {
    id: view.id,
    name: view.name,
    phases: view.phases,
    status: view.status,
    attempt: view.attempt,
    // What most jobs have is not said: lists are long, and hints come often.
    maxAttempts: view.maxAttempts === 1 ? undefined : view.maxAttempts,
    availableAt: view.availableAt ?? undefined,
    lastFailure: view.lastFailure ?? undefined,
    retryOf: view.retryOf ?? undefined,
    cancelRequested: view.cancelRequested,
    progress: view.progress,
    droppedReports: view.droppedReports,
    createdAt: view.createdAt,
    startedAt: view.startedAt,
    endedAt: view.endedAt,
    result: view.result,
    failure: view.failure,
  };
}

/** @throws OffstageError `not_serializable` */
export function encodeJobPoll({ job, events, cursor, missed }: JobPoll): Encoded {
  return { job: job === undefined ? undefined : encodeJobView(job), events, cursor, missed };
}

/** @throws OffstageError `not_serializable` */
export function encodePollManyResponse(polls: readonly JobPoll[]): Encoded {
  return { polls: polls.map(encodeJobPoll) };
}

/**
 * An id that came with a link may be of any length, and the jobs of a page travel together: it must not make the
 * request too long for all. Ids have at most 200 characters, so that one which is cut is still nobody's.
 */
export function encodePollManyRequest(
  polls: readonly (PollOptions & { readonly id: string })[],
): Encoded {
  return {
    polls: polls.map(({ id, after, limit }) => ({ id: `${id}`.slice(0, 201), after, limit })),
  };
}

/** @throws OffstageError `not_serializable` */
export function encodeListResponse(jobs: readonly JobView[]): Encoded {
  return { jobs: jobs.map(encodeJobView) };
}

/** The input goes as the caller gave it; the server's schema parses it. @throws OffstageError `not_serializable` */
export function encodeStartRequest(
  input: unknown,
  exclusivityKey?: string | undefined,
  onConflict?: StartOptions['onConflict'],
): Encoded {
  if (input !== undefined) assertJson(input, 'input');
  return { input, exclusivityKey, onConflict };
}

export function encodeActivity(snapshot: Activity): Encoded {
  const { queued, running, foregroundLeases, maintenance, accepting } = snapshot;
  return { queued, running, foregroundLeases, maintenance, accepting };
}

/**
 * A coded error as problem details. Of its details only `retryAfterMs` goes along, and neither cause
 * nor stack.
 *
 * @param status the HTTP status, 400 to 599.
 * @param reference under which the server's log has the whole error.
 */
export function encodeProblem(
  error: OffstageError,
  status: number,
  reference?: string | undefined,
): WireProblem {
  const { retryAfterMs } = error.details;
  const isWait = typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs);
  return {
    title: error.message,
    status,
    code: error.code,
    reference,
    retryAfterMs: isWait ? Math.max(0, retryAfterMs) : undefined,
  };
}

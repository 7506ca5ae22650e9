import { OffstageError, type OffstageErrorCode } from '../foundation/errors.ts';
import type { Activity, JobPoll, StartOptions } from '../jobs/job-client.ts';
import {
  isTerminal,
  type JobFailure,
  type JobStatus,
  type JobView,
  type ProgressEvent,
} from '../jobs/job-view.ts';
import { maxBatch } from '../observe/poll-loop.ts';
import type { WireProblem } from './encode.ts';

/*
 * Reads what `wire.ts` wrote, or what someone else did.
 *
 * - Unknown fields are passed over, so that an older client can read a newer server.
 * - A response that is out of form is `invalid_response`, a request `invalid_input`; the message
 *   names the field. Nothing else is ever thrown here.
 * - What comes back is frozen, as every view is (J10).
 *
 * Written by hand, as tables of checks: a schema library would weigh more than all else that a page
 * loads to watch a job. Nothing here runs until it is called, so bundlers leave out what is not used.
 */

/** A request to start a job; the definition's schema parses the input. */
export interface WireStartRequest {
  readonly input?: unknown;
  readonly exclusivityKey?: string | undefined;
  readonly onConflict?: StartOptions['onConflict'];
}

/** One poll of many. */
export interface WirePoll {
  readonly id: string;
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

/** @throws OffstageError `invalid_response` */
export const decodeJobView = (value: unknown): JobView => jobView(value, 'job');

/** @throws OffstageError `invalid_response` */
export const decodeJobPoll = (value: unknown): JobPoll => jobPoll(value, 'poll');

/** @throws OffstageError `invalid_response` */
export const decodePollManyResponse = (value: unknown): readonly JobPoll[] =>
  record(pollsTable, value, 'answer').polls;

/** @throws OffstageError `invalid_response` */
export const decodeListResponse = (value: unknown): readonly JobView[] =>
  record(jobsTable, value, 'answer').jobs;

/** @throws OffstageError `invalid_response` */
export const decodeActivity = (value: unknown): Activity =>
  record(activityTable, value, 'activity');

/**
 * The error to throw, with `status`, `reference` and `retryAfterMs` among its details.
 *
 * @throws OffstageError `invalid_response` when it is no problem at all, such as a proxy's page.
 */
export function decodeProblem(value: unknown): OffstageError {
  const { title, code, status, reference, retryAfterMs } = record(problemTable, value, 'problem');
  // A newer server may know more codes; an unknown one is told as it is rather than hidden.
  return new OffstageError(code as OffstageErrorCode, title, {
    details: {
      status,
      ...(reference === undefined ? {} : { reference }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
}

/** At most 1,000 polls. @throws OffstageError `invalid_input` */
export const decodePollManyRequest = (value: unknown): readonly WirePoll[] =>
  asRequest(() => record(asksTable, value, 'request').polls);

/** @throws OffstageError `invalid_input` */
export const decodeStartRequest = (value: unknown): WireStartRequest =>
  asRequest(() => record(startTable, value, 'request'));

/** Gives back the value, frozen and without what is unknown; `at` is its path, for the message. */
type Form<T> = (value: unknown, at: string) => T;
type Table<T> = { readonly [Key in keyof T]-?: Form<T[Key]> };

const text: Form<string> = (value, at) => (typeof value === 'string' ? value : reject(at));
const flag: Form<boolean> = (value, at) => (typeof value === 'boolean' ? value : reject(at));
const number: Form<number> = (value, at) => (isNumber(value) ? value : reject(at));
const count: Form<number> = (value, at) => (isCount(value) ? value : reject(at));
const positive: Form<number> = (value, at) => count(value, at) || reject(at);
const anything: Form<unknown> = (value) => value;
const time: Form<number | null> = (value, at) => (value === null ? null : number(value, at));
const texts: Form<readonly string[]> = (value, at) => list(text, value, at);
const optionalText: Form<string | undefined> = (value, at) => optional(text, value, at);
const optionalCount: Form<number | undefined> = (value, at) => optional(count, value, at);

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const eventTable: Table<ProgressEvent> = {
  seq: positive,
  at: number,
  phase: text,
  percent: (value, at) =>
    value === null || (isNumber(value) && value >= 0 && value <= 100) ? value : reject(at),
  message: text,
  // An older server counts none.
  attempt: (value, at) => (value === undefined ? 1 : positive(value, at)),
};
const event: Form<ProgressEvent> = (value, at) => record(eventTable, value, at);

const failureTable: Table<JobFailure> = { code: text, message: text, reference: text };

const viewTable = {
  id: (value: unknown, at: string): string => text(value, at) || reject(at),
  name: text,
  phases: texts,
  status: (value: unknown, at: string): JobStatus =>
    value === 'queued' || value === 'running' || isTerminal(value as JobStatus)
      ? (value as JobStatus)
      : reject(at),
  attempt: positive,
  // An older server says none of these four.
  maxAttempts: (value: unknown, at: string) => (value === undefined ? 1 : positive(value, at)),
  availableAt: (value: unknown, at: string) => time(value ?? null, at),
  lastFailure: (value: unknown, at: string) =>
    value === undefined || value === null ? null : record(failureTable, value, at),
  retryOf: (value: unknown, at: string) =>
    value === undefined || value === null ? null : text(value, at),
  cancelRequested: flag,
  progress: (value: unknown, at: string) => (value === null ? null : event(value, at)),
  droppedReports: count,
  createdAt: number,
  startedAt: time,
  endedAt: time,
  result: anything,
  failure: anything,
};

// Status, end, result and failure belong together (J10).
const jobView: Form<JobView> = (value, at) => {
  const view = record(viewTable, value, at);
  const { status, result, failure } = view;
  if (isTerminal(status) === (view.endedAt === null)) reject(`${at}.endedAt`);
  return Object.freeze({
    ...view,
    result: status === 'succeeded' ? result : undefined,
    failure: status === 'failed' ? record(failureTable, failure, `${at}.failure`) : undefined,
  }) as JobView;
};

const pollTable: Table<JobPoll> = {
  job: (value, at) => optional(jobView, value, at),
  events: (value, at) => list(event, value, at),
  cursor: count,
  missed: count,
};
const jobPoll: Form<JobPoll> = (value, at) => record(pollTable, value, at);

const pollsTable = { polls: (value: unknown, at: string) => list(jobPoll, value, at) };
const jobsTable = { jobs: (value: unknown, at: string) => list(jobView, value, at) };

const activityTable: Table<Activity> = {
  queued: count,
  running: count,
  foregroundLeases: count,
  maintenance: flag,
  accepting: flag,
};

const problemTable: Table<Omit<WireProblem, 'type'>> = {
  title: text,
  status: (value, at) => (isCount(value) && value >= 400 && value < 600 ? value : reject(at)),
  code: (value, at) => (/^[a-z]\w{0,99}$/.test(text(value, at)) ? text(value, at) : reject(at)),
  reference: optionalText,
  retryAfterMs: (value, at) =>
    value === undefined || (isNumber(value) && value >= 0) ? value : reject(at),
};

const askTable: Table<WirePoll> = { id: text, after: optionalCount, limit: optionalCount };
const asksTable = {
  polls: (value: unknown, at: string) =>
    Array.isArray(value) && value.length > maxBatch
      ? reject(at)
      : list((ask, where) => record(askTable, ask, where), value, at),
};

const startTable: Table<WireStartRequest> = {
  input: anything,
  exclusivityKey: optionalText,
  onConflict: (value, at) =>
    value === undefined ||
    value === 'reject' ||
    value === 'join' ||
    value === 'queue' ||
    value === 'replace'
      ? value
      : reject(at),
};

// Only the fields of the table are read, and they are made anew: a hostile key has no place to go.
function record<T>(table: Table<T>, value: unknown, at: string): T {
  const source: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : reject(at);
  const result: Partial<T> = {};
  for (const key in table) result[key] = table[key](source[key], `${at}.${key}`);
  // Every field has just passed its form.
  return Object.freeze(result) as T;
}

function list<T>(item: Form<T>, value: unknown, at: string): readonly T[] {
  if (!Array.isArray(value)) return reject(at);
  return Object.freeze(value.map((each, index) => item(each, `${at}.${index}`)));
}

function optional<T>(form: Form<T>, value: unknown, at: string): T | undefined {
  return value === undefined ? undefined : form(value, at);
}

function reject(at: string): never {
  throw new OffstageError('invalid_response', `"${at}" is missing or not in the agreed form.`, {
    details: { field: at },
  });
}

function asRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // Nothing else is thrown here.
    const { message, details } = error as OffstageError;
    throw new OffstageError('invalid_input', message, { details });
  }
}

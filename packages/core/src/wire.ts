import * as z from 'zod/mini';
import { OffstageError, type OffstageErrorCode } from './errors.ts';
import type { ActivitySnapshot, JobPoll, PollOptions } from './job-client.ts';
import type { JobView } from './job-view.ts';
import { assertJson } from './json-safe.ts';
import { maxBatch } from './poll-loop.ts';
import { describeIssues } from './standard-schema.ts';

/*
 * What crosses a process or a network, as JSON.
 *
 * - `undefined` is an absent field, both ways: a view has no `result` unless it succeeded with one,
 *   a poll has no `job` where there is none (J4).
 * - `null` is a value: `progress`, `startedAt`, `endedAt` and `percent` are always there.
 * - Unknown fields are passed over, so that an older client can read a newer server.
 * - `encode…` gives what `JSON.stringify` takes; `decode…` takes what `JSON.parse` gave.
 * - A response that is out of form is `invalid_response`, a request `invalid_input`; what JSON cannot
 *   bring back as it was is `not_serializable`. Nothing else is ever thrown here.
 */

// Made on first use: a page that decodes nothing pays for no schema, as bundlers keep what is called
// at the top of a module.
function createSchemas() {
  const count = z.int().check(z.nonnegative());
  const time = z.nullable(z.number());

  const progressEvent = z.object({
    seq: z.int().check(z.positive()),
    at: z.number(),
    phase: z.string(),
    percent: z.nullable(z.number().check(z.minimum(0), z.maximum(100))),
    message: z.string(),
  });

  const jobFailure = z.object({ code: z.string(), message: z.string(), reference: z.string() });

  const viewBase = z.object({
    id: z.string().check(z.minLength(1)),
    name: z.string(),
    phases: z.array(z.string()),
    attempt: z.int().check(z.positive()),
    cancelRequested: z.boolean(),
    progress: z.nullable(progressEvent),
    droppedReports: count,
    createdAt: z.number(),
    startedAt: time,
  });

  const jobView = z.discriminatedUnion('status', [
    z.extend(viewBase, { status: z.enum(['queued', 'running']), endedAt: z.null() }),
    z.extend(viewBase, {
      status: z.literal('succeeded'),
      endedAt: z.number(),
      result: z.optional(z.unknown()),
    }),
    z.extend(viewBase, { status: z.literal('failed'), endedAt: z.number(), failure: jobFailure }),
    z.extend(viewBase, { status: z.literal('canceled'), endedAt: z.number() }),
  ]);

  const jobPoll = z.object({
    job: z.optional(jobView),
    events: z.array(progressEvent),
    cursor: count,
    missed: count,
  });

  const pollManyResponse = z.object({ polls: z.array(jobPoll) });
  const listResponse = z.object({ jobs: z.array(jobView) });

  const activity = z.object({
    queued: count,
    running: count,
    foregroundLeases: count,
    maintenance: z.boolean(),
    accepting: z.boolean(),
  });

  const pollManyRequest = z.object({
    polls: z
      .array(z.object({ id: z.string(), after: z.optional(count), limit: z.optional(count) }))
      .check(z.maxLength(maxBatch)),
  });

  const startRequest = z.object({
    input: z.optional(z.unknown()),
    exclusivityKey: z.optional(z.string()),
  });

  // RFC 9457, with the coded error's `code`.
  const problem = z.object({
    type: z.optional(z.string()),
    title: z.string(),
    status: z.int().check(z.minimum(400), z.maximum(599)),
    code: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,99}$/)),
    reference: z.optional(z.string()),
    retryAfterMs: z.optional(z.number().check(z.nonnegative())),
  });

  return {
    jobView,
    jobPoll,
    pollManyResponse,
    listResponse,
    activity,
    pollManyRequest,
    startRequest,
    problem,
  };
}

type Schemas = ReturnType<typeof createSchemas>;
let schemas: Schemas | undefined;
const schema = <K extends keyof Schemas>(name: K): Schemas[K] => {
  schemas ??= createSchemas();
  return schemas[name];
};

type WireJobView = z.infer<Schemas['jobView']>;
type WireJobPoll = z.infer<Schemas['jobPoll']>;
export type WireStartRequest = z.infer<Schemas['startRequest']>;
export type WirePoll = z.infer<Schemas['pollManyRequest']>['polls'][number];
export type WireProblem = z.infer<Schemas['problem']>;

/** What `JSON.stringify` takes. */
export type Encoded = Readonly<Record<string, unknown>>;

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

/** Frozen, as every view is (J10). @throws OffstageError `invalid_response` */
export function decodeJobView(value: unknown): JobView {
  return toView(parse(schema('jobView'), value, 'job', 'invalid_response'));
}

/** @throws OffstageError `not_serializable` */
export function encodeJobPoll({ job, events, cursor, missed }: JobPoll): Encoded {
  return { job: job === undefined ? undefined : encodeJobView(job), events, cursor, missed };
}

/** @throws OffstageError `invalid_response` */
export function decodeJobPoll(value: unknown): JobPoll {
  return toPoll(parse(schema('jobPoll'), value, 'poll', 'invalid_response'));
}

/** @throws OffstageError `not_serializable` */
export function encodePollManyResponse(polls: readonly JobPoll[]): Encoded {
  return { polls: polls.map(encodeJobPoll) };
}

/** @throws OffstageError `invalid_response` */
export function decodePollManyResponse(value: unknown): readonly JobPoll[] {
  const { polls } = parse(
    schema('pollManyResponse'),
    value,
    'answer to the polls',
    'invalid_response',
  );
  return Object.freeze(polls.map(toPoll));
}

export function encodePollManyRequest(
  polls: readonly (PollOptions & { readonly id: string })[],
): Encoded {
  return { polls: polls.map(({ id, after, limit }) => ({ id, after, limit })) };
}

/** At most 1,000 polls. @throws OffstageError `invalid_input` */
export function decodePollManyRequest(value: unknown): readonly WirePoll[] {
  return parse(schema('pollManyRequest'), value, 'list of polls', 'invalid_input').polls;
}

/** @throws OffstageError `not_serializable` */
export function encodeListResponse(jobs: readonly JobView[]): Encoded {
  return { jobs: jobs.map(encodeJobView) };
}

/** @throws OffstageError `invalid_response` */
export function decodeListResponse(value: unknown): readonly JobView[] {
  const { jobs } = parse(schema('listResponse'), value, 'list of jobs', 'invalid_response');
  return Object.freeze(jobs.map(toView));
}

/** The input goes as the caller gave it; the server's schema parses it. @throws OffstageError `not_serializable` */
export function encodeStartRequest(input: unknown, exclusivityKey?: string | undefined): Encoded {
  if (input !== undefined) assertJson(input, 'input');
  return { input, exclusivityKey };
}

/** @throws OffstageError `invalid_input` */
export function decodeStartRequest(value: unknown): WireStartRequest {
  return parse(schema('startRequest'), value, 'request to start a job', 'invalid_input');
}

export function encodeActivity(snapshot: ActivitySnapshot): Encoded {
  const { queued, running, foregroundLeases, maintenance, accepting } = snapshot;
  return { queued, running, foregroundLeases, maintenance, accepting };
}

/** @throws OffstageError `invalid_response` */
export function decodeActivity(value: unknown): ActivitySnapshot {
  return Object.freeze(parse(schema('activity'), value, 'activity', 'invalid_response'));
}

/**
 * A coded error as problem details. Of its details only `retryAfterMs` goes along, and neither cause
 * nor stack (J11, H5).
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

/**
 * The error to throw, with `status`, `reference` and `retryAfterMs` among its details.
 *
 * @throws OffstageError `invalid_response` when it is no problem at all, such as a proxy's page.
 */
export function decodeProblem(value: unknown): OffstageError {
  const { title, code, status, reference, retryAfterMs } = parse(
    schema('problem'),
    value,
    'error',
    'invalid_response',
  );
  // A newer server may know more codes; an unknown one is told as it is rather than hidden.
  return new OffstageError(code as OffstageErrorCode, title, {
    details: {
      status,
      ...(reference === undefined ? {} : { reference }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
}

function parse<T>(
  form: z.ZodMiniType<T>,
  value: unknown,
  what: string,
  code: 'invalid_response' | 'invalid_input',
): T {
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = describeIssues(parsed.error.issues.slice(0, 3));
  throw new OffstageError(code, `The ${what} is not in the agreed form: ${issues}`);
}

function toView(view: WireJobView): JobView {
  const { progress, phases } = view;
  const failure = view.status === 'failed' ? Object.freeze(view.failure) : undefined;
  const result = view.status === 'succeeded' ? view.result : undefined;
  // The schema has just held status, result and failure together.
  return Object.freeze({
    ...view,
    phases: Object.freeze(phases),
    progress: progress === null ? null : Object.freeze(progress),
    result,
    failure,
  }) as JobView;
}

function toPoll({ job, events, cursor, missed }: WireJobPoll): JobPoll {
  return Object.freeze({
    job: job === undefined ? undefined : toView(job),
    events: Object.freeze(events.map((event) => Object.freeze(event))),
    cursor,
    missed,
  });
}

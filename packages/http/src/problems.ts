import { OffstageError, type OffstageErrorCode } from '@offstage/core';
import { encodeProblem } from '@offstage/core/wire';
import { type Answer, jsonAnswer } from './answer.ts';
import { Refusal } from './refusal.ts';

/** Takes an error that no client may see; gives the reference under which the server's log has it. */
export type ReportError = (error: unknown) => string;

interface Told {
  readonly status: number;
  /** How long to wait before the next try where the error itself does not say, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Stands for the error's own code, which a client has no use for. */
  readonly code?: OffstageErrorCode;
  /** Stands for the error's own message, which may say more than a client should read. */
  readonly title?: string;
}

/**
 * The status of each code that a client may cause or has to know. An error of any other code is an
 * error of the server, and tells nothing but a reference (J11, H5).
 */
const answers: Readonly<Partial<Record<OffstageErrorCode, Told>>> = {
  invalid_input: { status: 400 },
  invalid_option: { status: 400 },
  unauthorized: { status: 401 },
  // The application named no owner, so nobody is signed in.
  invalid_owner: { status: 401, code: 'unauthorized', title: 'Sign in to see your jobs.' },
  forbidden: { status: 403 },
  unknown_definition: { status: 404 },
  not_found: { status: 404 },
  conflict: { status: 409 },
  not_retriable: { status: 409 },
  idempotency_key_reused: { status: 422 },
  queue_full: { status: 429, retryAfterMs: 5000 },
  admission_paused: { status: 503, retryAfterMs: 5000 },
  manager_closed: { status: 503, retryAfterMs: 5000 },
  // Of a journal: an input that is more than it keeps, and a disk that takes nothing.
  too_large: { status: 413 },
  journal_full: {
    status: 503,
    retryAfterMs: 30_000,
    title: 'No jobs are taken just now: there is no room to keep them.',
  },
  journal_failed: {
    status: 503,
    title: 'Jobs can neither be started nor canceled just now: what keeps them has failed.',
  },
  // Of a Redis that is full, read-only or locked: what is kept in it can be read at best.
  redis_unsuitable: {
    status: 503,
    retryAfterMs: 30_000,
    code: 'unavailable',
    title: 'Jobs can neither be started nor canceled just now: what keeps them takes nothing.',
  },
  executor_failed: { status: 500, title: 'The job could not be started.' },
  unavailable: { status: 503, retryAfterMs: 5000, title: 'The jobs cannot be reached just now.' },
};

const unexpected: Told = { status: 500, title: 'The server failed to answer this request.' };

/** Any error as problem details (RFC 9457). What is the server's fault is reported. */
export function problemAnswer(error: unknown, report: ReportError): Answer {
  const { problem, headers } = describe(error, report);
  return jsonAnswer(problem, {
    status: problem.status,
    type: 'application/problem+json',
    headers,
  });
}

/** The same as the last event of a stream that cannot go on. */
export function problemText(error: unknown, report: ReportError): string {
  return JSON.stringify(describe(error, report).problem);
}

function describe(error: unknown, report: ReportError) {
  if (error instanceof Refusal) {
    return { problem: encodeProblem(error, error.status), headers: { ...error.headers } };
  }
  const coded = OffstageError.isInstance(error) ? error : undefined;
  const answer = (coded && answers[coded.code]) ?? unexpected;
  const { status, title, retryAfterMs } = answer;
  const reference = status >= 500 && title !== undefined ? report(error) : undefined;
  const told = new OffstageError(codeOf(coded, answer), title ?? coded?.message ?? '', {
    details: { retryAfterMs: coded?.details.retryAfterMs ?? retryAfterMs },
  });
  const problem = encodeProblem(told, status, reference);
  const headers: Record<string, string> = {};
  if (problem.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(problem.retryAfterMs / 1000));
  }
  return { problem, headers };
}

function codeOf(coded: OffstageError | undefined, answer: Told): OffstageErrorCode {
  if (answer === unexpected || coded === undefined) return 'unavailable';
  return answer.code ?? coded.code;
}

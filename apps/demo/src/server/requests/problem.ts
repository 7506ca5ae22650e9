import { OffstageError, PublicError } from '@offstage/core';
import { lackOf, lacks } from '../../change/public-errors.ts';

/** A refusal, worded for whoever asked: neither a path nor anybody's text is in it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  /** More that the answer holds, such as the files of an upload. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

export interface ProblemAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const known: Readonly<Record<string, { readonly status: number; readonly title: string }>> = {
  no_snapshot: { status: 409, title: 'Nothing is published yet. Add documents first.' },
  empty_query: { status: 400, title: 'Name at least one word to search for.' },
  not_found: { status: 404, title: 'There is no such version any more.' },
  locked: { status: 409, title: 'The documents are being changed. Wait until that has ended.' },
  fenced: { status: 409, title: 'The documents are being changed. Wait until that has ended.' },
  storage_full: { status: 507, title: 'The disk is full. Free some space and try again.' },
  storage_denied: { status: 500, title: 'The data folder cannot be written to.' },
  corrupt: { status: 500, title: 'The data folder is damaged. Restore it, or choose another one.' },
};

/**
 * Any error as problem details (RFC 9457). Only a `Problem` brings its own words; what else is known
 * gets words from here, and the rest a reference under which the server's log has the error (D10).
 */
export function problemAnswer(error: unknown, report: (error: unknown) => string): ProblemAnswer {
  if (error instanceof Problem) {
    const { status, code, message, more } = error;
    return { status, body: { title: message, status, code, ...more } };
  }
  const lacking = lackOf(error);
  if (lacking !== undefined) {
    report(error);
    return problemAnswer(lackProblem(lacking), report);
  }
  const code =
    PublicError.isInstance(error) || OffstageError.isInstance(error) ? error.code : 'unavailable';
  const told = known[code];
  const status = told?.status ?? 500;
  const reference = status >= 500 ? { reference: report(error) } : {};
  const title = told?.title ?? 'The server failed to answer this request.';
  return { status, body: { title, status, code: told ? code : 'unavailable', ...reference } };
}

/** The system refuses what every request needs: another open file, say. It passes. */
export const lackProblem = (code: keyof typeof lacks): Problem =>
  new Problem(
    503,
    code,
    `This computer has ${lacks[code]} just now (${code}). Try again in a moment.`,
    { retryAfter: 5 },
  );

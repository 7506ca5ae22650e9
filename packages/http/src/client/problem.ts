import { OffstageError } from '@offstage/core';
import { retryAfterMs } from '@offstage/core/observe';
import { decodeProblem } from '@offstage/core/wire';
import { isOfType } from './content-type.ts';
import { refusalOf } from './refusal-of.ts';

/** What an answer means that is not the one asked for. Loaded with the first of them. */
export function errorOf(response: Response, answer: unknown, nowMs: number): OffstageError {
  const { status, headers } = response;
  const told = problemOf(answer);
  const refusal = refusalOf(response);
  const waitMs = readRetryAfter(headers, nowMs);
  return new OffstageError(
    refusal ?? told?.code ?? (isPassing(status) ? 'unavailable' : 'invalid_response'),
    told?.message ?? textOf(response, refusal),
    { details: { ...(waitMs > 0 && { retryAfterMs: waitMs }), ...told?.details, status } },
  );
}

/** A later try may be answered: a proxy's time-out and "too early" as well as its 502. */
const isPassing = (status: number): boolean =>
  status === 408 || status === 425 || (status >= 429 && status !== 501);

function textOf(response: Response, refusal: string | undefined): string {
  const { status } = response;
  if (refusal === 'forbidden') return `You may not do this (status ${status}).`;
  if (refusal !== undefined) {
    return status === 401
      ? 'Sign in to see your jobs (status 401).'
      : 'The jobs are elsewhere now, behind a sign-in perhaps.';
  }
  return isOfType(response, 'html')
    ? `A web page came instead of jobs (status ${status}): of a sign-in or a proxy, or from a wrong address.`
    : `The server answered with status ${status}, and not in the agreed form.`;
}

function problemOf(answer: unknown): OffstageError | undefined {
  try {
    return decodeProblem(answer);
  } catch {
    return undefined;
  }
}

/**
 * The `Retry-After` header in milliseconds, as seconds or as a date: 0 to an hour. A date counts from
 * the server's own, where it says so, since the two clocks may differ by any amount.
 */
export function readRetryAfter(headers: Headers, nowMs: number): number {
  const text = headers.get('retry-after') ?? '';
  const sentMs = Date.parse(headers.get('date') ?? '') || nowMs;
  return retryAfterMs({
    retryAfterMs: /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - sentMs,
  });
}

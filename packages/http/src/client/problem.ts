import { OffstageError } from '@offstage/core';
import { retryAfterMs } from '@offstage/core/observe';
import { decodeProblem } from '@offstage/core/wire';
import { refusalOf } from './refusal-of.ts';

/** What an answer means that is not the one asked for. Loaded with the first of them. */
export function errorOf(response: Response, answer: unknown, nowMs: number): OffstageError {
  const { status, headers } = response;
  const told = problemOf(answer);
  const refusal = refusalOf(response);
  const waitMs = readRetryAfter(headers, nowMs);
  return new OffstageError(
    refusal ?? told?.code ?? (status < 429 || status === 501 ? 'invalid_response' : 'unavailable'),
    told?.message ??
      (refusal === 'unauthorized' && status !== 401
        ? 'The jobs are elsewhere now, behind a sign-in perhaps.'
        : `The server answered with status ${status}, and not in the agreed form.`),
    { details: { ...(waitMs > 0 && { retryAfterMs: waitMs }), ...told?.details, status } },
  );
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

import { OffstageError, type OffstageErrorCode } from '@offstage/core';
import { retryAfterMs, toOffstageError } from '@offstage/core/observe';
import { decodeProblem } from '@offstage/core/wire';
import type { HttpPorts } from './http-job-client-options.ts';

/**
 * One request and its whole answer, within the timeout (H4).
 *
 * @throws OffstageError the server's own; `unauthorized`, `forbidden`; `unavailable` when there is no
 * answer in time, or a server or proxy says that it cannot; `invalid_response` for what is no JSON.
 */
export function requestJson(
  { send, clock, timeoutMs, versions, pending }: HttpPorts,
  method: string,
  path: string,
  content?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    // Rejects by itself: a fetch of the application's own may not know signals.
    const timer = clock.schedule(timeoutMs, () => {
      reject(new OffstageError('unavailable', `There was no answer within ${timeoutMs} ms.`));
      controller.abort();
    });
    const ask = async (): Promise<unknown> => {
      const { signal } = controller;
      const response = await send(path, 'application/json', {
        method,
        signal,
        ...(headers !== undefined && { headers }),
        ...(content !== undefined && { body: JSON.stringify(content) }),
      });
      const answer = await readJson(response);
      // Two are enough to know that something changed.
      if (versions.size < 2) versions.add(response.headers.get('offstage-version') ?? '');
      if (response.ok && answer !== undefined) return answer;
      throw errorOf(response, answer, clock.now());
    };
    const asking = ask();
    pending.add(asking);
    asking
      .then(resolve, (error: unknown) => reject(toOffstageError(error)))
      .finally(() => {
        timer.cancel();
        pending.delete(asking);
      });
  });
}

/** What was sent as JSON; `undefined` for anything else, whatever the status. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return isOfType(response, 'json') ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

export const isOfType = ({ headers }: Response, type: string): boolean =>
  (headers.get('content-type') ?? '').includes(type);

/** What an answer means that is not the one asked for. */
export function errorOf(response: Response, answer: unknown, nowMs: number): OffstageError {
  const { status, headers } = response;
  const told = problemOf(answer);
  // To a page where people sign in, as a rule; fetch hides where to, and a poll has nothing there (U3).
  const isMoved =
    response.type === 'opaqueredirect' || response.redirected || (status >= 300 && status < 400);
  const waitMs = readRetryAfter(headers, nowMs);
  return new OffstageError(
    (isMoved ? 'unauthorized' : refusals[status]) ??
      told?.code ??
      (status < 429 || status === 501 ? 'invalid_response' : 'unavailable'),
    told?.message ??
      (isMoved
        ? 'The jobs are elsewhere now, behind a sign-in perhaps.'
        : `The server answered with status ${status}, and not in the agreed form.`),
    { details: { ...(waitMs > 0 && { retryAfterMs: waitMs }), ...told?.details, status } },
  );
}

// Whatever the body says: observers stop at these (U3).
const refusals: Readonly<Record<number, OffstageErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
};

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

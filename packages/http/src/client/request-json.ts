import { OffstageError } from '@offstage/core';
import { toOffstageError } from '@offstage/core/observe';
import { isOfType } from './content-type.ts';
import type { HttpPorts } from './http-job-client-options.ts';
import { refusalOf } from './refusal-of.ts';

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
        // An empty one where there is nothing to say: a body of JSON is what servers and proxies expect.
        ...(method === 'POST' && { body: JSON.stringify(content ?? {}) }),
      });
      const answer = await readJson(response);
      // Two are enough to know that something changed.
      if (versions.size < 2) versions.add(response.headers.get('offstage-version') ?? '');
      if (response.ok && answer !== undefined) return answer;
      throw await import('./problem.ts').then(
        ({ errorOf }) => errorOf(response, answer, clock.now()),
        // Whoever cannot be asked for the file is hardly more than away.
        () =>
          new OffstageError(refusalOf(response) ?? 'unavailable', `Status ${response.status}.`, {
            details: { status: response.status },
          }),
      );
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

import {
  type JobClient,
  OffstageError,
  type TerminalJobView,
  type WaitOptions,
} from '@offstage/core';
import { JobObserver } from '@offstage/core/observe';
import type { HttpPorts } from './http-job-client-options.ts';

/**
 * Resolves to the job's terminal view (J17). It reads the job as an observer does, so many waits and
 * observers share one request or one stream. While the server cannot be reached it goes on trying.
 *
 * @throws OffstageError `not_found`, `wait_timeout`, `invalid_option`, and what else the server says;
 * the signal's reason.
 */
export async function waitForEnd(
  client: JobClient,
  id: string,
  { signal, timeoutMs = Infinity }: WaitOptions,
  { clock, pollIntervalMs }: HttpPorts,
): Promise<TerminalJobView> {
  signal?.throwIfAborted();
  if (!(timeoutMs >= 0)) {
    throw new OffstageError('invalid_option', 'timeoutMs must be 0 or more milliseconds.');
  }
  let end = (): void => undefined;
  return new Promise<TerminalJobView>((resolve, reject) => {
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    // It holds the process meanwhile, also between two looks and without a limit of its own.
    const timer = clock.schedule(
      timeoutMs,
      () => reject(new OffstageError('wait_timeout', 'The job has not ended in time. It goes on.')),
      { keepAlive: true },
    );
    const observer = new JobObserver(client, id, {
      pollInterval: pollIntervalMs,
      pollInBackground: true,
      maxEvents: 0,
      onSettled: resolve,
      onError: (error) => error.code === 'unavailable' || reject(error),
    });
    const stop = observer.subscribe(() => undefined);
    end = () => {
      timer.cancel();
      stop();
      signal?.removeEventListener('abort', onAbort);
    };
  }).finally(() => end());
}

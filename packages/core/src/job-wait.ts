import type { Clock, Timer } from './clock.ts';
import { OffstageError } from './errors.ts';
import type { Job } from './job.ts';
import type { WaitOptions } from './job-client.ts';
import { requireDuration } from './job-manager-options.ts';
import type { TerminalJobView } from './job-view.ts';

/**
 * Resolves to the job's terminal view (J17). Since waiting ends in the very step that makes the job
 * terminal, no job is released while it is waited for.
 *
 * @throws OffstageError `not_found`, `wait_timeout`, `invalid_option`; the signal's reason.
 */
export function waitForEnd(
  job: Job | undefined,
  options: WaitOptions,
  clock: Clock,
): Promise<TerminalJobView> {
  const { signal, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    if (timeoutMs !== undefined) requireDuration('timeoutMs', timeoutMs);
    if (job === undefined) throw new OffstageError('not_found', 'There is no such job.');
    signal?.throwIfAborted();
    const view = job.terminalView();
    if (view !== undefined) {
      resolve(view);
      return;
    }
    if (signal === undefined && timeoutMs === undefined) {
      job.addWaiter(resolve);
      return;
    }
    let timer: Timer | undefined;
    const leave = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      removeWaiter();
    };
    const onAbort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const removeWaiter = job.addWaiter((end) => {
      leave();
      resolve(end);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined && timeoutMs !== Infinity) {
      timer = clock.schedule(timeoutMs, () => {
        leave();
        reject(
          new OffstageError(
            'wait_timeout',
            `The job did not end within ${timeoutMs} ms; it goes on.`,
          ),
        );
      });
    }
  });
}

import type { Clock, Timer } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import { requireDuration, requireSignal } from '../foundation/invalid-option.ts';
import type { Job, JobWaiter } from './job.ts';
import type { WaitOptions } from './job-client.ts';
import type { TerminalJobView } from './job-view.ts';

/**
 * Resolves to the job's terminal view (J17). Since waiting ends in the very step that makes the job
 * terminal, no job is released while it is waited for.
 *
 * @throws OffstageError `not_found`, `wait_timeout`, `invalid_option`, `manager_closed` where another
 * process goes on with the job; the signal's reason.
 */
export function waitForEnd(
  job: Job | undefined,
  options: WaitOptions,
  clock: Clock,
): Promise<TerminalJobView> {
  const { signal, timeoutMs } = options;
  if (signal !== undefined || timeoutMs !== undefined) {
    return waitWithin(job, signal, timeoutMs ?? Infinity, clock);
  }
  return job === undefined ? Promise.reject(noSuchJob()) : job.ended();
}

const noSuchJob = (): OffstageError => new OffstageError('not_found', 'There is no such job.');

async function waitWithin(
  job: Job | undefined,
  signal: AbortSignal | undefined,
  timeoutMs: number,
  clock: Clock,
): Promise<TerminalJobView> {
  requireDuration('timeoutMs', timeoutMs);
  requireSignal(signal);
  signal?.throwIfAborted();
  if (job === undefined) throw noSuchJob();
  const view = job.terminalView();
  if (view !== undefined) return view;
  if (job.left !== undefined) throw job.left;
  let timer: Timer | undefined;
  let leave = (): void => {};
  try {
    return await new Promise<TerminalJobView>((resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason);
      const onEnd: JobWaiter = (end) =>
        OffstageError.isInstance(end) ? reject(end) : resolve(end);
      leave = () => {
        job.removeWaiter(onEnd);
        signal?.removeEventListener('abort', onAbort);
        timer?.cancel();
      };
      job.addWaiter(onEnd);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs === Infinity) return;
      const late = (): void => {
        const message = `The job did not end within ${timeoutMs} ms. It goes on.`;
        reject(new OffstageError('wait_timeout', message));
      };
      timer = clock.schedule(timeoutMs, late, { keepAlive: true });
    });
  } finally {
    leave();
  }
}

import type { JobManagerListener, ShutdownOptions } from '@offstage/core';
import { reading, requireDuration, requireOptions } from '@offstage/core/engine';
import { BullWorker } from './bull-worker.ts';
import { readWorkerOptions, type ServeBullJobsOptions } from './worker-options.ts';

/** A process' share of the work. */
export interface ServedBullJobs {
  /**
   * Resolves when jobs are taken, and also where it was shut down before. Where Redis is refused it rejects, and the
   * worker looks again until that is mended.
   *
   * @throws OffstageError `unavailable`, `redis_unsuitable`, `executor_failed`.
   */
  ready(): Promise<void>;
  /** Full errors of handlers, under the reference that observers see, and what else fails here. */
  on(event: 'error', listener: JobManagerListener<'error'>): () => void;
  /**
   * Takes no more jobs and asks those that run to stop. What obeys within `graceMs` goes back to the line
   * without spending an attempt; what does not begins its next attempt elsewhere after `lockMs`.
   */
  shutdown(options?: ShutdownOptions): Promise<void>;
}

/**
 * Runs the jobs of a queue in this process.
 *
 * @throws OffstageError `invalid_option`, `not_supported`, naming the option; `invalid_definition`.
 * @example
 * const served = serveBullJobs({
 *   connection: { url: 'redis://127.0.0.1:6379' }, queueName: 'documents', definitions: [ingest],
 *   executor: new WorkerExecutor({ entry: new URL('./ingest.worker.js', import.meta.url), threads: 2 }),
 * });
 * await served.ready();
 */
export function serveBullJobs(options: ServeBullJobsOptions): ServedBullJobs {
  const worker = new BullWorker(readWorkerOptions(options));
  const started = worker.start();
  let ending: Promise<void> | undefined;
  // Whoever does not wait for it hears of it all the same.
  started.catch((error) => {
    if (ending === undefined) worker.reportStart(error);
  });
  return {
    ready: () => started,
    on: (event, listener) => worker.events.on(event, listener),
    async shutdown(options = {}) {
      requireOptions(options);
      const graceMs = reading('options', () => options.graceMs ?? 5000);
      requireDuration('graceMs', graceMs);
      ending ??= worker.shutdown(graceMs);
      return ending;
    },
  };
}

import type { JobsOptions, WorkerOptions } from 'bullmq';
import type { JobRecord } from '../records/job-record.ts';

/** The highest priority is BullMQ's lowest number, and 0 there goes before all numbers. */
export const bullPriority = (priority: number): number => 1_000_001 - priority;

/** Ours are released by time and number; what BullMQ shows of those that ended is bounded by itself, and said by workers. */
export const bullKeeps = 1000;

/**
 * What BullMQ keeps as the options of a job: as few as it needs, since Redis keeps a hash whose values have at most 64
 * bytes in a form that is several times as fast.
 */
export const bullOptionsOf = (
  { priority }: Pick<JobRecord, 'priority'>,
  maxAttempts: number,
): JobsOptions => ({
  priority: bullPriority(priority),
  attempts: maxAttempts,
  // How BullMQ tells from its own failures, in the delays of retries, that we say how long.
  ...(maxAttempts > 1 ? { backoff: { type: 'offstage' } } : {}),
});

interface WorkerSettings {
  readonly prefix: string;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly rate: { readonly max: number; readonly perMs: number } | undefined;
}

/** How a worker of BullMQ's takes our jobs. */
export const workerOptionsOf = ({
  prefix,
  concurrency,
  lockMs,
  rate,
}: WorkerSettings): Omit<WorkerOptions, 'connection'> => ({
  prefix,
  concurrency,
  lockDuration: lockMs,
  // A look may come just too early and be left out: two of them are within one `lockMs`.
  stalledInterval: Math.ceil(lockMs / 2),
  // How often a job may lose its process is a matter of its attempts.
  maxStalledCount: 1_000_000,
  removeOnComplete: { count: bullKeeps },
  removeOnFail: { count: bullKeeps },
  ...(rate === undefined ? {} : { limiter: { max: rate.max, duration: rate.perMs } }),
  autorun: true,
});

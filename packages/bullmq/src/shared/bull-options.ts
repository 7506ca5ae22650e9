import type { JobsOptions } from 'bullmq';
import type { JobRecord } from '../records/job-record.ts';

/** The highest priority is BullMQ's lowest number, and 0 there goes before all numbers. */
export const bullPriority = (priority: number): number => 1_000_001 - priority;

/** Ours are released by time and number; what BullMQ shows of them is bounded by itself. */
export const bullKeeps = 1000;

/** What BullMQ is told of a job. */
export const bullOptionsOf = (
  job: Pick<JobRecord, 'id' | 'priority'>,
  maxAttempts: number,
  delay: number,
): JobsOptions => ({
  jobId: job.id,
  priority: bullPriority(job.priority),
  delay,
  attempts: maxAttempts,
  // How BullMQ tells from its own failures, in the delays of retries, that we say how long.
  backoff: { type: 'offstage' },
  removeOnComplete: { count: bullKeeps },
  removeOnFail: { count: bullKeeps },
});

/** The text that BullMQ keeps of them, of a job that may run at once. */
export const bullOptions = (job: JobRecord): string =>
  JSON.stringify(bullOptionsOf(job, job.state.maxAttempts, 0));

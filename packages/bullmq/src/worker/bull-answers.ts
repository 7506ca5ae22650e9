import type { JobState } from '@offstage/core/engine';
import { DelayedError, ErrorCode, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { redisError } from '../redis/redis-errors.ts';

/** How BullMQ is told why a job has not succeeded, which boards show; `undefined` of one that has. */
export function bullReason(state: JobState): string | undefined {
  switch (state.status) {
    case 'succeeded':
      return undefined;
    case 'canceled':
      return 'canceled';
    case 'failed':
      return `${state.failure.code}: ${state.failure.message}`;
    default:
      return `${state.lastFailure?.code}: ${state.lastFailure?.message}`;
  }
}

/** An attempt failed, and another one follows: BullMQ waits for it as long as it is told. */
class AttemptFailed extends Error {
  override readonly name = 'AttemptFailed';
}

export const failedForGood = (reason: string): Error =>
  withoutStack(new UnrecoverableError(reason));

export const failedForNow = (reason: string): Error => withoutStack(new AttemptFailed(reason));

/** It tells BullMQ what becomes of a job, and is no failure of ours. */
export const isMeant = (error: unknown): boolean =>
  [AttemptFailed, UnrecoverableError, DelayedError, WaitingError].some(
    (Kind) => error instanceof Kind,
  );

/** BullMQ reads delays off the clock of the worker that looks, so they are told by this one's. */
export async function putOff(job: Job, forMs: number, token: string | undefined): Promise<never> {
  await coded(job.moveToDelayed(Date.now() + Math.ceil(forMs), token));
  throw new DelayedError();
}

/** What Redis refuses may pass, and is told by a code of ours; what BullMQ answers does not. */
export async function coded<T>(done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw isOfBull(error) ? error : redisError(error);
  }
}

export async function putBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}

const isOfBull = (error: unknown): boolean => typeof Object(error).code === 'number';

const lost: readonly unknown[] = [
  ErrorCode.JobLockNotExist,
  ErrorCode.JobLockMismatch,
  ErrorCode.JobNotExist,
];

/**
 * Whether an attempt may go on is a matter of its record, not of BullMQ's lock, nor of whether BullMQ still has the job. BullMQ tells a lock that it could not renew
 * by its text alone.
 */
export const isLockLost = (error: unknown): boolean =>
  lost.includes(Object(error).code) || /could not renew lock/i.test(String(error));

// BullMQ keeps it, and boards show it: it would be of this file, for each attempt.
function withoutStack(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

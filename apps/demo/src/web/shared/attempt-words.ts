import type { JobView } from '@offstage/core';
import { formatElapsed } from './format.ts';

/** What of a job its words about attempts are made of. */
export type Attempted = Pick<
  JobView,
  'status' | 'attempt' | 'maxAttempts' | 'availableAt' | 'lastFailure'
>;

const ordinals = 'First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth'.split(' ');

/** 'Second attempt'; 'Attempt 11'. */
const attemptName = (attempt: number): string => {
  const ordinal = ordinals[attempt - 1];
  return ordinal === undefined ? `Attempt ${attempt}` : `${ordinal} attempt`;
};

/** It failed, and waits for its next attempt. */
export const isRetrying = ({ status, lastFailure }: Pick<Attempted, 'status' | 'lastFailure'>) =>
  status === 'queued' && lastFailure != null;

/**
 * Which attempt it is and when the next one begins: 'Second attempt, again in 12 s'. Empty for a job in its
 * first attempt that waits for no time.
 *
 * @param now Milliseconds since the Unix epoch.
 */
export function attemptText(job: Attempted, now: number): string {
  const { status, attempt, availableAt, lastFailure } = job;
  const leftMs = status === 'queued' && availableAt !== null ? availableAt - now : 0;
  // Rounded up: a job that says "0 s" would have begun.
  const left = formatElapsed(Math.ceil(leftMs / 1000) * 1000);
  if (lastFailure == null) return leftMs > 0 ? `Begins in ${left}` : '';
  if (status === 'queued') {
    return `${attemptName(attempt)}, again ${leftMs > 0 ? `in ${left}` : 'in a moment'}`;
  }
  if (status !== 'running') return '';
  const name = attemptName(attempt);
  return isInterruption(job) ? `${name}, going on after an interruption` : name;
}

/** Why there is another attempt; empty where there is none. */
export function attemptNote(job: Attempted): string {
  const { status, lastFailure, attempt, maxAttempts } = job;
  if (lastFailure == null || (status !== 'queued' && status !== 'running')) return '';
  const left = maxAttempts - attempt;
  const last = left === 0 && maxAttempts > 1 ? ' It is the last one.' : '';
  const why = isInterruption(job)
    ? 'The server ended while it was at work.'
    : `The attempt before failed: ${lastFailure.message}`;
  return `${why}${last}`;
}

const isInterruption = ({ lastFailure }: Attempted): boolean => lastFailure?.code === 'interrupted';

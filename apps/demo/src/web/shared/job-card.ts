import type { JobView } from '@offstage/core';
import { formatDuration, formatElapsed } from './format.ts';
import { activeSentence, type Label, statusLabel } from './job-words.ts';

/** A job as its card shows it, at work or over. */
export interface JobCardView {
  readonly title: string;
  readonly badge: Label;
  /** What it does just now; empty once it is over. */
  readonly line: string;
  /** How long it waits, works, or took. */
  readonly time: string;
  /** What can be done with it. One that is under way is shown, and does nothing. */
  readonly action: {
    readonly kind: 'cancel' | 'done';
    readonly label: string;
    readonly isUnderWay: boolean;
  };
}

/** @param now Milliseconds since the Unix epoch. */
export function jobCard(job: JobView, isCanceling: boolean, now: number): JobCardView {
  const { status, result } = job;
  const badge = statusLabel(status, isCanceling, result);
  const began = job.startedAt ?? job.createdAt;
  if (status === 'queued' || status === 'running') {
    return {
      title: 'A new version',
      badge,
      line: activeSentence(job, isCanceling),
      time: `${status === 'queued' ? 'Waiting for' : 'At work for'} ${formatElapsed(now - began)}`,
      action: {
        kind: 'cancel',
        label: isCanceling ? 'Canceling' : 'Cancel',
        isUnderWay: isCanceling,
      },
    };
  }
  return {
    title: 'Last change',
    badge,
    line: '',
    time: `Took ${formatDuration((job.endedAt ?? now) - began)}`,
    action: { kind: 'done', label: 'Done', isUnderWay: false },
  };
}

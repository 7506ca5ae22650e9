import type { JobView } from '@offstage/core';
import { fileProgressOf, type SlowFile } from '../../change/file-progress.ts';
import type { Action } from './action.ts';
import { attemptNote, attemptText } from './attempt-words.ts';
import { formatClock, formatDuration, formatElapsed, shortHash } from './format.ts';
import { activeSentence, type Label, outcomeOf, statusLabel } from './job-words.ts';

/** A job as its card shows it, at work or over. */
export interface JobCardView {
  readonly title: string;
  readonly badge: Label;
  /** What it does just now; empty once it is over. */
  readonly line: string;
  /** Which attempt it is, and when the next one begins; empty in the first one. */
  readonly attempt: string;
  /** Why there is another attempt. */
  readonly note: string;
  /** The file that takes long. */
  readonly slow: SlowFileView | undefined;
  /** How long it will take and how fast it goes; empty where that cannot be told. */
  readonly pace: string;
  /** How long it waits, works, or took. */
  readonly time: string;
  readonly actions: readonly Action[];
}

/** The name stands apart from the words: it is a stranger's. */
export interface SlowFileView {
  readonly name: string;
  readonly after: string;
}

/** A job in the list of all of them. */
export type JobRowView = Omit<JobCardView, 'title' | 'slow' | 'pace'> & {
  readonly id: string;
  /** Of its bar, to who cannot see the rest. */
  readonly label: string;
};

interface Shown {
  readonly isCanceling: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly cancel: () => unknown;
}

interface CardShown extends Shown {
  readonly putAway: () => void;
  /** Of the job while it runs. */
  readonly pace: string;
}

export function jobCard(
  job: JobView,
  { isCanceling, now, cancel, putAway, pace }: CardShown,
): JobCardView {
  const isActive = isAtWork(job);
  const files = isActive && !isCanceling ? fileProgressOf(job.progress?.message ?? '') : undefined;
  const done: Action = { key: 'done', label: 'Done', act: putAway };
  return {
    title: isActive ? 'A new version' : 'Last change',
    ...stateOf(job, isCanceling, now),
    slow: files?.slow == null ? undefined : slowView(files.slow),
    pace: job.status === 'running' && !isCanceling ? pace : '',
    time: timeOf(job, now),
    actions: [isActive ? cancelAction(isCanceling, cancel) : done],
  };
}

export function jobRow(
  job: JobView,
  { isCanceling, now, cancel, clear }: Shown & { readonly clear: () => unknown },
): JobRowView {
  const isActive = isAtWork(job);
  const { startedAt, endedAt, createdAt } = job;
  const took = startedAt !== null && endedAt !== null ? endedAt - beganAt(job) : undefined;
  const state = stateOf(job, isCanceling, now);
  const away: Action = { key: 'clear', label: 'Clear', act: () => void clear() };
  const id = shortHash(job.id);
  return {
    id,
    ...state,
    line: isActive ? state.line : (outcomeOf(job, undefined)?.title ?? ''),
    label: `Progress of change ${id}`,
    time: `Started ${formatClock(createdAt)}${took === undefined ? '' : `, took ${formatDuration(took)}`}`,
    actions: [isActive ? cancelAction(isCanceling, cancel) : away],
  };
}

const isAtWork = ({ status }: JobView): boolean => status === 'queued' || status === 'running';

/** Of all its attempts. */
const beganAt = ({ attempt, startedAt, createdAt }: JobView): number =>
  attempt > 1 ? createdAt : (startedAt ?? createdAt);

function stateOf(job: JobView, isCanceling: boolean, now: number) {
  return {
    badge: statusLabel(job, isCanceling),
    line: isAtWork(job) ? activeSentence(job, isCanceling) : '',
    attempt: isCanceling ? '' : attemptText(job, now),
    note: isCanceling ? '' : attemptNote(job),
  };
}

function timeOf(job: JobView, now: number): string {
  const began = beganAt(job);
  if (!isAtWork(job)) return `Took ${formatDuration((job.endedAt ?? now) - began)}`;
  const isWaiting = job.status === 'queued' && job.attempt === 1;
  return `${isWaiting ? 'Waiting for' : 'At work for'} ${formatElapsed(now - began)}`;
}

const cancelAction = (isCanceling: boolean, cancel: () => unknown): Action => ({
  key: 'cancel',
  label: isCanceling ? 'Canceling' : 'Cancel',
  isUnderWay: isCanceling,
  act: () => void cancel(),
});

const slowView = ({ name, seconds }: SlowFile): SlowFileView => ({
  name,
  after: ` takes long: ${formatElapsed(seconds * 1000)} so far`,
});

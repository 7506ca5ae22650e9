import type { StopReason } from '../foundation/errors.ts';
import { timeoutFailure } from './failure.ts';
import { isTerminal, type JobFailure, type JobStatus, type ProgressEvent } from './job-view.ts';

/*
 * The life of a job, whole (J1). Rows are what a job is, columns what happens to it; a dot leaves the
 * very same state, so that `after === before` tells that nothing happened.
 *
 *              started   stopRequested      progress,  returned    stopped      failed   abandoned
 *                        (first reason)     dropped
 *   queued     running   canceled (1)       .          .           .            .        canceled
 *   running    .         running            running    succeeded   canceled (2) failed   canceled
 *   succeeded  .         .                  .          .           .            .        .
 *   failed     .         .                  .          .           .            .        .
 *   canceled   .         .                  .          .           .            .        .
 *
 *   (1) A timeout counts from the start of running, so it leaves a queued job as it is.
 *   (2) `failed` with code `timeout` when a timeout was the first to ask it to stop (J6).
 *
 * A running job that was asked to stop is still running: what its handler does next decides, and a
 * result wins over the request, however late (J5).
 */

/** What happens to a job. Plain data: a journal can write it down and replay it. */
export type JobEvent =
  /** Its handler begins. */
  | { readonly type: 'started'; readonly at: number }
  | { readonly type: 'stopRequested'; readonly at: number; readonly reason: StopReason }
  | { readonly type: 'progress'; readonly event: ProgressEvent }
  /** `count` reports were malformed beyond repair. */
  | { readonly type: 'dropped'; readonly count: number }
  /** Its handler returned what the result schema accepts. */
  | { readonly type: 'returned'; readonly at: number; readonly result: unknown }
  /** Its handler ended because it was asked to, or by a JobCanceledError of its own. */
  | { readonly type: 'stopped'; readonly at: number; readonly reference: string }
  | { readonly type: 'failed'; readonly at: number; readonly failure: JobFailure }
  /** A shutdown no longer waits for its handler (J14). */
  | { readonly type: 'abandoned'; readonly at: number };

export type JobEventType = JobEvent['type'];

interface StateBase {
  readonly attempt: number;
  /** The first reason for which it was asked to stop. */
  readonly stopReason: StopReason | null;
  /** The newest progress (P4). */
  readonly progress: ProgressEvent | null;
  readonly droppedReports: number;
  /** Milliseconds since the Unix epoch, as are `startedAt` and `endedAt`. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** `result` and `failure` come with their status, in one step (J10). */
export type JobState = StateBase &
  (
    | {
        readonly status: 'queued' | 'running' | 'canceled';
        readonly result: undefined;
        readonly failure: undefined;
      }
    | { readonly status: 'succeeded'; readonly result: unknown; readonly failure: undefined }
    | { readonly status: 'failed'; readonly result: undefined; readonly failure: JobFailure }
  );

/** What may follow each status; everything else is refused. */
export const nextStatuses: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['running', 'canceled'],
  running: ['succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
};

/** The state of a job that was admitted at `createdAt`. */
export function queuedState(createdAt: number): JobState {
  return {
    status: 'queued',
    attempt: 1,
    stopReason: null,
    progress: null,
    droppedReports: 0,
    createdAt,
    startedAt: null,
    endedAt: null,
    result: undefined,
    failure: undefined,
  };
}

/** The state after `event`; the same object when the event changes nothing. */
export function transition(state: JobState, event: JobEvent): JobState {
  if (isTerminal(state.status)) return state;
  return state.status === 'queued' ? whileQueued(state, event) : whileRunning(state, event);
}

function whileQueued(state: JobState, event: JobEvent): JobState {
  switch (event.type) {
    case 'started':
      return {
        ...state,
        status: 'running',
        startedAt: event.at,
        result: undefined,
        failure: undefined,
      };
    case 'stopRequested':
      return event.reason === 'timeout' ? state : canceled(state, event.at, event.reason);
    case 'abandoned':
      return canceled(state, event.at, 'shutdown');
    default:
      return state;
  }
}

function whileRunning(state: JobState, event: JobEvent): JobState {
  switch (event.type) {
    case 'stopRequested':
      return state.stopReason === null ? { ...state, stopReason: event.reason } : state;
    case 'progress':
      // A number that does not grow is an echo of what is already known.
      if (state.progress !== null && event.event.seq <= state.progress.seq) return state;
      return { ...state, progress: event.event };
    case 'dropped':
      if (event.count <= 0) return state;
      return { ...state, droppedReports: state.droppedReports + event.count };
    case 'returned':
      return {
        ...state,
        status: 'succeeded',
        endedAt: event.at,
        result: event.result,
        failure: undefined,
      };
    case 'stopped':
      return state.stopReason === 'timeout'
        ? failed(state, event.at, timeoutFailure(event.reference))
        : canceled(state, event.at, state.stopReason);
    case 'failed':
      return failed(state, event.at, event.failure);
    case 'abandoned':
      return canceled(state, event.at, state.stopReason ?? 'shutdown');
    default:
      return state;
  }
}

function canceled(state: JobState, endedAt: number, stopReason: StopReason | null): JobState {
  return {
    ...state,
    status: 'canceled',
    stopReason,
    endedAt,
    result: undefined,
    failure: undefined,
  };
}

function failed(state: JobState, endedAt: number, failure: JobFailure): JobState {
  return { ...state, status: 'failed', endedAt, result: undefined, failure };
}

import type { StopReason } from '../foundation/errors.ts';
import { timeoutFailure } from './failure.ts';
import { isTerminal, type JobFailure, type JobStatus, type ProgressEvent } from './job-view.ts';

/*
 * The life of a job, whole (J1). `transition` says what a job is after an event, and what has to
 * happen for it; the engine carries that out and decides nothing by itself. The table of every state
 * and every event stands in docs/specs/transition.md, printed by a test.
 *
 *   queued ──started──> running ──returned, stopped, failed──> terminal, perhaps discarding ──> at rest
 *     ^                    │
 *     └─────retrying───────┘          for another attempt, while one is left (A1)
 *
 * A running job that was asked to stop is still running: what its handler does next decides, and a
 * result wins over the request, however late (J5). One that a shutdown gave up is `canceled` while its
 * handler runs; the end of that handler, however it ends, then lets it go on to its discard (F5).
 */

/** What happens to a job. Plain data: a journal can write it down and replay it. */
export type JobEvent =
  /** It is there, and may begin at `availableAt`; at once where that is `null`. */
  | { readonly type: 'admitted'; readonly availableAt: number | null }
  /** The handler of an attempt begins. */
  | { readonly type: 'started'; readonly at: number }
  | { readonly type: 'stopRequested'; readonly at: number; readonly reason: StopReason }
  | { readonly type: 'progress'; readonly event: ProgressEvent }
  /** `count` reports were malformed beyond repair. */
  | { readonly type: 'dropped'; readonly count: number }
  /** An attempt failed in a way that another one may mend (A1). */
  | {
      readonly type: 'retrying';
      readonly at: number;
      readonly availableAt: number;
      readonly failure: JobFailure;
    }
  /** Its handler returned what the result schema accepts. */
  | { readonly type: 'returned'; readonly at: number; readonly result: unknown }
  /** Its handler ended because it was asked to, or by a JobCanceledError of its own. */
  | { readonly type: 'stopped'; readonly at: number; readonly reference: string }
  | { readonly type: 'failed'; readonly at: number; readonly failure: JobFailure }
  /** It stopped because this process ends, and another one goes on with the same attempt (K4). */
  | { readonly type: 'putBack' }
  /** The process that ran it is gone. */
  | { readonly type: 'interrupted'; readonly at: number; readonly failure: JobFailure }
  /** A shutdown no longer waits for its handler (J14). */
  | { readonly type: 'abandoned'; readonly at: number }
  /** Its discard has run. */
  | { readonly type: 'discarded' }
  /** It was consumed, or has expired (J12, J13). */
  | { readonly type: 'released' };

export type JobEventType = JobEvent['type'];

/** What has to happen. Plain data, and the same frozen object each time. */
export type JobAction =
  /** Into the line, or to wait for its time. */
  | { readonly type: 'schedule' }
  /** Out of wherever it waits. */
  | { readonly type: 'unschedule' }
  /** Hand it to the executor. */
  | { readonly type: 'run' }
  /** Ask its attempt to stop. */
  | { readonly type: 'stop' }
  /** Its attempt is over. */
  | { readonly type: 'freeSlot' }
  | { readonly type: 'discard' }
  /** It is at rest: nothing of the application's runs for it any more. */
  | { readonly type: 'releaseKey' }
  /** Nobody can find it any more. */
  | { readonly type: 'forget' }
  /** What a journal keeps, before what comes after it is carried out. */
  | { readonly type: 'write'; readonly entry: JournalEntryType }
  | { readonly type: 'tell'; readonly news: JobNewsType };

export type JournalEntryType =
  | 'admitted'
  | 'started'
  | 'progress'
  | 'stopRequested'
  | 'retrying'
  | 'ended'
  | 'discarded'
  | 'released';

export type JobNewsType =
  | 'changed'
  | 'started'
  | 'progress'
  | 'dropped'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'released';

interface StateBase {
  /** Which attempt runs, or is next. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Before that it does not begin; `null` where nothing but the line holds it up. */
  readonly availableAt: number | null;
  /** Why the attempt before this one failed. */
  readonly lastFailure: JobFailure | null;
  /** The first reason for which this attempt was asked to stop. */
  readonly stopReason: StopReason | null;
  /** The newest progress (P4). */
  readonly progress: ProgressEvent | null;
  readonly droppedReports: number;
  /** Milliseconds since the Unix epoch, as are `startedAt` and `endedAt`. */
  readonly createdAt: number;
  /** When the newest attempt began. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Its handler has a discard (J9). */
  readonly discards: boolean;
  /** From the start of its handler until what it returned is known to be good or bad. */
  readonly isHandling: boolean;
  /** Neither its handler nor its discard has anything left to do: it can be released (J12). */
  readonly atRest: boolean;
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

export interface Transition {
  /** The same object when the event changes nothing of it. */
  readonly state: JobState;
  /** In the order in which they have to happen; `noActions` when nothing happened. */
  readonly actions: readonly JobAction[];
}

/** What may follow each status; everything else is refused. */
export const nextStatuses: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['running', 'canceled'],
  running: ['queued', 'succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
};

/** The state of a job that is made at `createdAt`, before it is admitted. */
export function newJobState(createdAt: number, maxAttempts = 1, discards = false): JobState {
  return {
    status: 'queued',
    attempt: 1,
    maxAttempts,
    availableAt: null,
    lastFailure: null,
    stopReason: null,
    progress: null,
    droppedReports: 0,
    createdAt,
    startedAt: null,
    endedAt: null,
    discards,
    isHandling: false,
    atRest: false,
    result: undefined,
    failure: undefined,
  };
}

/** The state after `event`, and what has to happen. Pure; see the top of this file. */
export function transition(state: JobState, event: JobEvent): Transition {
  if (isTerminal(state.status)) return whileTerminal(state, event);
  return state.status === 'queued' ? whileQueued(state, event) : whileRunning(state, event);
}

function whileQueued(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'admitted':
      return {
        state: event.availableAt === null ? state : { ...state, availableAt: event.availableAt },
        actions: onAdmitted,
      };
    case 'started':
      return {
        state: {
          ...state,
          status: 'running',
          startedAt: event.at,
          availableAt: null,
          isHandling: true,
          result: undefined,
          failure: undefined,
        },
        actions: onStarted,
      };
    // A timeout counts from the start of running, so it leaves a queued job as it is.
    case 'stopRequested':
      return event.reason === 'timeout' ? same(state) : canceled(state, event.at, event.reason);
    case 'abandoned':
      return canceled(state, event.at, 'shutdown');
    default:
      return same(state);
  }
}

function whileRunning(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'stopRequested':
      return state.stopReason === null
        ? { state: { ...state, stopReason: event.reason }, actions: onStopRequested }
        : same(state);
    case 'progress':
      // A number that does not grow is an echo of what is already known.
      if (state.progress !== null && event.event.seq <= state.progress.seq) return same(state);
      return { state: { ...state, progress: event.event }, actions: onProgress };
    case 'dropped':
      if (event.count <= 0) return same(state);
      return {
        state: { ...state, droppedReports: state.droppedReports + event.count },
        actions: onDropped,
      };
    case 'retrying':
      return retried(state, event.at, event.availableAt, event.failure);
    case 'returned':
      return {
        state: {
          ...state,
          status: 'succeeded',
          endedAt: event.at,
          isHandling: false,
          atRest: true,
          result: event.result,
          failure: undefined,
        },
        actions: onSucceeded,
      };
    case 'stopped':
      return state.stopReason === 'timeout'
        ? failed(state, event.at, timeoutFailure(event.reference))
        : canceled(state, event.at, state.stopReason);
    case 'failed':
      return failed(state, event.at, event.failure);
    case 'putBack':
      return putBack(state);
    case 'interrupted':
      // A cancel is final, also where nobody was left to obey it (A2).
      return state.stopReason === 'canceled' || state.stopReason === 'replaced'
        ? canceled(state, event.at, state.stopReason)
        : retried({ ...state, stopReason: null }, event.at, event.at, event.failure);
    case 'abandoned':
      return {
        state: {
          ...state,
          status: 'canceled',
          stopReason: state.stopReason ?? 'shutdown',
          endedAt: event.at,
          result: undefined,
          failure: undefined,
        },
        actions: onAbandoned,
      };
    default:
      return same(state);
  }
}

function whileTerminal(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    // The handler of a job that was given up has ended after all; how does not matter.
    case 'retrying':
    case 'returned':
    case 'stopped':
    case 'failed':
    case 'interrupted':
      if (!state.isHandling) return same(state);
      return state.discards
        ? { state: { ...state, isHandling: false }, actions: onLateWithDiscard }
        : { state: { ...state, isHandling: false, atRest: true }, actions: onLate };
    case 'discarded':
      if (state.isHandling || state.atRest) return same(state);
      return { state: { ...state, atRest: true }, actions: onDiscarded };
    case 'released':
      return state.atRest ? { state, actions: onReleased } : same(state);
    default:
      return same(state);
  }
}

/** Back to the line while an attempt is left; after a cancel there is none (A2). */
function retried(
  state: JobState,
  at: number,
  availableAt: number,
  failure: JobFailure,
): Transition {
  const mayStop = state.stopReason === null || state.stopReason === 'timeout';
  if (!mayStop || state.attempt >= state.maxAttempts) return failed(state, at, failure);
  return {
    state: {
      ...state,
      status: 'queued',
      attempt: state.attempt + 1,
      availableAt,
      lastFailure: failure,
      stopReason: null,
      isHandling: false,
      result: undefined,
      failure: undefined,
    },
    actions: onRetrying,
  };
}

/** Queued again, without an attempt spent. */
function putBack(state: JobState): Transition {
  const next: JobState = {
    ...state,
    status: 'queued',
    stopReason: null,
    isHandling: false,
    result: undefined,
    failure: undefined,
  };
  return { state: next, actions: onPutBack };
}

function canceled(state: JobState, endedAt: number, stopReason: StopReason | null): Transition {
  return {
    state: {
      ...state,
      status: 'canceled',
      availableAt: null,
      stopReason,
      endedAt,
      isHandling: false,
      atRest: !state.discards,
      result: undefined,
      failure: undefined,
    },
    actions: state.discards ? onCanceledWithDiscard : onCanceled,
  };
}

function failed(state: JobState, endedAt: number, failure: JobFailure): Transition {
  return {
    state: {
      ...state,
      status: 'failed',
      endedAt,
      isHandling: false,
      atRest: !state.discards,
      result: undefined,
      failure,
    },
    actions: state.discards ? onFailedWithDiscard : onFailed,
  };
}

// The lists are made once, since an event of a busy job should allocate its state and no more.

const list = (...actions: readonly JobAction[]): readonly JobAction[] =>
  Object.freeze(actions.map((action) => Object.freeze(action)));
const write = (entry: JournalEntryType): JobAction => ({ type: 'write', entry });
const tell = (news: JobNewsType): JobAction => ({ type: 'tell', news });
const schedule: JobAction = { type: 'schedule' };
const unschedule: JobAction = { type: 'unschedule' };
const freeSlot: JobAction = { type: 'freeSlot' };
const releaseKey: JobAction = { type: 'releaseKey' };
const discard: JobAction = { type: 'discard' };

/** Nothing happened. */
export const noActions: readonly JobAction[] = list();

const same = (state: JobState): Transition => ({ state, actions: noActions });

const onAdmitted = list(write('admitted'), schedule, tell('changed'));
const onStarted = list(write('started'), tell('started'), { type: 'run' });
const onStopRequested = list(write('stopRequested'), tell('changed'), { type: 'stop' });
const onProgress = list(write('progress'), tell('progress'));
const onDropped = list(tell('dropped'));
const onRetrying = list(write('retrying'), freeSlot, schedule, tell('retrying'));
const onPutBack = list(write('retrying'), freeSlot, tell('changed'));
// At rest before anyone hears of it, so that who hears of it can take its key.
const onSucceeded = list(write('ended'), freeSlot, releaseKey, tell('succeeded'));
const onFailed = list(write('ended'), freeSlot, releaseKey, tell('failed'));
const onFailedWithDiscard = list(write('ended'), tell('failed'), discard);
const onCanceled = list(write('ended'), unschedule, freeSlot, releaseKey, tell('canceled'));
const onCanceledWithDiscard = list(write('ended'), unschedule, tell('canceled'), discard);
const onAbandoned = list(write('ended'), tell('canceled'));
const onLate = list(freeSlot, releaseKey);
const onLateWithDiscard = list(discard);
const onDiscarded = list(write('discarded'), freeSlot, releaseKey);
const onReleased = list(write('released'), { type: 'forget' }, tell('released'));

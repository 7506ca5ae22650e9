import type { StopReason } from '../foundation/errors.ts';
import { timeoutFailure } from './failure.ts';
import type { JobFailure, JobStatus, ProgressEvent } from './job-view.ts';

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
  /** An attempt failed in a way that another one may mend. */
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
  /** It stopped because this process ends, and another one goes on with the same attempt. */
  | { readonly type: 'putBack' }
  /** The process that ran it is gone. */
  | { readonly type: 'interrupted'; readonly at: number; readonly failure: JobFailure }
  /** A shutdown no longer waits for its handler. */
  | { readonly type: 'abandoned'; readonly at: number }
  /** Its discard has run. */
  | { readonly type: 'discarded' }
  /** It was consumed, or has expired. */
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
  /** The newest progress. */
  readonly progress: ProgressEvent | null;
  readonly droppedReports: number;
  /** Milliseconds since the Unix epoch, as are `startedAt` and `endedAt`. */
  readonly createdAt: number;
  /** When the newest attempt began. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Its handler has a discard. */
  readonly discards: boolean;
  /** From the start of its handler until what it returned is known to be good or bad. */
  readonly isHandling: boolean;
  /** Neither its handler nor its discard has anything left to do: it can be released. */
  readonly atRest: boolean;
}

/** `result` and `failure` come with their status, in one step. */
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

/** A state in the making. Whoever makes one sets `status`, `result` and `failure` together. */
type Draft = { -readonly [Field in keyof StateBase]: StateBase[Field] } & {
  status: JobStatus;
  result: unknown;
  failure: JobFailure | undefined;
};

// Field by field, in the order of `newJobState`: all states are of one shape, and this is several times
// as fast as a spread, which each step of each job would pay for.
const draftOf = (state: JobState): Draft => ({
  status: state.status,
  attempt: state.attempt,
  maxAttempts: state.maxAttempts,
  availableAt: state.availableAt,
  lastFailure: state.lastFailure,
  stopReason: state.stopReason,
  progress: state.progress,
  droppedReports: state.droppedReports,
  createdAt: state.createdAt,
  startedAt: state.startedAt,
  endedAt: state.endedAt,
  discards: state.discards,
  isHandling: state.isHandling,
  atRest: state.atRest,
  result: state.result,
  failure: state.failure,
});

// The times of one job are in order, though a clock is set back, or two machines have two.
const endOf = (state: JobState, at: number): number =>
  Math.max(at, state.startedAt ?? state.createdAt);

// What a draft holds together, the compiler does not know.
const becomes = (draft: Draft, actions: readonly JobAction[]): Transition => ({
  state: draft as JobState,
  actions,
});

/** The state after `event`, and what has to happen. Pure; see the top of this file. */
export function transition(state: JobState, event: JobEvent): Transition {
  switch (state.status) {
    case 'queued':
      return whileQueued(state, event);
    case 'running':
      return whileRunning(state, event);
    default:
      return whileTerminal(state, event);
  }
}

function whileQueued(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'admitted': {
      if (event.availableAt === null) return { state, actions: onAdmitted };
      const next = draftOf(state);
      next.availableAt = event.availableAt;
      return becomes(next, onAdmitted);
    }
    case 'started': {
      const next = draftOf(state);
      next.status = 'running';
      next.startedAt = Math.max(event.at, state.createdAt);
      next.availableAt = null;
      next.isHandling = true;
      return becomes(next, onStarted);
    }
    // A timeout counts from the start of running, so it leaves a queued job as it is.
    case 'stopRequested':
      return event.reason === 'timeout' ? same(state) : canceled(state, event.at, event.reason);
    case 'abandoned':
      return canceled(state, event.at, 'shutdown');
    default:
      return same(state);
  }
}

// Each event in a function of its own: V8 puts no function of more than 460 bytes of bytecode in its caller's
// place, and every end of a job comes through here.
function whileRunning(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'returned':
      return succeeded(state, event.at, event.result);
    case 'progress':
      return progressed(state, event.event);
    case 'dropped':
      return dropped(state, event.count);
    case 'stopRequested':
      return stopRequested(state, event.reason);
    case 'retrying':
      return retried(state, event.at, event.availableAt, event.failure);
    case 'stopped':
      return state.stopReason === 'timeout'
        ? failed(state, event.at, timeoutFailure(event.reference))
        : canceled(state, event.at, state.stopReason);
    case 'failed':
      return failed(state, event.at, event.failure);
    case 'putBack':
      return putBack(state);
    case 'interrupted':
      return interrupted(state, event.at, event.failure);
    case 'abandoned':
      return abandoned(state, event.at);
    default:
      return same(state);
  }
}

function whileTerminal(state: JobState, event: JobEvent): Transition {
  switch (event.type) {
    case 'released':
      return state.atRest ? { state, actions: onReleased } : same(state);
    case 'discarded': {
      if (state.isHandling || state.atRest) return same(state);
      const next = draftOf(state);
      next.atRest = true;
      return becomes(next, onDiscarded);
    }
    // The handler of a job that was given up has ended after all; how does not matter.
    case 'retrying':
    case 'returned':
    case 'stopped':
    case 'failed':
    case 'interrupted': {
      if (!state.isHandling) return same(state);
      const next = draftOf(state);
      next.isHandling = false;
      next.atRest = !state.discards;
      return becomes(next, state.discards ? onLateWithDiscard : onLate);
    }
    default:
      return same(state);
  }
}

function progressed(state: JobState, event: ProgressEvent): Transition {
  // A number that does not grow is an echo of what is already known.
  if (state.progress !== null && event.seq <= state.progress.seq) return same(state);
  const next = draftOf(state);
  next.progress = event;
  return becomes(next, onProgress);
}

function dropped(state: JobState, count: number): Transition {
  if (count <= 0) return same(state);
  const next = draftOf(state);
  next.droppedReports += count;
  return becomes(next, onDropped);
}

function stopRequested(state: JobState, reason: StopReason): Transition {
  if (state.stopReason !== null) return same(state);
  const next = draftOf(state);
  next.stopReason = reason;
  return becomes(next, onStopRequested);
}

function abandoned(state: JobState, at: number): Transition {
  const next = draftOf(state);
  next.status = 'canceled';
  next.stopReason = state.stopReason ?? 'shutdown';
  next.endedAt = endOf(state, at);
  return becomes(next, onAbandoned);
}

function succeeded(state: JobState, endedAt: number, result: unknown): Transition {
  const next = draftOf(state);
  next.status = 'succeeded';
  next.endedAt = endOf(state, endedAt);
  next.isHandling = false;
  next.atRest = true;
  next.result = result;
  return becomes(next, onSucceeded);
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
  const next = draftOf(state);
  next.status = 'queued';
  next.attempt += 1;
  next.availableAt = availableAt;
  next.lastFailure = failure;
  next.stopReason = null;
  next.isHandling = false;
  return becomes(next, onRetrying);
}

function interrupted(state: JobState, at: number, failure: JobFailure): Transition {
  // A cancel is final, also where nobody was left to obey it (A2).
  if (state.stopReason === 'canceled' || state.stopReason === 'replaced') {
    return canceled(state, at, state.stopReason);
  }
  return retried({ ...state, stopReason: null }, at, at, failure);
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
  const next = draftOf(state);
  next.status = 'canceled';
  next.availableAt = null;
  next.stopReason = stopReason;
  next.endedAt = endOf(state, endedAt);
  next.isHandling = false;
  next.atRest = !state.discards;
  return becomes(next, state.discards ? onCanceledWithDiscard : onCanceled);
}

function failed(state: JobState, endedAt: number, failure: JobFailure): Transition {
  const next = draftOf(state);
  next.status = 'failed';
  next.endedAt = endOf(state, endedAt);
  next.isHandling = false;
  next.atRest = !state.discards;
  next.failure = failure;
  return becomes(next, state.discards ? onFailedWithDiscard : onFailed);
}

// The lists are made once, since an event of a busy job should allocate its state and no more. They are
// not frozen themselves, as V8 goes through a frozen list four times as slowly.

const list = (...actions: readonly JobAction[]): readonly JobAction[] =>
  actions.map((action) => Object.freeze(action));
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

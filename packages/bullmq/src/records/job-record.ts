import type { JobView, RetryOptions } from '@offstage/core';
import { type JobState, ProgressRing, type RingRead, repairCursor } from '@offstage/core/engine';
import { type Reply, textOfReply } from '../redis/reply.ts';
import { decodeValue } from '../shared/value-codec.ts';

/** What a view is made of. */
export interface ViewRecord {
  readonly id: string;
  /** The owner's part of keys. */
  readonly owner: string;
  /** Whose it is, as the application says it, in JSON. */
  readonly ownerId: string;
  readonly name: string;
  readonly phases: readonly string[];
  readonly retryOf: string | null;
  readonly state: JobState;
  /** Grows with each change of the state. */
  readonly rev: string;
  /** Names the attempt that may change the job; empty while there was none. */
  readonly fence: string;
}

/** A job as Redis keeps it. */
export interface JobRecord extends ViewRecord {
  readonly priority: number;
  /** The key's part of keys. */
  readonly key: string;
  readonly retry: RetryOptions | undefined;
  readonly timeoutMs: number | undefined;
  /** How many events are kept. */
  readonly capacity: number;
  /** Its name has limits, or had when it was started. */
  readonly limited: boolean;
  /** What its handler gets, as Redis keeps it; only where it was asked for. */
  readonly input?: Reply | undefined;
  readonly saved?: Reply | undefined;
}

/** What is read of a job's state apart from the rest, as it changes alone. */
type StoredState = Omit<JobState, 'progress' | 'droppedReports' | 'result' | 'discards'>;

/** The text that `readRecord` reads again. */
export function storedState(state: JobState): string {
  const {
    progress: _,
    droppedReports: _dropped,
    result: _result,
    discards: _discards,
    ...rest
  } = state;
  return JSON.stringify(rest);
}

/** `discards`: whether the handler of it does, as far as is known. */
export function readView(
  id: string,
  values: readonly Reply[],
  discards: (name: string) => boolean,
): ViewRecord {
  // In the order of `viewFields`.
  const [owner, job, phases, retryOf, state, rev, fence, , , progress, dropped, result, ownerId] =
    values;
  const name = textOfReply(job);
  const stored: StoredState = JSON.parse(textOfReply(state) || '{}');
  return {
    id,
    owner: textOfReply(owner),
    ownerId: textOfReply(ownerId),
    name,
    phases: phasesOf(textOfReply(phases)),
    retryOf: textOfReply(retryOf) || null,
    state: {
      ...stored,
      progress: progress ? Object.freeze(JSON.parse(String(progress))) : null,
      droppedReports: Number(dropped ?? 0),
      discards: discards(name),
      result:
        stored.status === 'succeeded' && Buffer.isBuffer(result) ? decodeValue(result) : undefined,
      failure: stored.failure,
      // Status, result and failure were written together.
    } as JobState,
    rev: textOfReply(rev),
    fence: textOfReply(fence),
  };
}

/** `more`: in the order of `workFields`, and of `handlerFields`. */
export function readRecord(view: ViewRecord, more: readonly Reply[]): JobRecord {
  const [priority, key, retry, timeoutMs, capacity, limited, input, saved] = more;
  return {
    ...view,
    priority: Number(priority ?? 0),
    key: textOfReply(key),
    retry: textOfReply(retry) === '' ? undefined : JSON.parse(textOfReply(retry)),
    timeoutMs: textOfReply(timeoutMs) === '' ? undefined : Number(timeoutMs),
    capacity: Number(capacity ?? 100),
    limited: textOfReply(limited) === '1',
    input,
    saved,
  };
}

// Few, and the same for all jobs of a name.
let phasesRead = new Map<string, readonly string[]>();

function phasesOf(text: string): readonly string[] {
  const known = phasesRead.get(text);
  if (known !== undefined) return known;
  if (phasesRead.size > 1000) phasesRead = new Map();
  const phases: readonly string[] = Object.freeze(JSON.parse(text || '[]'));
  phasesRead.set(text, phases);
  return phases;
}

export function viewOf({ id, name, phases, retryOf, state }: ViewRecord): JobView {
  const view = {
    id,
    name,
    phases,
    status: state.status,
    attempt: state.attempt,
    maxAttempts: state.maxAttempts,
    availableAt: state.availableAt,
    lastFailure: state.lastFailure === null ? null : Object.freeze(state.lastFailure),
    retryOf,
    cancelRequested: state.stopReason !== null,
    progress: state.progress,
    droppedReports: state.droppedReports,
    createdAt: state.createdAt,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    result: state.result,
    failure: state.failure === undefined ? undefined : Object.freeze(state.failure),
  };
  // The state's type has held status, result and failure together; the compiler forgets it here.
  return Object.freeze(view) as JobView;
}

/** What of the newest events comes after a cursor (P3). */
export function readEvents(
  state: JobState,
  events: readonly Reply[],
  after: unknown,
  limit: unknown,
): RingRead {
  const newest = state.progress?.seq ?? 0;
  const from = repairCursor(after);
  if (events.length === 0) {
    return { events: Object.freeze([]), cursor: Math.min(from, newest), missed: 0 };
  }
  const ring = new ProgressRing(events.length);
  for (const event of events) ring.push(Object.freeze(JSON.parse(String(event))));
  return ring.read(from, readLimit(limit));
}

/** As a poll in one process repairs it. */
export function readLimit(limit: unknown): number {
  if (typeof limit !== 'number' || Number.isNaN(limit)) return 100;
  return limit > 0 ? Math.floor(limit) : 0;
}

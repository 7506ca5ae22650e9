import type { JobView, ProgressEvent, RetryOptions } from '@offstage/core';
import { type JobState, ProgressRing, type RingRead, repairCursor } from '@offstage/core/engine';
import type { Reply } from '../redis/redis-link.ts';
import { lookFields } from '../redis/scripts.ts';
import { decodeValue } from '../shared/value-codec.ts';

/** A job as Redis keeps it. */
export interface JobRecord {
  readonly id: string;
  /** The owner's part of keys. */
  readonly owner: string;
  readonly name: string;
  readonly phases: readonly string[];
  readonly retryOf: string | null;
  readonly state: JobState;
  /** Grows with each change of the state. */
  readonly rev: string;
  /** Names the attempt that may change the job; empty while there was none. */
  readonly fence: string;
  readonly priority: number;
  /** The key's part of keys. */
  readonly key: string;
  readonly retry: RetryOptions | undefined;
  readonly timeoutMs: number | undefined;
  /** How many events are kept. */
  readonly capacity: number;
}

type Field = (typeof lookFields)[number];

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
export function readRecord(
  id: string,
  values: readonly Reply[],
  discards: (name: string) => boolean,
): JobRecord {
  const field = (name: Field): string | undefined => {
    const value = values[lookFields.indexOf(name)];
    return value === null || value === undefined ? undefined : String(value);
  };
  const name = field('name') ?? '';
  const stored: StoredState = JSON.parse(field('state') ?? '{}');
  const result = values[lookFields.indexOf('result')];
  const progress: ProgressEvent | null = JSON.parse(field('progress') ?? 'null');
  const retry = field('retry') ?? '';
  const timeoutMs = field('timeoutMs') ?? '';
  const state = {
    ...stored,
    progress: progress === null ? null : Object.freeze(progress),
    droppedReports: Number(field('dropped') ?? 0),
    discards: discards(name),
    result:
      stored.status === 'succeeded' && Buffer.isBuffer(result) ? decodeValue(result) : undefined,
    failure: stored.failure,
    // Status, result and failure were written together.
  } as JobState;
  return {
    id,
    owner: field('owner') ?? '',
    name,
    phases: JSON.parse(field('phases') ?? '[]'),
    retryOf: field('retryOf') || null,
    state,
    rev: field('rev') ?? '',
    fence: field('fence') ?? '',
    priority: Number(field('priority') ?? 0),
    key: field('key') ?? '',
    retry: retry === '' ? undefined : JSON.parse(retry),
    timeoutMs: timeoutMs === '' ? undefined : Number(timeoutMs),
    capacity: Number(field('capacity') ?? 100),
  };
}

export function viewOf({ id, name, phases, retryOf, state }: JobRecord): JobView {
  const view = {
    id,
    name,
    phases: Object.freeze(phases),
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

import type { JobView, RetryOptions } from '@offstage/core';
import type { JobState } from '@offstage/core/engine';
import { type Reply, textOfReply } from '../redis/reply.ts';
import { decodeValue } from '../shared/value-codec.ts';

/** What never changes of a job. In Redis one text, which many jobs have in common. */
export interface JobSpec {
  /** Whose it is, as the application says it, in JSON. */
  readonly ownerId: string;
  readonly name: string;
  readonly phases: readonly string[];
  readonly priority: number;
  /** The exclusivity key's part of keys; empty without one. */
  readonly key: string;
  readonly retry?: RetryOptions | undefined;
  readonly timeoutMs?: number | undefined;
  /** How many events are kept. */
  readonly capacity: number;
  /** Its name has limits, or had when it was started. */
  readonly limited: boolean;
  /** Its input is kept when it is at rest. */
  readonly keeps: boolean;
  /** Milliseconds, or 'inf'. */
  readonly ttl: number | 'inf';
  readonly maxKept: number | 'inf';
  /** All of its events that a process may have shown before it came here have smaller numbers. */
  readonly seqBefore?: number | undefined;
}

/** A job as Redis keeps it. */
export interface JobRecord extends JobSpec {
  readonly id: string;
  /** The owner's part of keys. */
  readonly owner: string;
  readonly retryOf: string | null;
  readonly state: JobState;
  /** Names the change that made the state what it is. */
  readonly rev: string;
  /** Names the attempt that may change the job; empty while there was none. */
  readonly fence: string;
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

/** The text that `readRecord` reads again. */
export function storedSpec(spec: JobSpec): string {
  const { ownerId, name, phases, priority, key, retry, timeoutMs } = spec;
  const { capacity, limited, keeps, ttl, maxKept, seqBefore } = spec;
  const plan = { ownerId, name, phases, priority, key, retry, timeoutMs };
  return JSON.stringify({ ...plan, capacity, limited, keeps, ttl, maxKept, seqBefore });
}

/**
 * `values`: in the order of `viewFields`, and of `handlerFields` where they were asked for. `discards`: whether the handler of it
 * does, as far as is known.
 */
export function readRecord(
  id: string,
  values: readonly Reply[],
  discards: (name: string) => boolean,
): JobRecord {
  const [owner, specText, stateText, rev, fence, , , ...others] = values;
  const [progress, dropped, result, retryOf, input, saved] = others;
  const spec = specOf(textOfReply(specText));
  const stored: StoredState = JSON.parse(textOfReply(stateText) || '{}');
  return {
    ...spec,
    id,
    owner: textOfReply(owner),
    retryOf: textOfReply(retryOf) || null,
    state: {
      ...stored,
      progress: progress ? Object.freeze(JSON.parse(String(progress))) : null,
      droppedReports: Number(dropped ?? 0),
      discards: discards(spec.name),
      result:
        stored.status === 'succeeded' && Buffer.isBuffer(result) ? decodeValue(result) : undefined,
      failure: stored.failure,
      // Status, result and failure were written together.
    } as JobState,
    rev: textOfReply(rev),
    fence: textOfReply(fence),
    input,
    saved,
  };
}

let specsRead = new Map<string, JobSpec>();

function specOf(text: string): JobSpec {
  const known = specsRead.get(text);
  if (known !== undefined) return known;
  if (specsRead.size >= 1000) specsRead = new Map();
  const spec: JobSpec = JSON.parse(text);
  Object.freeze(spec.phases);
  specsRead.set(text, spec);
  return spec;
}

export function viewOf({ id, name, phases, retryOf, state }: JobRecord): JobView {
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

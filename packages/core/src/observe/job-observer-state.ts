import type { OffstageError } from '../foundation/errors.ts';
import {
  isTerminal,
  type JobFailure,
  type JobStatus,
  type JobView,
  type ProgressEvent,
} from '../jobs/job-view.ts';

/** What can be done to the job of a snapshot; the functions of one job stay the same. */
export interface JobActions {
  /**
   * Asks the job to stop. Resolves to whether it will be; never rejects: what went wrong is the
   * snapshot's `error`, and goes to `onError`.
   */
  readonly cancel: () => Promise<boolean>;
  /** Releases the job when it has ended. Never rejects, as `cancel`. What is shown stays. */
  readonly consume: () => Promise<boolean>;
  /** Looks at the job now, also while polling is paused, backing off or has stopped. */
  readonly refetch: () => Promise<void>;
}

/**
 * A watched job at one moment. The same object until something changed.
 */
export interface JobObserverState<Result = unknown, Phase extends string = string>
  extends JobActions {
  /** The newest view; `undefined` before the first look and when there is no such job. */
  readonly job: JobView<Result, Phase> | undefined;
  readonly status: JobStatus | undefined;
  /** 0 to 100, or `null` when unknown. */
  readonly percent: number | null;
  readonly phase: Phase | undefined;
  /** Empty when there is none. */
  readonly message: string;
  /** The newest events, oldest first; at most `maxEvents`. */
  readonly events: readonly ProgressEvent<Phase>[];
  /** How many events were dropped before this observer could read them. */
  readonly missed: number;
  readonly result: Result | undefined;
  readonly failure: JobFailure | undefined;
  /** Which attempt runs, or is next; 1 for the first, and before the first look. */
  readonly attempt: number;
  /** How many attempts it has in all. */
  readonly maxAttempts: number;
  /** When a delayed job or its next attempt may begin; `null` where it waits for no time. */
  readonly availableAt: number | null;
  /** Why the attempt before this one failed; `null` in the first. */
  readonly lastFailure: JobFailure | null;
  /** What went wrong while looking or asking; the last good state stays beside it. */
  readonly error: OffstageError | undefined;
  /** The first look is still to come. */
  readonly isPending: boolean;
  /**
   * There is no such job, or none any more: released, or of a server that has started anew. The last
   * look has been; `refetch` looks again.
   */
  readonly isLost: boolean;
  /** Queued or running. */
  readonly isActive: boolean;
  readonly isTerminal: boolean;
  /** A cancel is under way, from its click on, until the job ends. */
  readonly isCanceling: boolean;
  /** Not looking, because the page is hidden. */
  readonly isPaused: boolean;
  /** Failed looks in a row. */
  readonly failureCount: number;
}

/** What an observer keeps of one job; the snapshot is made from it. */
export interface WatchedJob<Result, Phase extends string> {
  readonly job: JobView<Result, Phase> | undefined;
  readonly events: readonly ProgressEvent<Phase>[];
  readonly missed: number;
  readonly error: OffstageError | undefined;
  readonly failureCount: number;
  /** There is an id, and looking is enabled. */
  readonly wanted: boolean;
  /** Looking ended for good without a terminal view: no such job, or no access. */
  readonly stopped: boolean;
  /** Of these, no such job. */
  readonly lost: boolean;
  /** This observer asked for a cancel, and the answer was not no. */
  readonly cancelAsked: boolean;
  readonly paused: boolean;
}

export function toObserverState<Result, Phase extends string>(
  watched: WatchedJob<Result, Phase>,
  { cancel, consume, refetch }: JobActions,
): JobObserverState<Result, Phase> {
  const { job, events, missed, error, failureCount } = watched;
  const isLooking = watched.wanted && !watched.stopped;
  const ended = job !== undefined && isTerminal(job.status);
  const isActive = job !== undefined && !ended;
  return Object.freeze({
    job,
    status: job?.status,
    percent: job?.progress?.percent ?? null,
    phase: job?.progress?.phase,
    message: job?.progress?.message ?? '',
    events,
    missed,
    result: job?.result,
    failure: job?.failure,
    attempt: job?.attempt ?? 1,
    maxAttempts: job?.maxAttempts ?? 1,
    availableAt: job?.availableAt ?? null,
    lastFailure: job?.lastFailure ?? null,
    error,
    isPending: job === undefined && isLooking,
    isLost: watched.lost,
    isActive,
    isTerminal: ended,
    isCanceling: isActive && (watched.cancelAsked || job.cancelRequested),
    isPaused: watched.paused && isLooking && !ended,
    failureCount,
    cancel,
    consume,
    refetch,
  });
}

/**
 * Whether two views of one job say the same. Views come fresh from the network with every poll, so
 * identity tells nothing; a terminal view never changes again, so its result need not be compared.
 */
export function isSameView(a: JobView, b: JobView): boolean {
  if (a === b) return true;
  if (a.id !== b.id || a.status !== b.status) return false;
  return isTerminal(a.status) || JSON.stringify(a) === JSON.stringify(b);
}

import type { AnyJobDefinition, PhaseOf, ResultOf } from './job-definition.ts';

export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';
export type TerminalStatus = 'succeeded' | 'failed' | 'canceled';

export const isTerminal = (status: JobStatus): status is TerminalStatus =>
  status === 'succeeded' || status === 'failed' || status === 'canceled';

declare const jobTypes: unique symbol;

/** A job's id: a plain string at run time that remembers the job's types for the compiler. */
export type JobId<Result = unknown, Phase extends string = string> = string & {
  readonly [jobTypes]?: { readonly result: Result; readonly phase: Phase };
};

/** One step of progress as an observer sees it. */
export interface ProgressEvent<Phase extends string = string> {
  /**
   * 1, 2, 3 … per job, without holes at the source: a hole tells that events were dropped. A kept job whose
   * process was killed goes on far above.
   */
  readonly seq: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly phase: Phase;
  /** 0 to 100, or `null` when unknown. */
  readonly percent: number | null;
  /** At most 200 characters without control characters; empty when there is none. */
  readonly message: string;
  /** Which attempt it tells of. */
  readonly attempt: number;
}

/** What of an error may be shown. The full error is in the server's log under `reference`. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly reference: string;
}

interface JobViewBase<Result, Phase extends string> {
  readonly id: JobId<Result, Phase>;
  readonly name: string;
  readonly phases: readonly Phase[];
  /** Which attempt runs, or is next; 1 for the first. */
  readonly attempt: number;
  /** How many attempts it has in all. */
  readonly maxAttempts: number;
  /** When a delayed job or its next attempt may begin; `null` where it waits for no time. */
  readonly availableAt: number | null;
  /** Why the attempt before this one failed; `null` in the first. */
  readonly lastFailure: JobFailure | null;
  /** The job that this one was started again for, by `client.retry`. */
  readonly retryOf: string | null;
  /** A stop was asked for, by a cancel, a timeout or a shutdown, and the job may still be running. */
  readonly cancelRequested: boolean;
  /** The newest progress, whatever the ring dropped. */
  readonly progress: ProgressEvent<Phase> | null;
  /** Reports that were malformed beyond repair and left out. */
  readonly droppedReports: number;
  /** Milliseconds since the Unix epoch, as are `startedAt` and `endedAt`. */
  readonly createdAt: number;
  /** When its newest attempt began. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface ActiveJobView<Result = unknown, Phase extends string = string>
  extends JobViewBase<Result, Phase> {
  readonly status: 'queued' | 'running';
  readonly result: undefined;
  readonly failure: undefined;
}

export interface SucceededJobView<Result = unknown, Phase extends string = string>
  extends JobViewBase<Result, Phase> {
  readonly status: 'succeeded';
  readonly result: Result;
  readonly failure: undefined;
}

export interface FailedJobView<Result = unknown, Phase extends string = string>
  extends JobViewBase<Result, Phase> {
  readonly status: 'failed';
  readonly result: undefined;
  readonly failure: JobFailure;
}

export interface CanceledJobView<Result = unknown, Phase extends string = string>
  extends JobViewBase<Result, Phase> {
  readonly status: 'canceled';
  readonly result: undefined;
  readonly failure: undefined;
}

/** A job at one moment: frozen, complete, and safe to hand to anyone who owns the job. */
export type JobView<Result = unknown, Phase extends string = string> =
  | ActiveJobView<Result, Phase>
  | TerminalJobView<Result, Phase>;

export type TerminalJobView<Result = unknown, Phase extends string = string> =
  | SucceededJobView<Result, Phase>
  | FailedJobView<Result, Phase>
  | CanceledJobView<Result, Phase>;

/** The view of a definition's jobs, with its own result and phases. */
export type JobViewOf<D extends AnyJobDefinition> = JobView<ResultOf<D>, PhaseOf<D>>;

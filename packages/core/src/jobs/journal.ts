import type { StopReason } from '../foundation/errors.ts';
import type { JobFailure, JobStatus, ProgressEvent, TerminalStatus } from './job-view.ts';
import type { ScheduleRecord } from './schedule-options.ts';

/** All of a job that it takes to go on with it in another process. Plain and structured-cloneable. */
export interface KeptJob {
  readonly id: string;
  readonly owner: string;
  /** The definition's. */
  readonly name: string;
  readonly input: unknown;
  readonly exclusivityKey?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** With a key: how it was asked for, to be compared with how it is asked for again. */
  readonly startedHow?: string | undefined;
  readonly priority: number;
  /** The job that this one does once more. */
  readonly retryOf?: string | undefined;
  /** Milliseconds since the Unix epoch, as are all moments here. */
  readonly createdAt: number;
  /** When a delayed job, or a job's next attempt, falls due. */
  readonly availableAt: number | null;
  /** What it was started with; without it the first attempt falls due at a moment of the wall clock, or at once. */
  readonly delayMs?: number | undefined;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly stopReason: StopReason | null;
  /** The newest that was written. */
  readonly progress: ProgressEvent | null;
  /** What `context.save` kept. */
  readonly saved?: unknown;
  readonly lastFailure?: JobFailure | undefined;
  readonly result?: unknown;
  readonly failure?: JobFailure | undefined;
  /** Its `discard` has run, or there is none to run. */
  readonly discarded: boolean;
}

/** A schedule as a journal keeps it. */
export type KeptSchedule = ScheduleRecord;

/** One change. Of a job that the journal does not have, all but `admitted` change nothing. */
export type JournalEntry =
  | { readonly type: 'admitted'; readonly job: KeptJob }
  | {
      readonly type: 'started';
      readonly id: string;
      readonly attempt: number;
      readonly at: number;
    }
  | { readonly type: 'progress'; readonly id: string; readonly event: ProgressEvent }
  | { readonly type: 'saved'; readonly id: string; readonly state: unknown }
  /** The first reason stays. */
  | {
      readonly type: 'stopRequested';
      readonly id: string;
      readonly at: number;
      readonly reason: StopReason;
    }
  /**
   * Back in line, for another attempt or because a graceful stop put it back. What asked the attempt
   * that is over to stop does not ask the next one.
   */
  | {
      readonly type: 'retrying';
      readonly id: string;
      readonly attempt: number;
      readonly availableAt: number | null;
      readonly lastFailure?: JobFailure | undefined;
    }
  /** `result` comes with `succeeded`, `failure` with `failed`. */
  | {
      readonly type: 'ended';
      readonly id: string;
      readonly at: number;
      readonly status: TerminalStatus;
      readonly result?: unknown;
      readonly failure?: JobFailure | undefined;
    }
  | { readonly type: 'discarded'; readonly id: string }
  | { readonly type: 'released'; readonly id: string }
  | {
      readonly type: 'schedule';
      readonly id: string;
      /** `undefined` removes it. */
      readonly schedule: KeptSchedule | undefined;
    };

/** What a journal had when it was opened. */
export interface KeptState {
  /** In the order in which they were admitted. */
  readonly jobs: readonly KeptJob[];
  readonly schedules: readonly KeptSchedule[];
}

export interface JournalHealth {
  /** Open, and the newest write that has ended was kept. */
  readonly writable: boolean;
  /** Why the newest write was not kept. */
  readonly error?: unknown;
}

/**
 * Where jobs are kept over the end of their process. One manager opens it, once. The journal suite
 * of `@offstage/core/testing` is the port's executable form.
 */
export interface JobJournal {
  /**
   * Locks the journal for this process, brings it to the newest format, and reads it.
   *
   * @throws OffstageError `locked` (`details` say who holds it, as far as known: `pid`, `host`, `since`),
   * `journal_newer`, `journal_damaged`, `journal_full` or `journal_failed`.
   */
  open(): Promise<KeptState>;
  /**
   * Resolves when the entries are durable: all of them, or after a crash or an error none. Values are
   * read before it returns. Writes become durable in the order of the calls; those that wait are one
   * group with one sync. One that is refused keeps no other from being kept.
   *
   * @throws OffstageError `not_serializable` or `too_large` (`details.field` names it), `journal_full`,
   * `journal_damaged` or `journal_failed`.
   */
  write(...entries: readonly JournalEntry[]): Promise<void>;
  health(): JournalHealth;
  /**
   * Ends after the writes that were begun, and lets another process open it. An `open` that waits for another
   * process waits no longer, and rejects. Idempotent.
   */
  close(): Promise<void>;
}

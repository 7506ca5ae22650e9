import type { JobStatus, OffstageErrorCode } from '@offstage/core';
import type { JournalEntry } from '@offstage/core/engine';

/** What the thread is started with. */
export interface JournalThreadOptions {
  /** Absolute. */
  readonly path: string;
  readonly maxKept: number;
  readonly lockTimeoutMs: number;
  readonly synchronous: 'full' | 'normal';
}

/** The changes that a write consists of, by the byte that stands for each. */
export const entryTypes = [
  'admitted',
  'started',
  'progress',
  'saved',
  'stopRequested',
  'retrying',
  'ended',
  'discarded',
  'released',
  'schedule',
] as const satisfies readonly JournalEntry['type'][];

/** By the byte that stands for each. */
export const statuses = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'canceled',
] as const satisfies readonly JobStatus[];

/** A job of the file. Values are in the arena that comes with it, in this order; 0 is none. */
export type JobColumns = readonly [
  /** What of a job never changes, apart from its id and its input. */
  head: number,
  input: number,
  saved: number,
  progress: number,
  lastFailure: number,
  /** The result or the failure, as the status says. */
  outcome: number,
  status: string,
  attempt: number,
  availableAt: number | null,
  startedAt: number | null,
  endedAt: number | null,
  stopReason: string | null,
  discarded: 0 | 1,
];

export type ToThread =
  | {
      readonly is: 'writes';
      readonly count: number;
      /** Of each write how many entries it has, and those: see `encodeEntry` and `readEntry`. */
      readonly bytes: Uint8Array;
    }
  | { readonly is: 'close' };

export type FromThread =
  | {
      readonly is: 'jobs';
      readonly jobs: readonly (readonly [id: string, columns: JobColumns])[];
      readonly bytes: Uint8Array;
    }
  | { readonly is: 'opened'; readonly schedules: readonly Uint8Array[] }
  | { readonly is: 'refused'; readonly error: PlainError }
  /** So many writes have ended, in order; all were kept but these. */
  | {
      readonly is: 'written';
      readonly count: number;
      /** So many messages had them. */
      readonly groups: number;
      readonly refused: readonly (readonly [index: number, error: PlainError])[];
    }
  | { readonly is: 'closed'; readonly error?: PlainError };

/** A coded error on its way between two threads. */
export interface PlainError {
  readonly code: OffstageErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause?: string;
}

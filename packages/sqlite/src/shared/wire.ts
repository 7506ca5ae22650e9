import type { JobStatus, OffstageErrorCode } from '@offstage/core';
import type { JournalEntry } from '@offstage/core/engine';

export interface JournalThreadOptions {
  /** Absolute. */
  readonly path: string;
  readonly maxKept: number;
  readonly lockTimeoutMs: number;
  readonly synchronous: 'full' | 'normal';
}

/** What the thread is started with. */
export interface JournalThreadData extends JournalThreadOptions {
  /**
   * One word of shared memory, for a thread that waits for messages. It is raised and notified after each, and
   * before one is made.
   */
  readonly posted: SharedArrayBuffer;
  /** One word, which is not 0 when nobody wants the journal any more: it need not be waited for. */
  readonly closing: SharedArrayBuffer;
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

/** Writes: of each how many entries it has, and those; see `encodeEntry` and `readEntry`. */
export type ToThread = Uint8Array | 'close';

export type FromThread =
  | {
      readonly is: 'jobs';
      readonly jobs: readonly (readonly [id: string, columns: JobColumns])[];
      readonly bytes: Uint8Array;
    }
  | { readonly is: 'opened'; readonly schedules: readonly Uint8Array[] }
  | { readonly is: 'refused'; readonly error: PlainError }
  /** So many writes have ended, in order, and all were kept; `answerSoon` of none. */
  | number
  /** So many have ended; all were kept but these. */
  | {
      readonly is: 'written';
      readonly count: number;
      readonly refused: readonly (readonly [index: number, error: PlainError])[];
    }
  | { readonly is: 'closed'; readonly error?: PlainError };

/** Says nothing yet: it wakes the main thread while the last look is taken at what it is then told of. */
export const answerSoon = 0;

/** A coded error on its way between two threads. */
export interface PlainError {
  readonly code: OffstageErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause?: string;
}

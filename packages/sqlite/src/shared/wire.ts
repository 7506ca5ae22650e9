import type { OffstageErrorCode } from '@offstage/core';

/** What the thread is started with. */
export interface JournalThreadOptions {
  /** Absolute. */
  readonly path: string;
  readonly maxKept: number;
  readonly lockTimeoutMs: number;
  readonly synchronous: 'full' | 'normal';
}

/**
 * One change of the file. Values are in the arena that comes with it, in the order of the fields that
 * have their lengths; 0 is none, as no value is empty.
 */
export type WireEntry =
  | readonly ['admitted', id: string, columns: JobColumns]
  | readonly ['started', id: string, attempt: number, at: number]
  | readonly ['progress', id: string, event: number]
  | readonly ['saved', id: string, state: number]
  | readonly ['stopRequested', id: string, reason: string]
  | readonly [
      'retrying',
      id: string,
      attempt: number,
      availableAt: number | null,
      lastFailure: number,
    ]
  | readonly ['ended', id: string, status: string, at: number, outcome: number]
  | readonly ['discarded', id: string]
  | readonly ['released', id: string]
  | readonly ['schedule', id: string, schedule: number];

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
      readonly entries: readonly WireEntry[];
      /** How many entries each write has. */
      readonly counts: readonly number[];
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

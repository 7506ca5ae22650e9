import type { JobEvent, JournalEntryType } from './job-state.ts';
import type { JournalEntry } from './journal.ts';

/** A change of a job that is decided, and is not carried out before its journal has it (K2). */
export interface PendingWrite {
  readonly type: JournalEntryType;
  readonly event: JobEvent;
  readonly entries: readonly JournalEntry[];
  /** What happened to the job meanwhile, to be looked at afterwards. */
  readonly deferred: JobEvent[];
  /** Resolves when it was carried out, or could not be kept for now. That of an admission may reject. */
  tried: Promise<void>;
}

import type { Job } from './job.ts';
import type { JobEvent, JobState, JournalEntryType } from './job-state.ts';
import type { JournalEntry, KeptJob, KeptSchedule } from './journal.ts';

/** What a start brings that its job does not need, and its journal does. */
export interface KeptStart {
  /** As the caller passed it: a later process parses it again. */
  readonly input: unknown;
  readonly idempotencyKey: string | undefined;
  /** With a key: its other options, as one text. */
  readonly how?: string | undefined;
  /** The schedule that started it, as it is from now on; kept together with the job (A9). */
  readonly schedule?: ((jobId: string) => KeptSchedule) | undefined;
}

export function admissionEntries(
  job: Job,
  availableAt: number | null,
  { input, idempotencyKey, how, schedule }: KeptStart,
): readonly JournalEntry[] {
  const { id, owner, name, exclusivityKey, priority, retryOf } = job;
  const due = job.delay?.due;
  const kept: KeptJob = {
    id,
    owner,
    name,
    input,
    ...(exclusivityKey !== undefined && { exclusivityKey }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(how !== undefined && { startedHow: how }),
    priority,
    ...(retryOf !== null && { retryOf }),
    createdAt: job.state.createdAt,
    availableAt,
    ...(due !== undefined && 'afterMs' in due && { delayMs: due.afterMs }),
    status: 'queued',
    attempt: 1,
    startedAt: null,
    endedAt: null,
    stopReason: null,
    progress: null,
    discarded: false,
  };
  if (schedule === undefined) return [{ type: 'admitted', job: kept }];
  const record = schedule(id);
  return [
    { type: 'admitted', job: kept },
    { type: 'schedule', id: record.id, schedule: record },
  ];
}

/**
 * The entries of a change that has to be durable before it is carried out. `progress` is what the
 * journal has not got of it yet.
 */
export function changeEntries(
  job: Job,
  type: JournalEntryType,
  event: JobEvent,
  next: JobState,
  isProgressDue: boolean,
): readonly JournalEntry[] {
  const { id } = job;
  const entries: JournalEntry[] = [];
  const { progress } = next;
  if (isProgressDue && progress !== null) entries.push({ type: 'progress', id, event: progress });
  if (type === 'started') {
    const at = next.startedAt ?? 0;
    entries.push({ type, id, attempt: next.attempt, at });
  } else if (type === 'retrying') {
    const { attempt, availableAt } = next;
    const lastFailure = 'failure' in event ? event.failure : undefined;
    entries.push({ type, id, attempt, availableAt, ...(lastFailure && { lastFailure }) });
  } else if (type === 'ended') {
    entries.push(ended(id, next));
    // A journal that keeps too many lets those go that have nothing left to do.
    if (next.status !== 'succeeded' && !next.discards && !job.isOrphan) {
      entries.push({ type: 'discarded', id });
    }
  } else if (type === 'discarded') {
    entries.push({ type, id });
  }
  return entries;
}

function ended(id: string, { status, endedAt, result, failure }: JobState): JournalEntry {
  const at = endedAt ?? 0;
  if (status === 'succeeded') return { type: 'ended', id, at, status, result };
  if (status === 'failed') return { type: 'ended', id, at, status, failure };
  return { type: 'ended', id, at, status: 'canceled' };
}

import type { JournalEntry, KeptJob, KeptSchedule } from './journal.ts';

/** What a journal keeps, by id. Jobs are in the order of their admission. */
export interface JournalContent {
  readonly jobs: Map<string, KeptJob>;
  readonly schedules: Map<string, KeptSchedule>;
}

export const emptyJournal = (): JournalContent => ({ jobs: new Map(), schedules: new Map() });

/** Carries out one entry. It says what each means, for all journals. */
export function replay({ jobs, schedules }: JournalContent, entry: JournalEntry): void {
  if (entry.type === 'schedule') {
    if (entry.schedule === undefined) schedules.delete(entry.id);
    else schedules.set(entry.id, entry.schedule);
  } else if (entry.type === 'admitted') {
    jobs.set(entry.job.id, entry.job);
  } else if (entry.type === 'released') {
    jobs.delete(entry.id);
  } else {
    const job = jobs.get(entry.id);
    if (job !== undefined) jobs.set(entry.id, changed(job, entry));
  }
}

type ChangeOfJob = Exclude<JournalEntry, { type: 'schedule' | 'admitted' | 'released' }>;

function changed(job: KeptJob, entry: ChangeOfJob): KeptJob {
  switch (entry.type) {
    case 'started':
      return {
        ...withoutOutcome(job),
        status: 'running',
        attempt: entry.attempt,
        startedAt: entry.at,
        availableAt: null,
      };
    case 'progress':
      return { ...job, progress: entry.event };
    case 'saved':
      return { ...job, saved: entry.state };
    case 'stopRequested':
      return { ...job, stopReason: job.stopReason ?? entry.reason };
    case 'retrying':
      return {
        ...withoutOutcome(job),
        status: 'queued',
        attempt: entry.attempt,
        availableAt: entry.availableAt,
        stopReason: null,
        ...(entry.lastFailure !== undefined && { lastFailure: entry.lastFailure }),
      };
    case 'ended':
      return {
        ...withoutOutcome(job),
        status: entry.status,
        endedAt: entry.at,
        availableAt: null,
        ...(entry.status === 'succeeded' && { result: entry.result }),
        ...(entry.status === 'failed' && { failure: entry.failure }),
      };
    case 'discarded':
      return { ...job, discarded: true };
  }
}

// What comes with a status goes with it (J10).
function withoutOutcome({ result: _result, failure: _failure, ...job }: KeptJob): KeptJob {
  return job;
}

/** Whether nothing is left to do for it, so that a journal that keeps too many may let it go. */
export const isDone = ({ status, discarded }: Pick<KeptJob, 'status' | 'discarded'>): boolean =>
  status === 'succeeded' || ((status === 'failed' || status === 'canceled') && discarded);

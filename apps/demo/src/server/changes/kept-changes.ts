import path from 'node:path';
import { isTerminal } from '@offstage/core';
import type { JobJournal, JournalEntry, KeptJob } from '@offstage/core/engine';
import { z } from 'zod';
import { change } from '../../change/change-job.ts';

const ids = z.array(z.string());
const keptInput = z.object({
  uploads: z.object({ session: z.string(), ids }),
  remove: ids.default([]),
  retry: ids.default([]),
});

/** A change that a former server admitted, and what its session asked for. */
export interface KeptChange {
  readonly jobId: string;
  readonly session: string;
  readonly since: number;
  readonly isActive: boolean;
  readonly asked: { readonly add: string[]; readonly remove: string[]; readonly retry: string[] };
  readonly idempotencyKey: string | undefined;
}

export interface KeptState {
  readonly changes: readonly KeptChange[];
  /** Uploads that a job may still ask for, whatever the job is called. */
  readonly taken: ReadonlySet<string>;
}

/**
 * The journal of a server's changes. What else its manager runs is begun anew by whoever needs it: a change
 * reads what was not read ahead. Of changes `onOpen` is told what there are before any of them goes on.
 */
export function keepChanges(
  journal: JobJournal,
  dataFolder: string,
  onOpen: (kept: KeptState) => void,
): JobJournal {
  const passing = new Set<string>();
  const isKept = (entry: JournalEntry): boolean => {
    if (entry.type === 'admitted' && entry.job.name !== change.name) {
      passing.add(entry.job.id);
      return false;
    }
    const id = entry.type === 'admitted' ? entry.job.id : entry.id;
    return entry.type === 'released' ? !passing.delete(id) : !passing.has(id);
  };
  return {
    async open() {
      const state = await journal.open();
      onOpen(keptStateOf(state.jobs));
      return { ...state, jobs: state.jobs.map((job) => inFolder(job, dataFolder)) };
    },
    async write(...entries) {
      const kept = entries.filter(isKept);
      if (kept.length > 0) await journal.write(...kept);
    },
    health: () => journal.health(),
    close: () => journal.close(),
  };
}

function keptStateOf(jobs: readonly KeptJob[]): KeptState {
  const taken = new Set<string>();
  const changes = jobs.flatMap((job): KeptChange[] => {
    const { data: input } = keptInput.safeParse(job.input);
    if (input === undefined) return [];
    const { uploads, remove, retry } = input;
    const isActive = !isTerminal(job.status);
    if (isActive) for (const id of uploads.ids) taken.add(id);
    if (job.name !== change.name) return [];
    const { id: jobId, owner: session, idempotencyKey, startedAt, createdAt } = job;
    const asked = { add: uploads.ids, remove, retry };
    return [{ jobId, session, since: startedAt ?? createdAt, isActive, asked, idempotencyKey }];
  });
  return { changes, taken };
}

/** The folder may have been moved while nobody was at work in it. */
function inFolder(job: KeptJob, dataFolder: string): KeptJob {
  const { input } = job;
  const isOurs = typeof input === 'object' && input !== null && 'dataFolder' in input;
  return isOurs ? { ...job, input: { ...input, dataFolder: path.resolve(dataFolder) } } : job;
}

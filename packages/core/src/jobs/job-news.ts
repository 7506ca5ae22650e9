import type { ChangeHints } from './change-hints.ts';
import type { Job } from './job.ts';
import type { ChangeKind } from './job-client.ts';
import type { JobNewsType } from './job-state.ts';
import type { ManagerEvents } from './manager-events.ts';

/** Tells whoever watches a job, its owner's jobs, or all of them, what has become of it (F7, J16). */
export function tellNews(
  job: Job,
  news: JobNewsType,
  { events, hints }: { readonly events: ManagerEvents; readonly hints: ChangeHints },
): void {
  const kind = news === 'progress' || news === 'dropped' ? 'progress' : 'change';
  if (kind === 'change') job.ownerJobs.changes += 1;
  if (job.isWatched) hint(job, kind, hints);
  if (events.hasListeners && news !== 'changed' && news !== 'dropped') emit(job, news, events);
}

// Apart, as is `emit`, so that what each job goes through is small.
function hint(job: Job, kind: ChangeKind, hints: ChangeHints): void {
  const { id, ownerJobs, watchers } = job;
  if (watchers !== undefined) hints.tell(watchers, id, kind);
  if (ownerJobs.watchers !== undefined) hints.tell(ownerJobs.watchers, id, kind);
}

function emit(
  job: Job,
  news: Exclude<JobNewsType, 'changed' | 'dropped'>,
  events: ManagerEvents,
): void {
  if (!events.has(news)) return;
  const { owner } = job;
  const { progress } = job.state;
  if (news === 'released') events.emit(news, { owner, id: job.id, name: job.name });
  else if (news !== 'progress') events.emit(news, { owner, job: job.view() });
  else if (progress !== null) events.emit(news, { owner, job: job.view(), event: progress });
}

import type { ChangeHints } from './change-hints.ts';
import type { Job } from './job.ts';
import type { JobNewsType } from './job-state.ts';
import type { ManagerEvents } from './manager-events.ts';

/** Tells whoever watches a job, its owner's jobs, or all of them, what has become of it (F7, J16). */
export function tellNews(
  job: Job,
  news: JobNewsType,
  { events, hints }: { readonly events: ManagerEvents; readonly hints: ChangeHints },
): void {
  const { ownerJobs } = job;
  const isProgress = news === 'progress' || news === 'dropped';
  const kind = isProgress ? 'progress' : 'change';
  if (!isProgress) ownerJobs.changes += 1;
  if (job.watchers !== undefined) hints.tell(job.watchers, job.id, kind);
  if (ownerJobs.watchers !== undefined) hints.tell(ownerJobs.watchers, job.id, kind);
  if (news !== 'changed' && news !== 'dropped' && events.has(news)) emit(job, news, events);
}

// Apart, so that what each job goes through is small.
function emit(
  job: Job,
  news: Exclude<JobNewsType, 'changed' | 'dropped'>,
  events: ManagerEvents,
): void {
  const { owner } = job;
  const { progress } = job.state;
  if (news === 'released') events.emit(news, { owner, id: job.id, name: job.name });
  else if (news !== 'progress') events.emit(news, { owner, job: job.view() });
  else if (progress !== null) events.emit(news, { owner, job: job.view(), event: progress });
}

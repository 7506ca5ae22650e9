export { getJobs, setJobs } from './context.ts';
export { activity, type JobListOptions, jobs, type ValueStore } from './job-list.ts';
export { type JobProgress, jobProgress } from './job-progress.ts';
export type { ObserverStore } from './observer-store.ts';
export type { Source } from './source.ts';
export { type StartJob, startJob } from './start-job.ts';

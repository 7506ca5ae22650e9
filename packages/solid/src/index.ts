export { JobsProvider, type JobsProviderProps, useJobClient } from './jobs-provider.ts';
export { type UseActivityOptions, type UseActivityResult, useActivity } from './use-activity.ts';
export { type UseJobProgressOptions, useJobProgress } from './use-job-progress.ts';
export { type UseJobsOptions, type UseJobsResult, useJobs } from './use-jobs.ts';
export type { MaybeAccessor } from './use-observer.ts';
export { type UseStartJobOptions, useStartJob } from './use-start-job.ts';

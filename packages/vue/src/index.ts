export { jobsPlugin, provideJobs, useJobClient } from './jobs-plugin.ts';
export { type UseActivityOptions, type UseActivityResult, useActivity } from './use-activity.ts';
export {
  type UseJobProgressOptions,
  type UseJobProgressResult,
  useJobProgress,
} from './use-job-progress.ts';
export { type UseJobsOptions, type UseJobsResult, useJobs } from './use-jobs.ts';
export type { StateRefs } from './use-observer.ts';
export { type UseStartJobOptions, type UseStartJobResult, useStartJob } from './use-start-job.ts';

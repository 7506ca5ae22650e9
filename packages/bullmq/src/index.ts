export type { Adoption, LeftJob } from './client/adoption.ts';
export {
  BullJobManager,
  type BullManagerHealth,
  type BullShutdownOptions,
} from './client/bull-job-manager.ts';
export type { BullLease } from './client/leases.ts';
export type { BullJobManagerOptions } from './client/manager-options.ts';
export type { BullConnection } from './redis/redis-link.ts';
export type { BullSchedules } from './schedules/bull-schedules.ts';
export { type ServedBullJobs, serveBullJobs } from './worker/serve-bull-jobs.ts';
export type { ServeBullJobsOptions } from './worker/worker-options.ts';

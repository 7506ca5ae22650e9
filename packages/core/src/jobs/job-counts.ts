import type { Job } from './job.ts';
import type { OwnerJobs } from './job-registry.ts';

/** How many jobs wait, and how many are not at rest: of all owners here, and of each with its jobs. */
export class JobCounts {
  queued = 0;
  active = 0;

  add(ownerJobs: OwnerJobs<Job>, active: number, queued: number): void {
    ownerJobs.active += active;
    ownerJobs.queued += queued;
    this.active += active;
    this.queued += queued;
  }

  get running(): number {
    return this.active - this.queued;
  }
}

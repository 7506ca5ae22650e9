import type { Due, DueMember } from './due.ts';

/**
 * What a job waits for before it joins the line. Apart from the job, as most wait for no time, and each
 * that is kept would pay for it.
 */
export class JobDelay<Job> implements DueMember {
  heapIndex = -1;
  dueAt: number;
  dueOrder = 0;
  dueByWall = false;
  readonly job: Job;
  readonly due: Due;

  /** `since`: from when it waits, by the monotonic clock. */
  constructor(job: Job, due: Due, since = 0) {
    this.job = job;
    this.due = due;
    this.dueAt = since;
  }
}

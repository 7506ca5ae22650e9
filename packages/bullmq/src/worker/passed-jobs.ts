import { OffstageError } from '@offstage/core';
import type { Job } from 'bullmq';
import type { JobRecord } from '../records/job-record.ts';
import type { BullQueue } from '../shared/bull-queue.ts';
import { putOff } from './bull-answers.ts';

// A job that this worker cannot run goes back for another one, and comes again: soon, as the other one may be about to
// take it, then ever later.
const firstPassMs = 10;
const longestPassMs = 1000;
const mostPassed = 10_000;

/** Jobs that went back for a worker with their handler, by how long until they may come again. */
export class PassedJobs {
  readonly #bull: BullQueue;
  readonly #report: (error: unknown, record: JobRecord) => void;
  readonly #passed = new Map<string, number>();
  /** Names that were told: many jobs of one wait for the same worker. */
  readonly #told = new Set<string>();

  constructor(bull: BullQueue, report: (error: unknown, record: JobRecord) => void) {
    this.#bull = bull;
    this.#report = report;
  }

  /** It waits for a worker that has its handler. */
  async pass(job: Job, token: string | undefined, record: JobRecord): Promise<never> {
    const passMs = this.#passed.get(record.id) ?? firstPassMs;
    if (this.#passed.size >= mostPassed) this.#passed.clear();
    this.#passed.set(record.id, Math.min(2 * passMs, longestPassMs));
    if (!this.#told.has(record.name)) {
      if (this.#told.size >= mostPassed) this.#told.clear();
      this.#told.add(record.name);
      const message = `This worker has no handler for job "${record.name}": it waits for one that has.`;
      const { name } = record;
      this.#report(new OffstageError('unknown_definition', message, { details: { name } }), record);
    }
    return putOff(job, passMs, token);
  }

  /** It has come to a worker that runs it. */
  forget(id: string): void {
    this.#passed.delete(id);
  }

  /** A worker has joined: what waits for a handler is offered at once, and soon again while it comes back here. */
  async offer(): Promise<void> {
    const ids = [...this.#passed.keys()];
    this.#passed.clear();
    for (const id of ids) {
      const job = await this.#bull.queue.getJob(id);
      // Between the two another worker may have taken it, or its time has come.
      if ((await job?.isDelayed()) === true) await job?.promote().catch(() => {});
    }
  }
}

import { Queue } from 'bullmq';
import type { JobRecord } from '../records/job-record.ts';
import type { JobStore } from '../records/job-store.ts';
import { textOfReply } from '../redis/reply.ts';
import { givenScript } from '../redis/scripts.ts';
import { bullOptionsOf } from './bull-options.ts';

const gatherMs = 50;
const whenever = '*';

/**
 * BullMQ's side of a queue. Its jobs have our ids and names, and no input: what they are about stands
 * in our records, which BullMQ's boards do not show.
 */
export class BullQueue {
  readonly queue: Queue;
  readonly #store: JobStore;
  /** Ids, each followed by since when it had to be given. */
  #given: string[] = [];

  constructor(store: JobStore, queueName: string, prefix: string) {
    this.#store = store;
    this.queue = new Queue(queueName, {
      prefix,
      connection: store.link.commands,
      skipVersionCheck: true,
    });
    this.queue.on('error', () => {
      // Of the connection, which tells its own.
    });
  }

  /** Gives BullMQ a job that may run from now on, or from its time on. Twice is once. */
  async add(
    job: Pick<JobRecord, 'id' | 'name' | 'priority' | 'limited'>,
    availableAt: number | null,
    maxAttempts: number,
    now: number,
    since?: string,
  ): Promise<void> {
    // Without limits it has to be given once, and there is nothing to tell apart.
    const pendingSince = since ?? (job.limited ? await this.#pendingSince(job.id) : whenever);
    await this.queue.add(
      job.name,
      {},
      {
        ...bullOptionsOf(job, maxAttempts),
        jobId: job.id,
        delay: availableAt === null ? 0 : Math.max(0, Math.ceil(availableAt - now)),
      },
    );
    this.#noLongerPending(job.id, pendingSince);
  }

  /** The same, of a job that is known by its id alone. */
  async addKnown(id: string, now: number): Promise<void> {
    // Before the look: what comes between the two is not known here.
    const [since, record] = await Promise.all([this.#pendingSince(id), this.#store.find(id)]);
    if (record?.state.status === 'queued') {
      const { availableAt, maxAttempts } = record.state;
      if (record.limited && (availableAt === null || availableAt <= now)) {
        const parked = await this.queue.getJob(id);
        if (parked !== undefined) {
          const state = await parked.getState();
          if (state === 'delayed') await parked.promote();
          // One that a worker holds right now goes on, or is looked for again.
          if (state !== 'active') this.#noLongerPending(id, since);
          return;
        }
      }
      await this.add(record, availableAt, maxAttempts, now, since);
    } else {
      this.#noLongerPending(id, since);
    }
  }

  /** Takes out what waits; what a worker holds stays until that has seen the end. */
  async remove(id: string): Promise<void> {
    try {
      await this.queue.remove(id);
    } catch {
      // A worker has it right now, and finds by the record that nothing is left to do.
    }
  }

  async close(): Promise<void> {
    this.#flush();
    await this.queue.close();
  }

  /** Empty where it is not among those that have to be given. */
  async #pendingSince(id: string): Promise<string> {
    const { link } = this.#store;
    return textOfReply(await link.call('ZSCORE', `${link.base}pending`, id));
  }

  // Many at a time, and nobody waits for it: one that stays is given to BullMQ again, which is nothing.
  #noLongerPending(id: string, since: string): void {
    if (since === '') return;
    this.#given.push(id, since);
    if (this.#given.length === 2) setTimeout(() => this.#flush(), gatherMs).unref();
  }

  #flush(): void {
    const given = this.#given;
    if (given.length === 0) return;
    this.#given = [];
    this.#store.link.run(givenScript, given).catch(() => {});
  }
}

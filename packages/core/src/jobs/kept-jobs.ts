import type { Job } from './job.ts';
import { roughBytes } from './rough-bytes.ts';

export interface KeptLimits {
  /** Jobs at rest of one owner. */
  readonly maxKeptPerOwner: number;
  /** About what results of jobs at rest may hold, of all owners together. */
  readonly maxKeptBytes: number;
}

interface Shelf {
  /** Those that were not looked at for longest first, each with about what its result holds. */
  readonly jobs: Map<Job, number>;
}

/**
 * Bounds what jobs at rest hold, beside the time that they are kept (J17). Over a bound those go
 * first that their owner has not looked at for longest. Bytes are taken from whoever brought them
 * before they are taken from others.
 *
 * The newest job always stays, or nobody could read a result that is larger than the bound; and so do
 * jobs that are watched, since who watches a job looks at it all the time.
 */
export class KeptJobs {
  readonly #limits: KeptLimits;
  readonly #release: (job: Job) => void;
  readonly #shelves = new Map<string, Shelf>();
  #bytes = 0;

  /** `release` must take the job out with `remove`. */
  constructor(limits: KeptLimits, release: (job: Job) => void) {
    this.#limits = limits;
    this.#release = release;
  }

  /** The job has come to rest. */
  add(job: Job): void {
    const { maxKeptPerOwner, maxKeptBytes } = this.#limits;
    if (maxKeptPerOwner === Infinity && maxKeptBytes === Infinity) return;
    const { owner } = job.ownerJobs;
    let shelf = this.#shelves.get(owner);
    if (shelf === undefined) {
      shelf = { jobs: new Map() };
      this.#shelves.set(owner, shelf);
    }
    const bytes = maxKeptBytes === Infinity ? 0 : roughBytes(job.state.result);
    shelf.jobs.set(job, bytes);
    this.#bytes += bytes;
    if (shelf.jobs.size > maxKeptPerOwner) {
      this.#trim(shelf, job, () => shelf.jobs.size > maxKeptPerOwner);
    }
    if (this.#bytes <= maxKeptBytes) return;
    const isOver = (): boolean => this.#bytes > maxKeptBytes;
    this.#trim(shelf, job, isOver);
    for (const other of this.#shelves.values()) {
      if (!isOver()) return;
      this.#trim(other, job, isOver);
    }
  }

  /** Its owner looks at it; it may be active still. */
  look(job: Job): void {
    const jobs = this.#shelves.get(job.ownerJobs.owner)?.jobs;
    const bytes = jobs?.get(job);
    if (jobs === undefined || bytes === undefined) return;
    jobs.delete(job);
    jobs.set(job, bytes);
  }

  remove(job: Job): void {
    const { owner } = job.ownerJobs;
    const jobs = this.#shelves.get(owner)?.jobs;
    const bytes = jobs?.get(job);
    if (jobs === undefined || bytes === undefined) return;
    jobs.delete(job);
    this.#bytes -= bytes;
    if (jobs.size === 0) this.#shelves.delete(owner);
  }

  #trim({ jobs }: Shelf, newest: Job, isOver: () => boolean): void {
    for (const job of jobs.keys()) {
      if (!isOver()) return;
      // Nothing is added meanwhile, so those that are passed over come by once.
      if (job !== newest && job.watchers === undefined) this.#release(job);
    }
  }
}

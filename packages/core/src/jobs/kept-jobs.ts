import type { Job } from './job.ts';
import type { OwnerJobs } from './job-registry.ts';
import { roughBytes } from './rough-bytes.ts';

export interface KeptLimits {
  /** Jobs at rest of one owner. */
  readonly maxKeptPerOwner: number;
  /** About what results and kept inputs of jobs at rest may hold, of all owners together. */
  readonly maxKeptBytes: number;
}

/**
 * Bounds what jobs at rest hold, beside the time that they are kept (J17). Over a bound those go
 * first that their owner has not looked at for longest. Bytes are taken from whoever brought them
 * before they are taken from others.
 *
 * The newest job always stays, or nobody could read a result that is larger than the bound; and so do
 * jobs that are watched, since who watches a job looks at it all the time.
 *
 * An owner's jobs are linked through themselves, from the longest unseen to the one seen last.
 */
export class KeptJobs {
  readonly #limits: KeptLimits;
  readonly #owners: () => Iterable<OwnerJobs<Job>>;
  readonly #release: (job: Job) => void;
  #bytes = 0;

  /** `release` must take the job out with `remove`. */
  constructor(
    limits: KeptLimits,
    owners: () => Iterable<OwnerJobs<Job>>,
    release: (job: Job) => void,
  ) {
    this.#limits = limits;
    this.#owners = owners;
    this.#release = release;
  }

  /** The job has come to rest. */
  add(job: Job): void {
    const { maxKeptPerOwner, maxKeptBytes } = this.#limits;
    if (maxKeptPerOwner === Infinity && maxKeptBytes === Infinity) return;
    const { ownerJobs } = job;
    job.keptBytes = maxKeptBytes === Infinity ? 0 : bytesOf(job);
    this.#bytes += job.keptBytes;
    append(job, ownerJobs);
    if (ownerJobs.kept > maxKeptPerOwner) this.#trimOwner(ownerJobs, job);
    if (this.#bytes > maxKeptBytes) this.#trimAll(ownerJobs, job);
  }

  /** Its owner looks at it; it may be active still. */
  look(job: Job): void {
    if (job.keptBytes === notKept || job.keptAfter === undefined) return;
    unlink(job, job.ownerJobs);
    append(job, job.ownerJobs);
  }

  remove(job: Job): void {
    if (job.keptBytes === notKept) return;
    unlink(job, job.ownerJobs);
    this.#bytes -= job.keptBytes;
    job.keptBytes = notKept;
  }

  // Apart from `add`, which would make what these capture for each job.

  #trimOwner(ownerJobs: OwnerJobs<Job>, newest: Job): void {
    const { maxKeptPerOwner } = this.#limits;
    this.#trim(ownerJobs, newest, () => ownerJobs.kept > maxKeptPerOwner);
  }

  #trimAll(first: OwnerJobs<Job>, newest: Job): void {
    const isOver = (): boolean => this.#bytes > this.#limits.maxKeptBytes;
    this.#trim(first, newest, isOver);
    for (const other of this.#owners()) {
      if (!isOver()) return;
      this.#trim(other, newest, isOver);
    }
  }

  #trim(ownerJobs: OwnerJobs<Job>, newest: Job, isOver: () => boolean): void {
    let job = ownerJobs.firstKept;
    while (job !== undefined && isOver()) {
      let next = job.keptAfter;
      if (job !== newest && job.watchers === undefined) this.#release(job);
      // Who was told of it may have consumed the next one meanwhile.
      if (next?.keptBytes === notKept) next = ownerJobs.firstKept;
      job = next;
    }
  }
}

/** The bytes of a job that is on no list. */
const notKept = -1;

// Its input, where that was kept to be run again.
const bytesOf = (job: Job): number =>
  Math.ceil(roughBytes(job.state.result) + (job.isRetriable ? roughBytes(job.input) : 0));

function append(job: Job, ownerJobs: OwnerJobs<Job>): void {
  const last = ownerJobs.lastKept;
  job.keptBefore = last;
  job.keptAfter = undefined;
  if (last === undefined) ownerJobs.firstKept = job;
  else last.keptAfter = job;
  ownerJobs.lastKept = job;
  ownerJobs.kept += 1;
}

function unlink(job: Job, ownerJobs: OwnerJobs<Job>): void {
  const { keptBefore, keptAfter } = job;
  if (keptBefore === undefined) ownerJobs.firstKept = keptAfter;
  else keptBefore.keptAfter = keptAfter;
  if (keptAfter === undefined) ownerJobs.lastKept = keptBefore;
  else keptAfter.keptBefore = keptBefore;
  job.keptBefore = undefined;
  job.keptAfter = undefined;
  ownerJobs.kept -= 1;
}

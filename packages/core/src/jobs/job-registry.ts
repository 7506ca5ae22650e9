import { randomId } from '../foundation/random-id.ts';
import type { ChangeKind } from './job-client.ts';
import { JobsById, type JobWithId } from './jobs-by-id.ts';

/** A hint that something changed; see `JobClient.watch`. */
export interface Watcher {
  readonly onChange: (changedId: string, kind: ChangeKind) => void;
}

/** What one owner has. Jobs are looked up here and nowhere else, so no id leads to another's (J4). */
export interface OwnerJobs<Job extends JobWithId<Job>> {
  readonly owner: string;
  /** In the order of their start. */
  readonly jobs: JobsById<Job>;
  queued: number;
  /** Jobs that are not at rest; the queued ones among them. */
  active: number;
  watchers: Set<Watcher> | undefined;
  /** Jobs at rest that are counted, and the ends of their list. */
  kept: number;
  firstKept: Job | undefined;
  lastKept: Job | undefined;
  /** Changes of its jobs so far, progress apart. */
  changes: number;
  /** Unlike that of any other entry of its registry. */
  readonly entry: number;
}

/** All jobs, by owner; an owner without jobs and watchers leaves nothing behind (J18). */
export class JobRegistry<Job extends JobWithId<Job> & { readonly atRest: boolean }> {
  /** Unlike that of any other registry; its entries only count on, since an entry may last for one job. */
  readonly #life = randomId();
  #entries = 0;
  /** Also of the entry that was forgotten last. */
  readonly #byOwner = new Map<string, OwnerJobs<Job>>();
  /**
   * Of who has one job at a time the entry comes and goes with each, and to take it out of the map and put
   * the next one in is the dearest part of that. So the one forgotten last keeps its place until another is.
   */
  #forgotten: OwnerJobs<Job> | undefined;
  /** That one ended with its last job, so that nobody holds on to it, and the next job may have it. */
  #isSpare = false;
  /** The entry that was asked for last, which is asked for again several times in the life of a job. */
  #last: OwnerJobs<Job> | undefined;

  find(owner: string, id: string): Job | undefined {
    return this.ownerJobs(owner)?.jobs.get(id);
  }

  ownerJobs(owner: string): OwnerJobs<Job> | undefined {
    if (this.#last?.owner !== owner) this.#last = this.#byOwner.get(owner);
    return this.#last === this.#forgotten ? undefined : this.#last;
  }

  openOwner(owner: string): OwnerJobs<Job> {
    let ownerJobs = this.ownerJobs(owner);
    if (ownerJobs === undefined && this.#forgotten?.owner === owner) {
      if (this.#isSpare) ownerJobs = this.#forgotten;
      this.#forgotten = undefined;
    }
    if (ownerJobs === undefined) {
      this.#entries += 1;
      ownerJobs = {
        owner,
        jobs: new JobsById(),
        queued: 0,
        active: 0,
        watchers: undefined,
        kept: 0,
        firstKept: undefined,
        lastKept: undefined,
        changes: 0,
        entry: this.#entries,
      };
      this.#byOwner.set(owner, ownerJobs);
      this.#last = ownerJobs;
    }
    return ownerJobs;
  }

  /** Another text after every change of the owner's jobs, progress apart (F7). */
  version(owner: string): string | undefined {
    const ownerJobs = this.ownerJobs(owner);
    return ownerJobs && `${this.#life}.${ownerJobs.entry}.${ownerJobs.changes}`;
  }

  /** How many owners have an entry. */
  get size(): number {
    return this.#byOwner.size - (this.#forgotten === undefined ? 0 : 1);
  }

  /** Takes a job out, and the entry with it if nothing else is in it. */
  remove(ownerJobs: OwnerJobs<Job>, job: Job): void {
    const hadIt = ownerJobs.jobs.delete(job);
    this.closeOwner(ownerJobs);
    if (this.#forgotten === ownerJobs) this.#isSpare = hadIt;
  }

  /**
   * Forgets the entry if nothing is in it. Whoever holds on to an entry that was forgotten before closes
   * that one alone: its owner may have another by now (F3).
   */
  closeOwner(ownerJobs: OwnerJobs<Job>): void {
    // One that is active and not among the jobs is being admitted.
    if (ownerJobs.jobs.size > 0 || ownerJobs.active > 0 || ownerJobs.watchers !== undefined) return;
    if (this.ownerJobs(ownerJobs.owner) === ownerJobs) this.#forget(ownerJobs);
  }

  #forget(ownerJobs: OwnerJobs<Job>): void {
    // It is of another owner, and not the one that was looked up last: that is this one.
    if (this.#forgotten !== undefined) this.#byOwner.delete(this.#forgotten.owner);
    this.#forgotten = ownerJobs;
    this.#isSpare = false;
  }

  *owners(): Generator<OwnerJobs<Job>> {
    for (const ownerJobs of this.#byOwner.values()) {
      if (ownerJobs !== this.#forgotten) yield ownerJobs;
    }
  }

  /** The jobs that are not at rest. */
  *active(): Generator<Job> {
    for (const ownerJobs of this.owners()) {
      if (ownerJobs.active === 0) continue;
      for (const job of ownerJobs.jobs.values()) if (!job.atRest) yield job;
    }
  }
}

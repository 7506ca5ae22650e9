import { randomId } from '../foundation/random-id.ts';
import type { ChangeKind } from './job-client.ts';

/** A hint that something changed; see `JobClient.watch`. */
export interface Watcher {
  readonly onChange: (changedId: string, kind: ChangeKind) => void;
}

/** What one owner has. Jobs are looked up here and nowhere else, so no id leads to another's (J4). */
export interface OwnerJobs<Job> {
  readonly owner: string;
  /** In the order of their start. */
  readonly jobs: Map<string, Job>;
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
export class JobRegistry<Job extends { readonly atRest: boolean }> {
  /** Unlike that of any other registry; its entries only count on, since an entry may last for one job. */
  readonly #life = randomId();
  #entries = 0;
  readonly #byOwner = new Map<string, OwnerJobs<Job> | undefined>();
  /**
   * The owner that was forgotten last keeps its place in the map, and that alone: to take a key out and in
   * again is the dearest part of a start and a consume of who has one job at a time.
   */
  #forgotten: string | undefined;

  find(owner: string, id: string): Job | undefined {
    return this.#byOwner.get(owner)?.jobs.get(id);
  }

  ownerJobs(owner: string): OwnerJobs<Job> | undefined {
    return this.#byOwner.get(owner);
  }

  openOwner(owner: string): OwnerJobs<Job> {
    let ownerJobs = this.#byOwner.get(owner);
    if (ownerJobs === undefined) {
      this.#entries += 1;
      ownerJobs = {
        owner,
        jobs: new Map(),
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
      if (this.#forgotten === owner) this.#forgotten = undefined;
    }
    return ownerJobs;
  }

  /** Another text after every change of the owner's jobs, progress apart (F7). */
  version(owner: string): string | undefined {
    const ownerJobs = this.#byOwner.get(owner);
    return ownerJobs && `${this.#life}.${ownerJobs.entry}.${ownerJobs.changes}`;
  }

  /** How many owners have an entry. */
  get size(): number {
    return this.#byOwner.size - (this.#forgotten === undefined ? 0 : 1);
  }

  /** Takes a job out, and the entry with it if nothing else is in it. */
  remove(ownerJobs: OwnerJobs<Job>, id: string): void {
    const { jobs, watchers, owner, active } = ownerJobs;
    // One that is active and not among them is being admitted.
    const isLast = jobs.size === 1 && active === 0 && watchers === undefined && jobs.has(id);
    // A map that is emptied is made anew, which is not worth it where it goes with its entry.
    if (isLast && this.#byOwner.get(owner) === ownerJobs) {
      this.#forget(owner);
    } else {
      jobs.delete(id);
      this.closeOwner(ownerJobs);
    }
  }

  /**
   * Forgets the entry if nothing is in it. Whoever holds on to an entry that was forgotten before closes
   * that one alone: its owner may have another by now (F3).
   */
  closeOwner(ownerJobs: OwnerJobs<Job>): void {
    if (ownerJobs.jobs.size > 0 || ownerJobs.active > 0 || ownerJobs.watchers !== undefined) return;
    if (this.#byOwner.get(ownerJobs.owner) === ownerJobs) this.#forget(ownerJobs.owner);
  }

  #forget(owner: string): void {
    const before = this.#forgotten;
    if (before !== undefined) this.#byOwner.delete(before);
    this.#byOwner.set(owner, undefined);
    this.#forgotten = owner;
  }

  *owners(): Generator<OwnerJobs<Job>> {
    for (const ownerJobs of this.#byOwner.values()) if (ownerJobs !== undefined) yield ownerJobs;
  }

  /** The jobs that are not at rest. */
  *active(): Generator<Job> {
    for (const ownerJobs of this.owners()) {
      if (ownerJobs.active === 0) continue;
      for (const job of ownerJobs.jobs.values()) if (!job.atRest) yield job;
    }
  }
}

/** What an owner's jobs keep in themselves, so that one which comes or goes allocates nothing. */
export interface JobWithId<Job> {
  readonly id: string;
  // The list's own, as is `inBucket`: who came before, and who after.
  older: Job | undefined;
  newer: Job | undefined;
  /** The next one in the same bucket. */
  inBucket: Job | undefined;
}

/**
 * An owner's jobs by their id, and in the order of their start. Every step costs O(1).
 *
 *   oldest <──> job <──> job <──> newest          all of them
 *   bucket of an id ──> job ──> job               from the second job on, until all are gone
 *
 * A `Map` keeps both as well, but outside of the jobs: of twenty thousand jobs that are kept, the tables
 * which it outgrows take 6 % of the time of a tiny job.
 */
export class JobsById<Job extends JobWithId<Job>> {
  #oldest: Job | undefined;
  #newest: Job | undefined;
  #size = 0;
  /** A power of two of them. Most owners have one job at a time, and no bucket. */
  #buckets: Bucket<Job>[] | undefined;

  get size(): number {
    return this.#size;
  }

  get newest(): Job | undefined {
    return this.#newest;
  }

  /** What plain JavaScript gives and is no text is the id of none (F1). */
  get(id: string): Job | undefined {
    if (typeof id !== 'string') return undefined;
    if (this.#buckets === undefined) return this.#newest?.id === id ? this.#newest : undefined;
    let job = this.#buckets[bucketOf(id, this.#buckets.length)];
    while (job !== undefined && job.id !== id) job = job.inBucket;
    return job;
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** Adds a job at the end; there must be none of its id. */
  add(job: Job): void {
    const before = this.#newest;
    job.older = before;
    if (before === undefined) this.#oldest = job;
    else before.newer = job;
    this.#newest = job;
    this.#size += 1;
    if (this.#size <= (this.#buckets?.length ?? 1)) this.#put(job);
    else this.#spread();
  }

  /** Takes out a job, and says whether it was in it. */
  delete(job: Job): boolean {
    if (!this.#take(job)) return false;
    const { older, newer } = job;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    job.older = undefined;
    job.newer = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#buckets = undefined;
    else if (this.#size * sparse < (this.#buckets?.length ?? 0)) this.#spread();
    return true;
  }

  /** All of them as they are now, the oldest first. */
  values(): readonly Job[] {
    const jobs: Job[] = [];
    for (let job = this.#oldest; job !== undefined; job = job.newer) jobs.push(job);
    return jobs;
  }

  /** Half full. */
  #spread(): void {
    let count = fewest;
    while (count < this.#size * 2) count *= 2;
    this.#buckets = new Array<Bucket<Job>>(count).fill(undefined);
    for (let job = this.#oldest; job !== undefined; job = job.newer) this.#put(job);
  }

  #put(job: Job): void {
    if (this.#buckets === undefined) return;
    const bucket = bucketOf(job.id, this.#buckets.length);
    job.inBucket = this.#buckets[bucket];
    this.#buckets[bucket] = job;
  }

  /** Out of its bucket, where it is in one. Says whether it is in the list. */
  #take(job: Job): boolean {
    if (this.#buckets === undefined) return this.#newest === job;
    const bucket = bucketOf(job.id, this.#buckets.length);
    let before = this.#buckets[bucket];
    if (before === job) {
      this.#buckets[bucket] = job.inBucket;
    } else {
      while (before !== undefined && before.inBucket !== job) before = before.inBucket;
      if (before === undefined) return false;
      before.inBucket = job.inBucket;
    }
    job.inBucket = undefined;
    return true;
  }
}

type Bucket<Job> = Job | undefined;

const fewest = 8;
/** So many buckets for each job are too many. */
const sparse = 8;

// By four letters at each end: ids of our own are random in all of them, and of those that count, or begin
// or end alike, these are what differs.
function bucketOf(id: string, count: number): number {
  const { length } = id;
  let hash = length;
  for (let at = 0; at < length; at = at === 3 ? Math.max(4, length - 4) : at + 1) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (count - 1);
}

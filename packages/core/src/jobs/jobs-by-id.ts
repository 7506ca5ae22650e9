/**
 * An owner's jobs, in the order of their start. Most owners have one at a time, and one alone stands here
 * without a map: to make a map for each job, and to hash each id for it, took 5 % of a tiny job.
 */
export class JobsById<Job> {
  #onlyId: string | undefined;
  #only: Job | undefined;
  /** From the second on, until all are gone. */
  #all: Map<string, Job> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1);
  }

  get(id: string): Job | undefined {
    if (this.#all !== undefined) return this.#all.get(id);
    return this.#onlyId === id ? this.#only : undefined;
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** Adds a job at the end; there must be none of that id. */
  add(id: string, job: Job): void {
    if (this.#all !== undefined) {
      this.#all.set(id, job);
    } else if (this.#onlyId === undefined || this.#only === undefined) {
      this.#onlyId = id;
      this.#only = job;
    } else {
      this.#all = new Map([
        [this.#onlyId, this.#only],
        [id, job],
      ]);
      this.#onlyId = undefined;
      this.#only = undefined;
    }
  }

  delete(id: string): void {
    if (this.#all === undefined) {
      if (this.#onlyId !== id) return;
      this.#onlyId = undefined;
      this.#only = undefined;
    } else if (this.#all.size > 1) {
      this.#all.delete(id);
    } else if (this.#all.has(id)) {
      // To take the last one out of a map makes the map anew.
      this.#all = undefined;
    }
  }

  values(): Iterable<Job> {
    if (this.#all !== undefined) return this.#all.values();
    return this.#only === undefined ? [] : [this.#only];
  }
}

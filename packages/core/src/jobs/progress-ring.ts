import type { ProgressEvent } from './job-view.ts';
import { missedBetween } from './progress-lives.ts';

/*
 * The newest `capacity` events of one job, oldest dropped first (P1).
 *
 *   growing (size < capacity)            full: the next event replaces the oldest
 *
 *     0   1   2                            0   1   2   3   4
 *   +---+---+---+                        +---+---+---+---+---+
 *   | 1 | 2 | 3 |                        | 6 | 7 | 3 | 4 | 5 |
 *   +---+---+---+                        +---+---+---+---+---+
 *     ^ head = 0                                   ^ head = 2: the oldest
 *
 * The array is no longer than what it holds, so a job of few reports costs little. Its numbers grow
 * from head on, with holes where the executor's channel dropped events, so reads search by halves.
 */

export interface RingRead {
  readonly events: readonly ProgressEvent[];
  /** Where to go on: the last event read, or `after` where there was none. */
  readonly cursor: number;
  /** How many numbers in (after, cursor] are not among `events`. */
  readonly missed: number;
}

const noEvents: readonly ProgressEvent[] = Object.freeze([]);

/** Bounded progress with cursor reads; reading consumes nothing. */
export class ProgressRing {
  readonly #capacity: number;
  readonly #events: ProgressEvent[] = [];
  readonly #life: number;
  #head = 0;

  /** `capacity` is a whole number of at least 1; what is reported from here on is above `life`. */
  constructor(capacity: number, life = 0) {
    this.#capacity = capacity;
    this.#life = life;
  }

  /** Its `seq` must be above all before. */
  push(event: ProgressEvent): void {
    if (this.#events.length < this.#capacity) {
      this.#events.push(event);
    } else {
      this.#events[this.#head] = event;
      this.#head = this.#head + 1 === this.#capacity ? 0 : this.#head + 1;
    }
  }

  /**
   * At most `limit` events with `seq > after`, oldest first.
   *
   * A cursor above the newest number (one of another job) is taken back to the newest, so that it cannot
   * hide what comes later. One of an earlier life of the job, which has shown more than was kept, is taken
   * forward to this life, and told of the gap.
   */
  read(after: number, limit: number): RingRead {
    const newest = this.#newestSeq();
    const from = Math.min(after, Math.max(newest, this.#life));
    if (from > newest) {
      const cursor = limit > 0 ? this.#life : from;
      return { events: noEvents, cursor, missed: missedBetween(from, noEvents, cursor) };
    }
    const size = this.#events.length;
    const first = this.#indexAfter(from);
    const count = Math.min(limit, size - first);
    if (count <= 0) return { events: noEvents, cursor: from, missed: 0 };
    const events: ProgressEvent[] = [];
    for (let index = first; index < first + count; index += 1) {
      const event = this.#at(index);
      if (event !== undefined) events.push(event);
    }
    const cursor = events.at(-1)?.seq ?? from;
    return { events: Object.freeze(events), cursor, missed: missedBetween(from, events, cursor) };
  }

  #newestSeq(): number {
    return this.#at(this.#events.length - 1)?.seq ?? 0;
  }

  /** Counted from the oldest. */
  #at(index: number): ProgressEvent | undefined {
    const place = this.#head + index;
    return this.#events[place < this.#events.length ? place : place - this.#events.length];
  }

  /** The first index whose number is above `after`. */
  #indexAfter(after: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at(middle)?.seq ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

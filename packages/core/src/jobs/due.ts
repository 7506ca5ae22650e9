import { invalidOption } from '../foundation/invalid-option.ts';
import { Alarm, type DueClock } from './alarm.ts';
import { type Heaped, IndexedHeap } from './indexed-heap.ts';

/** What waiting keeps in its members, so that it allocates nothing for them. */
export interface DueMember extends Heaped {
  /** Waiting's own, as are `dueOrder` and `dueByWall`. */
  dueAt: number;
  dueOrder: number;
  dueByWall: boolean;
}

/** When a job may begin: after a time, or at a moment. */
export type Due = { readonly afterMs: number } | { readonly at: number };

/** The last moment that a Date can tell. */
export const lastMoment = 8_640_000_000_000_000;
// A clock that is set forward past a moment is noticed this late at most.
const lookAgainMs = 60_000;
// So many at a time, that a hundred thousand which fall due together do not hold up the event loop.
const batchSize = 1000;

/**
 * `delayMs` or `startAt` of a start (A5). `undefined` where the job need not wait: no delay, or a
 * moment that has passed.
 *
 * @throws OffstageError `invalid_option` when both are given, or one is none: NaN, infinite, negative.
 */
export function readDue(
  { delayMs, startAt }: { readonly delayMs?: unknown; readonly startAt?: unknown },
  now: number,
): Due | undefined {
  if (delayMs !== undefined && startAt !== undefined) {
    throw invalidOption('startAt', 'left out where delayMs is given', startAt);
  }
  if (delayMs !== undefined) {
    if (typeof delayMs !== 'number' || !(delayMs >= 0 && now + delayMs <= lastMoment)) {
      throw invalidOption('delayMs', 'a finite number of milliseconds of at least 0', delayMs);
    }
    return delayMs === 0 ? undefined : { afterMs: delayMs };
  }
  if (startAt === undefined) return undefined;
  const at = momentOf(startAt);
  if (typeof at !== 'number' || !(at >= -lastMoment && at <= lastMoment)) {
    throw invalidOption('startAt', 'a Date, or milliseconds since the Unix epoch', at);
  }
  return at <= now ? undefined : { at };
}

// Not `instanceof`: it may be of another realm, such as a test's sandbox. A proxy of one is none.
function momentOf(startAt: unknown): unknown {
  if (typeof startAt !== 'object' || startAt === null) return startAt;
  try {
    return Date.prototype.getTime.call(startAt);
  } catch {
    return startAt;
  }
}

/**
 * Members that wait for their time (A5). A delay is measured on the monotonic clock, a moment is read
 * off the wall clock (F6): a clock that is set back neither stops a delay nor brings a moment early.
 * One timer serves all, and holds the process while somebody waits; joining and leaving cost O(log n), waiting nothing.
 */
export class Waiting<T extends DueMember> {
  readonly #clock: DueClock;
  readonly #onDue: (member: T) => void;
  readonly #delays = new IndexedHeap<T>(isEarlier);
  readonly #moments = new IndexedHeap<T>(isEarlier);
  readonly #alarm: Alarm;
  #order = 0;

  /** `onDue` gets members in the order in which they fell due. It may add and remove others. */
  constructor(clock: DueClock, onDue: (member: T) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#alarm = new Alarm(clock, () => this.#look(), { keepAlive: true });
  }

  get size(): number {
    return this.#delays.size + this.#moments.size;
  }

  /** The member must be in no heap. Answers when it is due, in milliseconds since the Unix epoch. */
  add(member: T, due: Due): number {
    const byWall = 'at' in due;
    this.#order += 1;
    member.dueOrder = this.#order;
    member.dueByWall = byWall;
    member.dueAt = byWall ? due.at : this.#clock.monotonic() + due.afterMs;
    (byWall ? this.#moments : this.#delays).place(member);
    this.#arm();
    return byWall ? due.at : this.#clock.now() + due.afterMs;
  }

  /** Nothing happens to who does not wait. */
  remove(member: T): void {
    (member.dueByWall ? this.#moments : this.#delays).remove(member);
    if (this.size === 0) this.#alarm.cancel();
  }

  /** Ends the timer; who waits is given to nobody any more. */
  close(): void {
    this.#alarm.close();
  }

  #look(): void {
    const now = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    try {
      for (let count = 0; count < batchSize; count += 1) {
        const member = this.#nextDue(now, monotonic);
        if (member === undefined) break;
        (member.dueByWall ? this.#moments : this.#delays).remove(member);
        this.#onDue(member);
      }
    } finally {
      this.#arm();
    }
  }

  /** Of the two that are first on their clocks, the one that is overdue for longer. */
  #nextDue(now: number, monotonic: number): T | undefined {
    const delayed = this.#delays.first;
    const timed = this.#moments.first;
    const delayMs = delayed === undefined ? Infinity : delayed.dueAt - monotonic;
    const momentMs = timed === undefined ? Infinity : timed.dueAt - now;
    if (Math.min(delayMs, momentMs) > 0) return undefined;
    return delayMs <= momentMs ? delayed : timed;
  }

  #arm(): void {
    const delayed = this.#delays.first;
    const timed = this.#moments.first;
    if (delayed !== undefined) this.#alarm.within(delayed.dueAt - this.#clock.monotonic());
    if (timed !== undefined) {
      this.#alarm.within(Math.min(lookAgainMs, timed.dueAt - this.#clock.now()));
    }
  }
}

const isEarlier = (a: DueMember, b: DueMember): boolean =>
  a.dueAt !== b.dueAt ? a.dueAt < b.dueAt : a.dueOrder < b.dueOrder;

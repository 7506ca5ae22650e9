import { invalidOption, requireWhole } from '../foundation/invalid-option.ts';
import { Alarm, type DueClock } from './alarm.ts';
import { type Heaped, IndexedHeap } from './indexed-heap.ts';

/** What one definition's jobs may do at once, and how often they may begin. */
export interface JobLimit {
  /** Jobs of this name that run at once. @default no limit but the manager's `concurrency` */
  readonly concurrency?: number | undefined;
  /** Jobs of this name and one owner that run at once. @default no limit */
  readonly perOwner?: number | undefined;
  /**
   * In any span of `perMs` milliseconds at most `max` attempts begin, wherever the span lies. It is
   * measured on the monotonic clock, so a clock that is set neither opens nor closes it.
   * @default no limit
   */
  readonly rate?: { readonly max: number; readonly perMs: number } | undefined;
}

/** Limits by the definition's name. */
export type JobLimits = Readonly<Record<string, JobLimit>>;

/** Where closed names and owners are kept apart from those that may begin; a `Line` is one. */
export interface Gates {
  closeName(name: string): void;
  openName(name: string): void;
  closeOwner(name: string, owner: string): void;
  openOwner(name: string, owner: string): void;
}

// Each start within a window is remembered, eight bytes each.
const mostStarts = 1_000_000;
const mostAtOnce = Number.MAX_SAFE_INTEGER;

/**
 * Checks `limits` and takes a copy. A field that nobody knows is refused, as a limit with a slip of
 * the pen in its name would limit nothing.
 *
 * @throws OffstageError `invalid_option`, naming the field.
 */
export function readLimits(value: unknown): ReadonlyMap<string, JobLimit> {
  const limits = new Map<string, JobLimit>();
  for (const [name, limit] of fields('limits', value)) {
    const at = `limits[${JSON.stringify(name.slice(0, 100))}]`;
    const read: { concurrency?: number; perOwner?: number; rate?: JobLimit['rate'] } = {};
    for (const [field, given] of fields(at, limit)) {
      if (field === 'concurrency' || field === 'perOwner') {
        if (given !== undefined) read[field] = requireWhole(`${at}.${field}`, given, 1, mostAtOnce);
      } else if (field === 'rate') {
        if (given !== undefined) read.rate = readRate(`${at}.rate`, given);
      } else {
        throw invalidOption(at, 'made of concurrency, perOwner and rate', field);
      }
    }
    limits.set(name, read);
  }
  return limits;
}

/**
 * Counts what begins and ends, and closes the gates of names and owners that have reached a limit
 * (A7). Who is passed over holds no slot: a gate is looked at before a slot is taken. Each step costs
 * O(1), and O(log names) where a rate is in the way; one timer serves all rates.
 */
export class Limits {
  readonly #clock: DueClock;
  readonly #gates: Gates;
  readonly #onOpen: () => void;
  readonly #counts = new Map<string, Count>();
  readonly #full = new IndexedHeap<Count>((a, b) => a.opensAt < b.opensAt);
  readonly #alarm: Alarm;
  /** Nothing is limited. */
  readonly #isEmpty: boolean;

  /** `onOpen` is called when time, not an end, has opened a gate. */
  constructor(
    limits: ReadonlyMap<string, JobLimit>,
    { clock, gates, onOpen }: { clock: DueClock; gates: Gates; onOpen: () => void },
  ) {
    this.#clock = clock;
    this.#gates = gates;
    this.#isEmpty = limits.size === 0;
    this.#onOpen = onOpen;
    this.#alarm = new Alarm(clock, () => this.#look());
    for (const [name, limit] of limits) this.#counts.set(name, new Count(name, limit));
  }

  /** Whether a job of this name and owner may begin now. */
  admits(name: string, owner: string): boolean {
    if (this.#isEmpty) return true;
    const count = this.#counts.get(name);
    return (
      count === undefined ||
      (count.hasRoom && count.hasRoomFor(owner) && count.opensAt <= this.#clock.monotonic())
    );
  }

  /** When the rate of this name frees, by the monotonic clock; `undefined` where it is not in the way. */
  nextAt(name: string): number | undefined {
    const at = this.#counts.get(name)?.opensAt ?? -Infinity;
    return at > this.#clock.monotonic() ? at : undefined;
  }

  /** An attempt of this name and owner has taken its slot. */
  begun(name: string, owner: string): void {
    const count = this.#isEmpty ? undefined : this.#counts.get(name);
    if (count !== undefined) this.#countBegun(count, owner);
  }

  /** The same attempt has given its slot back. */
  ended(name: string, owner: string): void {
    const count = this.#isEmpty ? undefined : this.#counts.get(name);
    if (count !== undefined) this.#countEnded(count, owner);
  }

  /** Whether somebody waits: the process is held until the rate in the way frees, and not for want of one. */
  hold(isWaitedFor: boolean): void {
    if (!this.#isEmpty) this.#alarm.hold(isWaitedFor);
  }

  /** Ends the timer. */
  close(): void {
    this.#alarm.close();
  }

  #countBegun(count: Count, owner: string): void {
    const now = this.#clock.monotonic();
    count.begun(owner, now);
    if (!count.hasRoomFor(owner)) this.#gates.closeOwner(count.name, owner);
    if (count.opensAt > now) this.#full.place(count);
    this.#turn(count);
    this.#arm();
  }

  #countEnded(count: Count, owner: string): void {
    const hadRoom = count.hasRoomFor(owner);
    count.ended(owner);
    if (!hadRoom && count.hasRoomFor(owner)) this.#gates.openOwner(count.name, owner);
    this.#turn(count);
  }

  #turn(count: Count): void {
    const open = count.hasRoom && count.heapIndex === -1;
    if (open === count.isOpen) return;
    count.isOpen = open;
    if (open) this.#gates.openName(count.name);
    else this.#gates.closeName(count.name);
  }

  #look(): void {
    const now = this.#clock.monotonic();
    let opened = false;
    for (let { first } = this.#full; first !== undefined; { first } = this.#full) {
      if (first.opensAt > now) break;
      this.#full.remove(first);
      this.#turn(first);
      opened ||= first.isOpen;
    }
    this.#arm();
    if (opened) this.#onOpen();
  }

  #arm(): void {
    const { first } = this.#full;
    if (first !== undefined) this.#alarm.within(first.opensAt - this.#clock.monotonic());
  }
}

/** What has begun of one name. */
class Count implements Heaped {
  heapIndex = -1;
  readonly name: string;
  /** As the gate was told. */
  isOpen = true;
  /** From then on the window has room for another start. */
  opensAt = -Infinity;
  readonly #limit: JobLimit;
  readonly #byOwner = new Map<string, number>();
  /** A ring of the last `max` starts. */
  readonly #starts: number[] = [];
  #oldest = 0;
  #running = 0;

  constructor(name: string, limit: JobLimit) {
    this.name = name;
    this.#limit = limit;
  }

  get hasRoom(): boolean {
    return this.#running < (this.#limit.concurrency ?? Infinity);
  }

  hasRoomFor(owner: string): boolean {
    const { perOwner } = this.#limit;
    return perOwner === undefined || (this.#byOwner.get(owner) ?? 0) < perOwner;
  }

  begun(owner: string, now: number): void {
    const { perOwner, rate } = this.#limit;
    this.#running += 1;
    if (perOwner !== undefined) this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + 1);
    if (rate === undefined) return;
    this.#starts[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % rate.max;
    const start = this.#starts[this.#oldest];
    this.opensAt = start === undefined ? -Infinity : start + rate.perMs;
  }

  ended(owner: string): void {
    this.#running -= 1;
    const left = (this.#byOwner.get(owner) ?? 0) - 1;
    if (left > 0) this.#byOwner.set(owner, left);
    else this.#byOwner.delete(owner);
  }
}

function readRate(at: string, value: unknown): { readonly max: number; readonly perMs: number } {
  const { max, perMs, ...others } = Object.fromEntries(fields(at, value));
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalidOption(at, 'made of max and perMs', other);
  return {
    max: requireWhole(`${at}.max`, max, 1, mostStarts),
    perMs: requireWhole(`${at}.perMs`, perMs, 1, mostAtOnce),
  };
}

function fields(option: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidOption(option, 'an object', value);
  }
  return Object.entries(value);
}

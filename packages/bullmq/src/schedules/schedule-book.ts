import type { Clock } from '@offstage/core';
import { readTicks, type ScheduleRecord, type ScheduleTicks } from '@offstage/core/engine';
import type { RedisLink } from '../redis/redis-link.ts';
import { listOfReply, type Reply, textOfReply } from '../redis/reply.ts';
import { saveScheduleScript, syncSchedulesScript } from '../redis/schedule-scripts.ts';
import { partOf } from '../shared/names.ts';
import { decodeValue, encodeValue } from '../shared/value-codec.ts';

/** A schedule as it was read, and its revision. */
export interface ScheduleEntry {
  /** Its part of keys. */
  readonly part: string;
  readonly rev: string;
  /** Which schedule was first set before which. */
  readonly order: number;
  readonly record: ScheduleRecord;
  /** As they are at a moment, which is now unless it is given; later they may be others. */
  readonly ticks: (at?: number) => ScheduleTicks;
}

/** What one manager knows of the schedules in Redis. */
export class ScheduleBook {
  readonly #link: RedisLink;
  readonly #clock: Clock;
  readonly #onUnreadable: (part: string, error: unknown) => void;
  readonly #entries = new Map<string, ScheduleEntry>();
  /** Revisions that this process cannot read. */
  readonly #unreadable = new Set<string>();
  #newest = 0;
  #syncing: Promise<void> = Promise.resolve();
  #watchedSince = Infinity;

  constructor(link: RedisLink, clock: Clock, onUnreadable: (part: string, error: unknown) => void) {
    this.#link = link;
    this.#clock = clock;
    this.#onUnreadable = onUnreadable;
  }

  /** Since when there was always a manager that waited for ticks. */
  get watchedSince(): number {
    return this.#watchedSince;
  }

  get entries(): Iterable<ScheduleEntry> {
    return this.#entries.values();
  }

  get(id: string): ScheduleEntry | undefined {
    return this.#entries.get(partOf(id));
  }

  /** Reads what has changed. Says for so long that `token` waits for ticks. */
  sync(token: string, forMs: number): Promise<void> {
    // One after the other, or one would see the half of what another one reads.
    const synced = this.#syncing.then(() => this.#sync(token, forMs));
    this.#syncing = synced.catch(() => {});
    return synced;
  }

  async #sync(token: string, forMs: number): Promise<void> {
    const [since, count, ...changed] = listOfReply(
      await this.#link.run(syncSchedulesScript, [token, this.#clock.now(), forMs, this.#newest]),
    );
    this.#watchedSince = Number(textOfReply(since));
    for (let index = 0; index < changed.length; index += 3) {
      await this.#read(
        textOfReply(changed[index]),
        textOfReply(changed[index + 1]),
        changed[index + 2],
      );
    }
    if (this.#entries.size + this.#unreadable.size > Number(textOfReply(count)))
      await this.#dropRemoved();
  }

  /** Resolves to false where another was faster, or where `rev` is none any more; '' is for a new one. */
  async save(record: ScheduleRecord, order: number, rev: string): Promise<boolean> {
    const bytes = encodeSchedule(record, order);
    return this.#saved([partOf(record.id), rev, bytes]);
  }

  /** The same. */
  async remove({ part, rev }: ScheduleEntry): Promise<boolean> {
    return this.#saved([part, rev]);
  }

  async #saved(args: readonly (string | Buffer)[]): Promise<boolean> {
    return String(await this.#link.run(saveScheduleScript, args)) === 'ok';
  }

  async #read(part: string, rev: string, bytes: Reply | undefined): Promise<void> {
    this.#newest = Math.max(this.#newest, Number(rev));
    this.#unreadable.delete(part);
    this.#entries.delete(part);
    try {
      const { record, order } = decodeSchedule(bytes);
      // A look reads the clock once: all ticks are seen from one moment.
      const clock = this.#clock;
      let now = 0;
      const still = { now: () => now, monotonic: () => now };
      const makeTicks = await readTicks(record, still);
      const ticks = (at = clock.now()): ScheduleTicks => {
        now = at;
        return makeTicks(record.decidedAt);
      };
      this.#entries.set(part, { part, rev, order, record, ticks });
    } catch (error) {
      this.#unreadable.add(part);
      this.#onUnreadable(part, error);
    }
  }

  async #dropRemoved(): Promise<void> {
    const parts = listOfReply(
      await this.#link.call('ZRANGE', `${this.#link.base}scheduleRevs`, 0, -1),
    ).map(textOfReply);
    const there = new Set(parts);
    for (const known of [this.#entries, this.#unreadable]) {
      for (const part of known.keys()) if (!there.has(part)) known.delete(part);
    }
  }
}

/** @throws OffstageError `not_serializable`, `too_large` for an input that is. */
export const encodeSchedule = (record: ScheduleRecord, order: number): Buffer =>
  encodeValue('input', { order, record });

function decodeSchedule(bytes: Reply | undefined): {
  readonly order: number;
  readonly record: ScheduleRecord;
} {
  // What `encodeSchedule` wrote; another format is refused by the value's own.
  return decodeValue(Buffer.isBuffer(bytes) ? bytes : Buffer.of()) as ReturnType<
    typeof decodeSchedule
  >;
}

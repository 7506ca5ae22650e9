import { OffstageError } from '../foundation/errors.ts';
import { managerClosed } from './admission-errors.ts';
import type { DueClock } from './alarm.ts';
import { type DueMember, lastMoment, Waiting } from './due.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import {
  nextSchedule,
  readSchedule,
  readScheduleId,
  type ScheduleOptions,
  type ScheduleRecord,
  scheduleOptionsOf,
} from './schedule-options.ts';
import type { ScheduleStore } from './schedule-store.ts';
import { isMissed, readTicks, type ScheduleTicks, type Tick } from './schedule-ticks.ts';

/** A schedule at one moment, without its input. */
export interface ScheduleView extends Omit<ScheduleRecord, 'input' | 'decidedAt' | 'lastJobOwner'> {
  /** When the next tick comes, as the wall clock reads now; `null` while none will. */
  readonly nextAt: number | null;
}

/** What became of a tick. */
export type ScheduleEvent =
  | {
      readonly type: 'started';
      readonly id: string;
      readonly tickAt: number;
      readonly jobId: string;
    }
  | {
      readonly type: 'skipped';
      readonly id: string;
      readonly tickAt: number;
      /** The job before it still runs, or nobody was there when the tick came. */
      readonly reason: 'still_running' | 'missed';
    }
  | {
      readonly type: 'failed';
      readonly id: string;
      /** `null` where a schedule that was kept cannot be read. */
      readonly tickAt: number | null;
      readonly error: unknown;
    };

/** Why a job is started. */
export interface ScheduleSource {
  readonly scheduleId: string;
  /** `null` for `runNow`. */
  readonly tickAt: number | null;
  /** The schedule, once it has started the job with this id. */
  readonly record: (jobId: string) => ScheduleRecord;
}

/** What schedules need of an engine. */
export interface ScheduleEngine {
  /** For schedules that were kept; `undefined` where the application has it no more. */
  definition(name: string): AnyJobDefinition | undefined;
  /**
   * Resolves to the job's id. Where it keeps jobs, it keeps `record` of that id together with the job, so
   * that neither is there without the other.
   */
  start(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    source: ScheduleSource,
  ): Promise<string>;
  /** Whether `start` keeps `record`. */
  readonly keepsRecord?: boolean;
  /** Whether a job that was started is not at rest yet; false for one that is gone. */
  isActive(owner: string, jobId: string): boolean;
  /** Must not throw. */
  tell(event: ScheduleEvent): void;
}

/**
 * Starts jobs at the ticks of schedules.
 *
 *   tick comes ─> decided, and kept as such ─> missed │ predecessor runs: skipped │ job started
 *
 * A tick is decided, and the decision kept, before its job is started or together with it, so that
 * whatever happens then it starts no second one. Only ticks after the last decided one count. What is done to one schedule
 * is done in order, one after the other.
 */
export class Schedules {
  readonly #engine: ScheduleEngine;
  readonly #store: ScheduleStore;
  readonly #clock: DueClock;
  readonly #waiting: Waiting<Entry>;
  readonly #entries = new Map<string, Entry>();
  readonly #busy = new Map<string, Promise<unknown>>();
  #opening: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: { engine: ScheduleEngine; store: ScheduleStore; clock: DueClock }) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#waiting = new Waiting(options.clock, (entry) => {
      void this.#inOrder(entry.record.id, () => this.#tick(entry));
    });
  }

  /**
   * Goes on with the schedules that were kept; every other call does so first.
   *
   * @throws whatever the store throws; the next call tries again.
   */
  async open(): Promise<void> {
    if (this.#isClosed) throw managerClosed();
    this.#opening ??= this.#load();
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /**
   * Makes a schedule, or changes the one with this id. An application may call it at each of its
   * starts: ticks go on where they were unless `cron`, `everyMs` or `timezone` changed, and a paused
   * schedule stays paused.
   *
   * @throws OffstageError `invalid_option`, `invalid_owner`, `invalid_input`, `not_serializable`,
   *   `manager_closed`.
   * @example
   * await schedules.set('nightly', {
   *   cron: '0 3 * * *', timezone: 'Europe/Berlin', catchUp: 'last',
   *   definition: ingest, input: { folder }, owner: 'system',
   * });
   */
  async set<D extends AnyJobDefinition>(
    id: string,
    options: ScheduleOptions<D>,
  ): Promise<ScheduleView> {
    readScheduleId(id);
    const read = scheduleOptionsOf(options);
    const spec = await readSchedule(read);
    // Refused before anything is kept.
    const makeTicks = await readTicks(spec, this.#clock);
    await this.open();
    return this.#inOrder(id, async () => {
      const before = this.#entries.get(id);
      const { record, goesOn } = nextSchedule(id, spec, before?.record, this.#clock.now());
      await this.#store.save(record);
      const ticks = goesOn && before !== undefined ? before.ticks : makeTicks(record.decidedAt);
      // The same entry, which may wait already, or have a tick that is next in order.
      const entry = before ?? new Entry(record, ticks, read.definition);
      entry.record = record;
      entry.ticks = ticks;
      entry.definition = read.definition;
      this.#entries.set(id, entry);
      this.#arm(entry);
      return this.#view(entry);
    });
  }

  async get(id: string): Promise<ScheduleView | undefined> {
    await this.open();
    const entry = this.#entries.get(id);
    return entry === undefined ? undefined : this.#view(entry);
  }

  /** In the order in which they were first set. */
  async list(): Promise<readonly ScheduleView[]> {
    await this.open();
    return [...this.#entries.values()].map((entry) => this.#view(entry));
  }

  /** No tick starts a job until `resume`. Resolves to false where there is no such schedule. */
  async pause(id: string): Promise<boolean> {
    return this.#change(id, async (entry) => {
      await this.#keep(entry, { paused: true });
      this.#waiting.remove(entry);
    });
  }

  /** Ticks count again from now on; those that passed meanwhile are not made up for. */
  async resume(id: string): Promise<boolean> {
    return this.#change(id, async (entry) => {
      const { record } = entry;
      if (!record.paused) return;
      const decidedAt = Math.max(record.decidedAt, this.#clock.now());
      const makeTicks = await readTicks(record, this.#clock);
      await this.#keep(entry, { paused: false, decidedAt });
      entry.ticks = makeTicks(decidedAt);
      this.#arm(entry);
    });
  }

  /** Jobs that it has started go on. Resolves to false where there is no such schedule. */
  async remove(id: string): Promise<boolean> {
    return this.#change(id, async (entry) => {
      await this.#store.remove(id);
      this.#waiting.remove(entry);
      this.#entries.delete(id);
    });
  }

  /**
   * Starts a job now, beside the ticks, also while paused. Resolves to its id.
   *
   * @throws OffstageError `not_found`; `conflict` while the job before it runs; why it did not start.
   */
  async runNow(id: string): Promise<string> {
    await this.open();
    return this.#inOrder(id, async () => {
      const entry = this.#entries.get(id);
      if (entry === undefined) {
        throw new OffstageError('not_found', 'There is no schedule with this id. Set it first.');
      }
      if (this.#isRunning(entry)) {
        throw new OffstageError(
          'conflict',
          'The last job of this schedule still runs. Run it again when that has ended.',
          { details: { jobId: entry.record.lastJobId } },
        );
      }
      return this.#start(entry, null);
    });
  }

  /** No tick comes any more. Resolves when what was under way is done; what is kept stays. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.close();
    await Promise.allSettled(this.#busy.values());
  }

  async #load(): Promise<void> {
    for (const record of await this.#store.load()) {
      try {
        const makeTicks = await readTicks(record, this.#clock);
        const definition = this.#engine.definition(record.name);
        const entry = new Entry(record, makeTicks(record.decidedAt), definition);
        entry.isBack = true;
        this.#entries.set(record.id, entry);
        void this.#inOrder(record.id, () => this.#tick(entry));
      } catch (error) {
        this.#engine.tell({ type: 'failed', id: record.id, tickAt: null, error });
      }
    }
  }

  /** One after the other for each schedule. */
  #inOrder<R>(id: string, action: () => Promise<R>): Promise<R> {
    const before = this.#busy.get(id) ?? Promise.resolve();
    const done = before.then(action);
    const settled = done.then(
      () => {},
      () => {},
    );
    this.#busy.set(id, settled);
    void settled.then(() => {
      if (this.#busy.get(id) === settled) this.#busy.delete(id);
    });
    return done;
  }

  async #change(id: string, action: (entry: Entry) => Promise<void>): Promise<boolean> {
    await this.open();
    return this.#inOrder(id, async () => {
      const entry = this.#entries.get(id);
      if (entry !== undefined) await action(entry);
      return entry !== undefined;
    });
  }

  #arm(entry: Entry): void {
    const { record, ticks } = entry;
    this.#waiting.remove(entry);
    if (record.paused) return;
    const due = ticks.due(record.decidedAt);
    if (due !== undefined) this.#waiting.add(entry, due);
  }

  /** Looks whether a tick has come, and decides it. Never rejects. */
  async #tick(entry: Entry): Promise<void> {
    const { record } = entry;
    if (this.#isClosed || record.paused || this.#entries.get(record.id) !== entry) return;
    const { isBack } = entry;
    entry.isBack = false;
    const tick = entry.ticks.take(record.decidedAt);
    if (tick !== undefined) {
      // Decided here whatever becomes of keeping it: a tick that may have been kept is not tried again.
      entry.record = { ...record, decidedAt: tick.at, lastTickAt: tick.at };
    }
    // Before the job is started, which may take long.
    this.#arm(entry);
    if (tick === undefined) return;
    try {
      await this.#decide(entry, tick, !isBack);
    } catch (error) {
      this.#engine.tell({ type: 'failed', id: record.id, tickAt: tick.at, error });
    }
  }

  async #decide(entry: Entry, tick: Tick, wasThere: boolean): Promise<void> {
    const { id, catchUp } = entry.record;
    const skip = (reason: 'still_running' | 'missed'): void =>
      this.#engine.tell({ type: 'skipped', id, tickAt: tick.at, reason });
    const missed = isMissed(catchUp, tick, wasThere);
    const isSkipped = missed || this.#isRunning(entry);
    if (isSkipped || !this.#engine.keepsRecord) await this.#store.save(entry.record);
    if (isSkipped) {
      skip(missed ? 'missed' : 'still_running');
      return;
    }
    try {
      await this.#start(entry, tick.at);
    } catch (error) {
      if (this.#engine.keepsRecord) await this.#store.save(entry.record);
      throw error;
    }
  }

  #isRunning({ record: { lastJobId, lastJobOwner } }: Entry): boolean {
    if (lastJobId === null || lastJobOwner === null) return false;
    return this.#engine.isActive(lastJobOwner, lastJobId);
  }

  async #start(entry: Entry, tickAt: number | null): Promise<string> {
    const { id, name, owner, input } = entry.record;
    entry.definition ??= this.#engine.definition(name);
    if (entry.definition === undefined) {
      throw new OffstageError(
        'unknown_definition',
        `The schedule starts job "${name}", which is not among the manager's definitions. Add it there, ` +
          'or remove the schedule.',
        { details: { name } },
      );
    }
    const record = (jobId: string): ScheduleRecord => ({
      ...entry.record,
      lastJobId: jobId,
      lastJobOwner: owner,
    });
    const source = { scheduleId: id, tickAt, record };
    const jobId = await this.#engine.start(owner, entry.definition, structuredClone(input), source);
    entry.record = record(jobId);
    if (!this.#engine.keepsRecord) await this.#store.save(entry.record);
    if (tickAt !== null) this.#engine.tell({ type: 'started', id, tickAt, jobId });
    return jobId;
  }

  async #keep(entry: Entry, change: Partial<ScheduleRecord>): Promise<void> {
    const record = { ...entry.record, ...change };
    await this.#store.save(record);
    entry.record = record;
  }

  #view({ record, ticks }: Entry): ScheduleView {
    const { input: _, lastJobOwner: __, decidedAt, ...shown } = record;
    const due = record.paused || this.#isClosed ? undefined : ticks.due(decidedAt);
    const at = due === undefined || 'at' in due ? due?.at : this.#clock.now() + due.afterMs;
    // A period may be longer than a Date can tell.
    const nextAt = at === undefined || at > lastMoment ? null : Math.round(at);
    return Object.freeze({ ...shown, nextAt });
  }
}

class Entry implements DueMember {
  heapIndex = -1;
  dueAt = 0;
  dueOrder = 0;
  dueByWall = false;
  record: ScheduleRecord;
  ticks: ScheduleTicks;
  definition: AnyJobDefinition | undefined;
  /** It was kept, and has not looked yet for ticks that came while nobody was there. */
  isBack = false;

  constructor(
    record: ScheduleRecord,
    ticks: ScheduleTicks,
    definition: AnyJobDefinition | undefined,
  ) {
    this.record = record;
    this.ticks = ticks;
    this.definition = definition;
  }
}

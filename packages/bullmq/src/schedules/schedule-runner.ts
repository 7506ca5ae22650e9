import type { ScheduleEvent, Timer } from '@offstage/core';
import { isMissed, randomId, type ScheduleRecord, type Tick } from '@offstage/core/engine';
import { startScheduled } from '../client/admission.ts';
import type { BullContext } from '../client/bull-context.ts';
import { missingDefinition } from '../client/missing-definition.ts';
import { tickScript } from '../redis/schedule-scripts.ts';
import { within } from '../shared/within.ts';
import { encodeSchedule, ScheduleBook, type ScheduleEntry } from './schedule-book.ts';
import { encodeEvent, readEvent } from './schedule-event-codec.ts';

// A message that was lost is made up for this late; by then a manager says again that it is there.
const lookAgainMs = 5000;
// A manager that was killed counts as there for so long.
const watchMs = 30_000;
const retryMs = 1000;
const atOnce = 20;
// How long Redis may take to hear that nobody waits here any more.
const lastWordMs = 1000;
// The clocks of two managers, both set by that of Redis, differ by less.
const setBackMs = 1000;

/**
 * Waits for the ticks of all schedules, in each manager. At a tick each of them asks Redis to decide it, in
 * one script together with the start of its job; the first one does, and the others see that it is done.
 */
export class ScheduleRunner {
  readonly book: ScheduleBook;
  readonly #context: BullContext;
  readonly #tell: (event: ScheduleEvent) => void;
  readonly #token = randomId();
  readonly #told = new Map<string, number>();
  #stop: (() => void) | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #isAsked = false;
  #isClosed = false;

  /** `tell` must not throw. */
  constructor(context: BullContext, tell: (event: ScheduleEvent) => void) {
    this.#context = context;
    this.#tell = tell;
    const { link, settings } = context;
    this.book = new ScheduleBook(link, settings.clock, (part, error) =>
      this.#tellHere({ type: 'failed', id: part.slice(1), tickAt: null, error }),
    );
    this.look();
  }

  /** Hears at once of what other managers do; without, within seconds. */
  listen(): void {
    if (this.#isClosed) return;
    this.#stop ??= this.#context.channels.listen('schedules', {
      onMessage: (text) => this.#hear(text),
      onUp: (isUp) => {
        if (isUp) this.look();
      },
    });
  }

  /** Reads what has changed. @throws OffstageError `unavailable`. */
  async sync(): Promise<void> {
    await this.#context.link.followClock();
    await this.book.sync(this.#token, watchMs);
  }

  /** Looks soon for ticks that have come. Many calls are one look. */
  look(): void {
    this.#isAsked = true;
    if (this.#isClosed) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#isAsked) this.look();
    });
  }

  /** No tick comes any more. Resolves when what was under way is done. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#stop?.();
    const { link, settings } = this.#context;
    // Whether anybody is there is known at once. Where Redis is away, the word lapses.
    if (!link.isUp) return;
    const leave = async (): Promise<void> => {
      await this.#looking;
      await link.call('ZREM', `${link.base}watchers`, this.#token).catch(() => {});
    };
    await within(settings.clock, lastWordMs, leave());
  }

  /** Starts a job at a tick, or where that is `undefined` now. */
  async start(
    { part, rev, order, record }: ScheduleEntry,
    decided: ScheduleRecord,
    kind: 'tick' | 'now',
  ): Promise<{ readonly jobId: string } | { readonly answer: string }> {
    const { name, owner, input } = record;
    const { definitions } = this.#context.settings;
    const definition = definitions.get(name);
    if (definition === undefined) throw missingDefinition({ name });
    return startScheduled(this.#context, owner, definition, input, {
      script: tickScript,
      // Others may decide a tick meanwhile, and then it starts nothing.
      isAwaited: kind === 'now',
      before: (jobId) => [
        part,
        rev,
        record.lastJobId ?? '',
        kind,
        'start',
        encodeSchedule(decided, order),
        encodeSchedule({ ...decided, lastJobId: jobId, lastJobOwner: owner }, order),
      ],
    });
  }

  #hear(text: string): void {
    if (text === 'c') {
      this.look();
      return;
    }
    const event = readEvent(text, this.#token);
    if (event !== undefined) this.#tell(event);
  }

  async #look(): Promise<void> {
    this.#isAsked = false;
    this.#timer?.cancel();
    let waitMs = lookAgainMs;
    try {
      await this.sync();
      const due: (readonly [ScheduleEntry, Tick])[] = [];
      for (const entry of this.book.entries) {
        this.listen();
        if (!this.#isOurs(entry)) continue;
        if (await this.#beginsAnew(entry)) continue;
        const ticks = entry.ticks();
        const tick = ticks.take(entry.record.decidedAt);
        if (tick !== undefined) due.push([entry, tick]);
        else waitMs = Math.min(waitMs, this.#waitMs(entry));
      }
      while (due.length > 0 && !this.#isClosed) {
        await Promise.all(due.splice(0, atOnce).map((each) => this.#decide(...each)));
        // The next ones are seen with what these have changed.
        waitMs = 0;
      }
    } catch (error) {
      waitMs = retryMs;
      if (!this.#isClosed) this.#context.report(error);
    }
    if (this.#isClosed) return;
    this.#timer = this.#context.settings.clock.schedule(Math.max(1, Math.ceil(waitMs)), () => {
      this.look();
    });
  }

  /** Whether its ticks can be decided here, and come at all. */
  #isOurs(entry: ScheduleEntry): boolean {
    const { record, part } = entry;
    if (record.paused) return false;
    if (this.#context.settings.definitions.has(record.name)) return true;
    // Another manager may have it; without one, the tick waits and is told once.
    const { decidedAt, everyMs, id, name } = record;
    const due = entry.ticks().due(decidedAt);
    const firstAt = everyMs === null ? due && 'at' in due && due.at : decidedAt + everyMs;
    if (typeof firstAt !== 'number' || this.#told.get(part) === firstAt) return false;
    if (this.#context.settings.clock.now() - firstAt < lookAgainMs) return false;
    this.#told.set(part, firstAt);
    this.#tellHere({ type: 'failed', id, tickAt: firstAt, error: missingDefinition({ name }) });
    return false;
  }

  /** The clock of Redis was set back: a duration begins anew, rather than stand still as long. */
  async #beginsAnew({ record, order, rev }: ScheduleEntry): Promise<boolean> {
    const now = this.#context.settings.clock.now();
    if (record.everyMs === null || record.decidedAt <= now + setBackMs) return false;
    await this.book.save({ ...record, decidedAt: now }, order, rev);
    this.#isAsked = true;
    return true;
  }

  #waitMs({ record, ticks }: ScheduleEntry): number {
    const due = ticks().due(record.decidedAt);
    if (due === undefined) return Infinity;
    return 'at' in due ? due.at - this.#context.settings.clock.now() : due.afterMs;
  }

  /** Never rejects, but for want of Redis: then the tick is as it was, or decided. */
  async #decide(entry: ScheduleEntry, tick: Tick): Promise<void> {
    const { record, order, rev } = entry;
    const { id, catchUp } = record;
    const tickAt = tick.at;
    const decided = { ...record, decidedAt: tickAt, lastTickAt: tickAt };
    if (isMissed(catchUp, tick, tickAt >= this.book.watchedSince)) {
      if (await this.book.save(decided, order, rev)) {
        this.#announce({ type: 'skipped', id, tickAt, reason: 'missed' });
      }
      return;
    }
    try {
      const started = await this.start(entry, decided, 'tick');
      if ('jobId' in started) {
        this.#announce({ type: 'started', id, tickAt, jobId: started.jobId });
      } else if (started.answer === 'still_running') {
        this.#announce({ type: 'skipped', id, tickAt, reason: 'still_running' });
      }
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code === 'unavailable') throw error;
      // Refused by Redis it is decided; else, such as for its input, it still has to be.
      const isDecided = code === 'admission_paused' || code === 'queue_full';
      if (isDecided || (await this.book.save(decided, order, rev))) {
        this.#announce({ type: 'failed', id, tickAt, error });
      }
    }
  }

  /** Tells the listeners of all managers. */
  #announce(event: ScheduleEvent): void {
    this.#tellHere(event);
    const { link } = this.#context;
    link
      .call('PUBLISH', `${link.base}schedules`, encodeEvent(event, this.#token))
      .catch((error) => this.#context.report(error));
  }
  #tellHere(event: ScheduleEvent): void {
    this.#tell(event);
    if (event.type === 'failed') this.#context.report(event.error, event.id);
  }
}

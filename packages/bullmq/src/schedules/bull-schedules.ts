import {
  type AnyJobDefinition,
  OffstageError,
  type ScheduleOptions,
  type ScheduleView,
} from '@offstage/core';
import {
  managerClosed,
  nextSchedule,
  readSchedule,
  readScheduleId,
  readTicks,
  type ScheduleRecord,
  scheduleOptionsOf,
} from '@offstage/core/engine';
import type { BullContext } from '../client/bull-context.ts';
import { missingDefinition } from '../client/missing-definition.ts';
import type { ScheduleEntry } from './schedule-book.ts';
import type { ScheduleRunner } from './schedule-runner.ts';

/** The schedules of a queue: the same ones in each of its managers. As core's `Schedules`. */
export class BullSchedules {
  readonly #context: BullContext;
  readonly #runner: ScheduleRunner;

  constructor(context: BullContext, runner: ScheduleRunner) {
    this.#context = context;
    this.#runner = runner;
  }

  /**
   * Makes a schedule, or changes the one with this id. An application may call it at each of its
   * starts, in each of its processes: ticks go on where they were unless `cron`, `everyMs` or `timezone`
   * changed, and a paused schedule stays paused.
   *
   * @throws OffstageError `invalid_option`, `invalid_owner`, `invalid_input`, `not_serializable`,
   *   `too_large`, `unknown_definition`, `manager_closed`, `unavailable`.
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
    const spec = await readSchedule(scheduleOptionsOf(options));
    const { definitions, clock } = this.#context.settings;
    // Refused before anything is kept.
    await readTicks(spec, clock);
    if (!definitions.has(spec.name)) throw missingDefinition(spec);
    await this.#change(id, (before) => nextSchedule(id, spec, before, clock.now()).record);
    const entry = await this.#find(id);
    // Another process may have removed it meanwhile.
    if (entry === undefined) throw gone();
    return this.#view(entry);
  }

  async get(id: string): Promise<ScheduleView | undefined> {
    const entry = await this.#find(id);
    return entry === undefined ? undefined : this.#view(entry);
  }

  /** In the order in which they were first set. */
  async list(): Promise<readonly ScheduleView[]> {
    await this.#sync();
    return [...this.#runner.book.entries]
      .sort((a, b) => a.order - b.order || (a.part < b.part ? -1 : 1))
      .map((entry) => this.#view(entry));
  }

  /** No tick starts a job until `resume`. Resolves to false where there is no such schedule. */
  async pause(id: string): Promise<boolean> {
    return this.#change(id, (before) => before && { ...before, paused: true });
  }

  /** Ticks count again from now on; those that passed meanwhile are not made up for. */
  async resume(id: string): Promise<boolean> {
    const { clock } = this.#context.settings;
    return this.#change(id, (before) => {
      if (before === undefined || !before.paused) return before;
      return { ...before, paused: false, decidedAt: Math.max(before.decidedAt, clock.now()) };
    });
  }

  /** Jobs that it has started go on. Resolves to false where there is no such schedule. */
  async remove(id: string): Promise<boolean> {
    for (;;) {
      const entry = await this.#find(id);
      if (entry === undefined) return false;
      if (await this.#runner.book.remove(entry)) return true;
    }
  }

  /**
   * Starts a job now, beside the ticks, also while paused. Resolves to its id.
   *
   * @throws OffstageError `not_found`; `conflict` while the job before it runs; why it did not start.
   */
  async runNow(id: string): Promise<string> {
    for (;;) {
      const entry = await this.#find(id);
      if (entry === undefined) throw gone();
      const started = await this.#runner.start(entry, entry.record, 'now');
      if ('jobId' in started) return started.jobId;
      if (started.answer === 'still_running') {
        throw new OffstageError(
          'conflict',
          'The last job of this schedule still runs. Run it again when that has ended.',
          { details: { jobId: entry.record.lastJobId } },
        );
      }
    }
  }

  /** Until no other manager was faster. Resolves to whether there is a schedule after it. */
  async #change(
    id: string,
    next: (before: ScheduleRecord | undefined) => ScheduleRecord | undefined,
  ): Promise<boolean> {
    const { book } = this.#runner;
    for (;;) {
      const entry = await this.#find(id);
      const record = next(entry?.record);
      if (record === undefined) return false;
      if (record === entry?.record) return true;
      const order = entry?.order ?? Math.max(0, ...[...book.entries].map((each) => each.order)) + 1;
      if (await book.save(record, order, entry?.rev ?? '')) break;
    }
    this.#runner.look();
    return true;
  }

  async #find(id: string): Promise<ScheduleEntry | undefined> {
    await this.#sync();
    // What is no text is the id of none.
    return typeof id === 'string' ? this.#runner.book.get(id) : undefined;
  }

  async #sync(): Promise<void> {
    if (this.#context.isClosed()) throw managerClosed();
    await this.#runner.sync();
  }

  #view({ record, ticks }: ScheduleEntry): ScheduleView {
    const { input: _, lastJobOwner: __, decidedAt, ...shown } = record;
    // One moment for both, or the sum is another one at each look.
    const now = this.#context.settings.clock.now();
    const due = record.paused ? undefined : ticks(now).due(decidedAt);
    const nextAt = due === undefined ? null : 'at' in due ? due.at : now + due.afterMs;
    return Object.freeze({ ...shown, nextAt });
  }
}

const gone = (): OffstageError =>
  new OffstageError('not_found', 'There is no schedule with this id. Set it first.');

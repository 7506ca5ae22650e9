import { OffstageError } from '../foundation/errors.ts';
import { reading, requireDuration, requireOptions } from '../foundation/invalid-option.ts';
import type { ActivityLease } from './activity-gate.ts';
import type { Activity, JobClient } from './job-client.ts';
import { JobEngine } from './job-engine.ts';
import {
  type JobManagerOptions,
  type JobManagerSettings,
  readOptions,
} from './job-manager-options.ts';
import type { JournalHealth } from './journal.ts';
import type { JobManagerEventName, JobManagerListener } from './manager-events.ts';
import { OwnerClient } from './owner-client.ts';
import { memoryScheduleStore } from './schedule-store.ts';
import { Schedules } from './schedules.ts';

export interface ShutdownOptions {
  /** How long handlers may go on after they were asked to stop, in milliseconds. @default 5000 */
  readonly graceMs?: number | undefined;
  /**
   * With a journal: leave what is queued, and put back what obeys, for the next manager with this
   * journal to go on with. `false` cancels all, as a manager without a journal does. @default true
   */
  readonly keep?: boolean | undefined;
}

export interface ShutdownReport {
  /**
   * Jobs that were active when the shutdown began and ended within the grace; where jobs are kept, those
   * that ran and ended or were put back.
   */
  readonly settled: number;
  /**
   * Jobs whose handlers had not settled by then; they are marked canceled, or, where jobs are kept,
   * interrupted at the next start.
   */
  readonly abandoned: number;
}

/** How a manager is, for a check from outside. */
export interface ManagerHealth {
  /**
   * A start that came now would not be refused for the manager's sake. Beside what `Activity.accepting` says, the
   * journal is read and its newest write was kept; where that was refused, the next one that is kept makes it true.
   */
  readonly accepting: boolean;
  /** `undefined` without a journal. */
  readonly journal: JournalHealth | undefined;
}

/**
 * Runs jobs in the background of this process.
 *
 * The manager belongs to the server: it sees all owners. An owner gets a capability of its own from
 * `forOwner`, and whoever holds it sees that owner's jobs alone.
 *
 * @throws OffstageError `invalid_option`, naming the option.
 * @example
 * const manager = new JobManager({ executor: new InlineExecutor([handle(ingest, ingestDocuments)]) });
 * const jobs = manager.forOwner('alice');
 * const job = await jobs.start(ingest, { uploads: ['a.pdf'] }, { exclusivityKey: 'corpus' });
 * const end = await jobs.wait(job.id);
 * await manager.shutdown();
 */
export class JobManager {
  readonly #settings: JobManagerSettings;
  readonly #engine: JobEngine;
  #schedules: Schedules | undefined;
  #ending: Promise<ShutdownReport> | undefined;

  constructor(options: JobManagerOptions) {
    this.#settings = readOptions(options);
    this.#engine = new JobEngine(this.#settings);
    this.#settings.executor.onError?.((error) => this.#engine.report(error));
  }

  /**
   * Resolves when handlers can run and, with a journal, when that is read and what was interrupted goes
   * on. Clients wait for it by themselves; to call it says at the start why a journal cannot be
   * had, and goes on with kept jobs before the first client comes.
   *
   * @throws OffstageError `locked`, `journal_newer`, `journal_damaged`, `journal_full`, `journal_failed`:
   * make another manager with another journal when that is mended. `executor_failed`: call it again.
   */
  async ready(): Promise<void> {
    try {
      await this.#engine.ready();
      if (this.#settings.journal !== undefined) await this.schedules.open();
    } catch (error) {
      // Whoever ends the manager meanwhile hears of it first, and may end the process by that.
      await this.#ending;
      throw error;
    }
  }

  /** What one owner may see and do. @throws OffstageError `invalid_owner` for an empty id. */
  forOwner(ownerId: string): JobClient {
    if (typeof ownerId !== 'string' || ownerId === '') {
      throw new OffstageError(
        'invalid_owner',
        'An owner id is a string that is not empty, such as the id of a session or a tenant.',
      );
    }
    return new OwnerClient(this.#engine, ownerId, this.#settings.clock);
  }

  /**
   * Active jobs of all owners, leases and maintenance in one look. A job whose handler or
   * discard is still at work counts as running, whatever its status.
   */
  activity(): Activity {
    return this.#engine.activity();
  }

  /** Whether new jobs are taken, and how the journal is. */
  health(): ManagerHealth {
    const { journal } = this.#settings;
    const kept = journal?.health();
    const isOpen = this.#engine.activity().accepting && this.#engine.isReady;
    return Object.freeze({ accepting: isOpen && kept?.writable !== false, journal: kept });
  }

  /**
   * Keeps maintenance out until the lease is released; leases are counted.
   *
   * @throws OffstageError `admission_paused` while maintenance is held.
   * @example
   * using lease = manager.enterForeground();
   */
  enterForeground(): ActivityLease {
    return this.#engine.gate.enterForeground();
  }

  /**
   * Refuses new jobs and foreground leases until it is released.
   *
   * @throws OffstageError `conflict` while a job is active, or a lease or maintenance is held.
   * @example
   * using maintenance = manager.enterMaintenance();
   */
  enterMaintenance(): ActivityLease {
    return this.#engine.gate.enterMaintenance(this.#engine.activeJobs);
  }

  /**
   * Starts jobs at the ticks of cron expressions or every so many milliseconds. Kept as long as
   * the process lives, and over that with a journal.
   *
   * @example
   * await manager.schedules.set('nightly', {
   *   cron: '0 3 * * *', timezone: 'Europe/Berlin', definition: ingest, input: {}, owner: 'system',
   * });
   */
  get schedules(): Schedules {
    this.#schedules ??= new Schedules({
      engine: {
        definition: (name) => this.#settings.definitions.get(name),
        start: async (owner, definition, input, { record }) =>
          (await this.#engine.admission.startScheduled(owner, definition, input, record)).id,
        keepsRecord: this.#settings.journal !== undefined,
        isActive: (owner, id) => this.#engine.find(owner, id)?.atRest === false,
        tell: (event) => {
          this.#engine.events.emit('schedule', event);
          if (event.type === 'failed') this.#engine.report(event.error, undefined, event.id);
        },
      },
      store: this.#engine.scheduleStore() ?? memoryScheduleStore(),
      clock: this.#settings.clock,
    });
    // First asked for when the manager has ended: nobody else would close them.
    if (this.#ending !== undefined) void this.#schedules.close();
    return this.#schedules;
  }

  /** Listens to all owners' jobs; returns the way to stop. */
  on<E extends JobManagerEventName>(event: E, listener: JobManagerListener<E>): () => void {
    return this.#engine.events.on(event, listener);
  }

  /**
   * Admits no more jobs, asks all to stop, and waits for their handlers at most `graceMs`; then marks
   * what is left `canceled` and ends the executor. What such a handler returns later is dropped.
   * The first call decides; later ones give its promise.
   *
   * @throws OffstageError `invalid_option` when `graceMs` is no duration.
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    if (this.#ending === undefined) {
      try {
        requireOptions(options);
        const { graceMs, keep } = reading('options', () => {
          const { graceMs = 5000, keep = true } = options;
          return { graceMs, keep };
        });
        requireDuration('graceMs', graceMs);
        const puts = keep && this.#settings.journal !== undefined;
        this.#ending = puts ? this.#putBack(graceMs) : this.#end(graceMs);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.#ending;
  }

  async #end(graceMs: number): Promise<ShutdownReport> {
    const engine = this.#engine;
    engine.close();
    const closing = this.#schedules?.close();
    const active = engine.activeJobs;
    engine.stopAll();
    await engine.whenIdle(graceMs);
    const abandoned = engine.abandonAll();
    try {
      await this.#settings.executor.shutdown({ graceMs: 0 });
    } catch (error) {
      engine.report(error);
    }
    await closing;
    await engine.closeJournal();
    return Object.freeze({ settled: active - abandoned, abandoned });
  }

  async #putBack(graceMs: number): Promise<ShutdownReport> {
    const engine = this.#engine;
    engine.close();
    const closing = this.#schedules?.close() ?? Promise.resolve();
    const { ran, left } = await engine.putBack(graceMs, closing);
    try {
      await this.#settings.executor.shutdown({ graceMs: 0 });
    } catch (error) {
      engine.report(error);
    }
    return Object.freeze({ settled: ran - left, abandoned: left });
  }
}

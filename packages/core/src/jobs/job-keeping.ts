import type { Clock, Timer } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import { checkSchema, type SchemaCheck } from '../foundation/schema-check.ts';
import { invalidInput, managerClosed } from './admission-errors.ts';
import { DurableJobs } from './durable-jobs.ts';
import { InputCheck } from './input-check.ts';
import type { Job } from './job.ts';
import type { JobExpiry } from './job-expiry.ts';
import type { JobManagerSettings } from './job-manager-options.ts';
import type { JobRegistry } from './job-registry.ts';
import type { JobScheduler } from './job-scheduler.ts';
import type { JobEvent } from './job-state.ts';
import type { JobJournal, KeptJob, KeptSchedule, KeptState } from './journal.ts';
import { keptFailure } from './kept-failures.ts';
import type { KeptJobs } from './kept-jobs.ts';
import { reviveJobs } from './revive-jobs.ts';
import type { ScheduleStore } from './schedule-store.ts';
import type { StartKeys } from './start-keys.ts';

/** What keeping needs of the engine that it belongs to. */
export interface KeepingEngine {
  dispatch(job: Job, event: JobEvent): void;
  report(error: unknown, job?: Job): string;
  /** So many more are active, and so many of them queued. */
  count(job: Job, active: number, queued: number): void;
  discard(job: Job): void;
  executorReady(): Promise<void>;
}

export interface KeepingParts {
  readonly journal: JobJournal;
  readonly settings: JobManagerSettings;
  readonly registry: JobRegistry<Job>;
  readonly scheduler: JobScheduler;
  readonly expiry: JobExpiry;
  readonly kept: KeptJobs;
  readonly startKeys: StartKeys;
  readonly engine: KeepingEngine;
}

/**
 * All that an engine does for a journal (K1): reads it once, goes on with what it holds, and lets jobs
 * change when it has the change. An engine without a journal has none of it.
 */
export class JobKeeping {
  readonly durable: DurableJobs;
  readonly #parts: KeepingParts;
  #reading: Promise<KeptState> | undefined;
  #reviving: Promise<void> | undefined;
  #schedules: readonly KeptSchedule[] = [];
  #isRead = false;
  #isReady = false;
  #isClosed = false;

  constructor(parts: KeepingParts) {
    this.#parts = parts;
    const { engine, registry, scheduler, settings } = parts;
    this.durable = new DurableJobs(parts.journal, {
      clock: settings.clock,
      dispatch: engine.dispatch,
      report: engine.report,
      show: (job) => void job.ownerJobs.jobs.add(job),
      withdraw: (job) => {
        engine.count(job, -1, -1);
        scheduler.releaseKey(job);
        registry.closeOwner(job.ownerJobs);
        scheduler.pump();
      },
      unschedule: (job) => scheduler.unschedule(job),
      resultRefused: (job, error) => this.#resultRefused(job, error),
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  scheduleStore(): ScheduleStore {
    const { journal } = this.#parts;
    return {
      load: async () => {
        await this.ready();
        return this.#schedules;
      },
      save: (schedule) => journal.write({ type: 'schedule', id: schedule.id, schedule }),
      remove: (id) => journal.write({ type: 'schedule', id, schedule: undefined }),
    };
  }

  /**
   * Resolves when the journal is read and what was interrupted goes on.
   *
   * @throws OffstageError why the journal cannot be opened, the same each time; `executor_failed`, and the
   * next call tries again.
   */
  async ready(): Promise<void> {
    if (this.#isReady) return;
    const { journal, engine } = this.#parts;
    this.#reading ??= journal.open();
    const { jobs, schedules } = await this.#reading.catch((error) => {
      throw this.#isClosed ? managerClosed() : error;
    });
    this.#isRead = true;
    await engine.executorReady();
    if (this.#isClosed) throw managerClosed();
    this.#schedules = schedules;
    this.#reviving ??= this.#revive(jobs);
    await this.#reviving;
    this.#isReady = true;
    this.#reading = undefined;
  }

  /** Parses the input of a job that was kept, as it begins; the job ends where that is refused (K5). */
  parse(job: Job, timeout: Timer | undefined, run: () => void): void {
    const check = new InputCheck(timeout);
    job.attempt = check;
    const parsed = (checked: SchemaCheck): void => {
      // Unless it was stopped meanwhile, and perhaps is at its next attempt.
      if (check.isWaitedFor) this.#parsed(job, check, checked, run);
    };
    const checking = checkSchema(job.definition.input, job.input);
    if (checking instanceof Promise) void checking.then(parsed);
    else parsed(checking);
  }

  /**
   * The input for a discard: parsed, or as it was kept where the schema refuses it, or takes longer than
   * its key can wait. In an object, as what a schema makes of it may be a thenable.
   */
  async discardedInput(job: Job): Promise<{ readonly input: unknown }> {
    const checking = checkSchema(job.definition.input, job.input);
    const { clock } = this.#parts.settings;
    const checked = checking instanceof Promise ? await inTime(checking, clock) : checking;
    return { input: checked?.valid === true ? checked.value : job.input };
  }

  /** At a shutdown: what another process has is not waited for. */
  giveUpReading(): void {
    if (this.#reading === undefined || this.#isRead) return;
    this.#isClosed = true;
    const { journal, engine } = this.#parts;
    // It is closed again in the end, which is idempotent.
    void journal.close().catch((error) => engine.report(error));
  }

  /** At a shutdown that puts jobs back: no attempt begins any more, and what runs is asked to stop. */
  leave(): void {
    this.durable.leave();
    for (const job of this.#parts.registry.active()) {
      if (job.state.status !== 'running') continue;
      if (job.isParsed) job.attempt?.stop('shutdown');
      else {
        job.attempt?.end();
        this.#parts.engine.dispatch(job, putBack);
      }
    }
  }

  /** Leaves all jobs to the next process, and says how many still ran. */
  async left(): Promise<number> {
    let running = 0;
    const left: Job[] = [];
    for (const job of this.#parts.registry.active()) {
      left.push(job);
      if (job.state.status === 'queued') continue;
      running += 1;
      job.attempt?.giveUp();
    }
    await this.#end(() => this.durable.left());
    const error = new OffstageError(
      'manager_closed',
      'The manager is shut down. The job is kept, and the next manager with its journal goes on with it.',
    );
    for (const job of left) if (!job.isTerminal) job.leave(error);
    return running;
  }

  /** Nothing is kept from here on. */
  async close(): Promise<void> {
    await this.#end(() => this.durable.close());
  }

  async #end(close: () => Promise<void>): Promise<void> {
    this.#isClosed = true;
    const { engine } = this.#parts;
    // Who calls `ready` hears why it fails.
    await this.#reading?.catch(() => undefined);
    try {
      await close();
    } catch (error) {
      engine.report(error);
    }
  }

  async #revive(jobs: readonly KeptJob[]): Promise<void> {
    const { engine, registry, scheduler, settings, startKeys, expiry, kept } = this.#parts;
    const { executor, definitions, progressCapacity, clock } = settings;
    const revived = reviveJobs(jobs, {
      executor,
      definitions,
      progressCapacity,
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      openOwner: (owner) => registry.openOwner(owner),
      place(job) {
        job.ownerJobs.jobs.add(job);
        if (!job.atRest) engine.count(job, 1, Number(job.state.status === 'queued'));
      },
      claimKey: (job) => void scheduler.claim(job, 'queue'),
      keep(job) {
        job.rest(settings.keepInputs);
        expiry.add(job);
        kept.add(job);
      },
      schedule: (job) => scheduler.schedule(job),
      discard: engine.discard,
      rememberStart(job, idempotencyKey, how) {
        const asked = (): unknown[] => [job.name, job.given, job.exclusivityKey];
        startKeys.remember([job.owner, idempotencyKey], asked, how, job.view());
      },
      dispatch: engine.dispatch,
      report: engine.report,
    });
    scheduler.pump();
    await revived;
  }

  #parsed(job: Job, check: InputCheck, checked: SchemaCheck, run: () => void): void {
    if (checked.valid) {
      check.pass();
      job.parsed(checked.value);
      run();
      return;
    }
    check.end();
    const { engine, settings } = this.#parts;
    const reference = engine.report(invalidInput(job.definition, checked), job);
    const failure = keptFailure('invalid_input', reference);
    engine.dispatch(job, { type: 'failed', at: settings.clock.now(), failure });
  }

  #resultRefused(job: Job, error: OffstageError): void {
    const { engine, settings } = this.#parts;
    const code = error.code === 'too_large' ? error.code : 'not_serializable';
    const failure = keptFailure(code, engine.report(error, job));
    engine.dispatch(job, { type: 'failed', at: settings.clock.now(), failure });
  }
}

const putBack: JobEvent = { type: 'putBack' };

/** How long a discard waits for the schema of its input. */
const discardCheckMs = 10_000;

/** `undefined` where the schema has not answered by then. */
function inTime(checking: Promise<SchemaCheck>, clock: Clock): Promise<SchemaCheck | undefined> {
  return new Promise((resolve) => {
    const timer = clock.schedule(discardCheckMs, () => resolve(undefined), { keepAlive: true });
    void checking.then((checked) => {
      timer.cancel();
      resolve(checked);
    });
  });
}

import type { Timer } from '../foundation/clock.ts';
import { JobCanceledError, type StopReason } from '../foundation/errors.ts';
import { checkSchema, type SchemaCheck } from '../foundation/schema-check.ts';
import { ActivityGate } from './activity-gate.ts';
import { executorFailed, invalidResult } from './admission-errors.ts';
import { Attempt, type AttemptKeeper } from './attempt.ts';
import { ChangeHints } from './change-hints.ts';
import { ExecutorReadiness } from './executor-readiness.ts';
import { describeFailure, timeoutFailure } from './failure.ts';
import { IdleWait } from './idle-wait.ts';
import type { Job } from './job.ts';
import { JobAdmission } from './job-admission.ts';
import type { Activity } from './job-client.ts';
import { JobCounts } from './job-counts.ts';
import { JobDelay } from './job-delay.ts';
import type { DiscardOutcome, JobOutcome } from './job-executor.ts';
import { JobExpiry } from './job-expiry.ts';
import { JobKeeping } from './job-keeping.ts';
import type { JobManagerSettings } from './job-manager-options.ts';
import { tellNews } from './job-news.ts';
import { JobRegistry, type Watcher } from './job-registry.ts';
import { JobScheduler } from './job-scheduler.ts';
import { type JobAction, type JobEvent, noActions, transition } from './job-state.ts';
import type { JobFailure, JobStatus } from './job-view.ts';
import type { JobsById } from './jobs-by-id.ts';
import { KeptJobs } from './kept-jobs.ts';
import { ManagerEvents } from './manager-events.ts';
import { retryDelayMs } from './retry-policy.ts';
import type { ScheduleStore } from './schedule-store.ts';
import { StartKeys } from './start-keys.ts';
import { watchJobs } from './watch-jobs.ts';

/**
 * The manager's inside: takes a job from its start to its release. `JobManager` and its clients are
 * doors to it. What happens to a job goes through `dispatch`: `transition` decides, and the engine
 * carries out the actions that it answers, in their order.
 *
 * A job counts as active, and holds its slot and its key, until it is at rest: nothing of the
 * application's runs for it any more.
 */
export class JobEngine implements AttemptKeeper {
  readonly events: ManagerEvents;
  readonly gate = new ActivityGate();
  readonly admission: JobAdmission;
  readonly #settings: JobManagerSettings;
  readonly #registry = new JobRegistry<Job>();
  readonly #scheduler: JobScheduler;
  readonly #expiry: JobExpiry;
  readonly #kept: KeptJobs;
  readonly #idle = new IdleWait();
  readonly #startKeys = new StartKeys();
  readonly #hints: ChangeHints;
  readonly #watched: Parameters<typeof watchJobs>[0];
  readonly #told: Parameters<typeof tellNews>[2];
  readonly #readiness: ExecutorReadiness;
  /** With a journal. */
  readonly #keeping: JobKeeping | undefined;
  readonly #counts = new JobCounts();
  #putsBack = false;

  constructor(settings: JobManagerSettings) {
    this.#settings = settings;
    this.#readiness = new ExecutorReadiness(settings.executor);
    this.events = new ManagerEvents(() => this.#reference());
    this.#scheduler = new JobScheduler({
      ...settings,
      begin: (job, at = this.#now()) => this.dispatch(job, { type: 'started', at }, at),
    });
    this.#expiry = new JobExpiry(settings.clock, settings.ttlMs, (job) =>
      this.dispatch(job, released),
    );
    this.#kept = new KeptJobs(
      settings,
      () => this.#registry.owners(),
      (job) => this.dispatch(job, released),
    );
    this.#hints = new ChangeHints((call) => this.events.guard(call));
    this.#watched = { registry: this.#registry, hints: this.#hints, expiry: this.#expiry };
    this.#told = { events: this.events, hints: this.#hints };
    const { journal } = settings;
    this.#keeping =
      journal &&
      new JobKeeping({
        journal,
        settings,
        registry: this.#registry,
        scheduler: this.#scheduler,
        expiry: this.#expiry,
        kept: this.#kept,
        startKeys: this.#startKeys,
        engine: {
          dispatch: (job, event) => this.dispatch(job, event),
          report: (error, job) => this.report(error, job),
          count: ({ ownerJobs }, active, queued) => this.#counts.add(ownerJobs, active, queued),
          discard: (job) => void this.#discard(job),
          executorReady: () => this.#readiness.wait(),
        },
      });
    this.admission = new JobAdmission({
      settings,
      registry: this.#registry,
      scheduler: this.#scheduler,
      startKeys: this.#startKeys,
      gate: this.gate,
      readiness: this.#readiness,
      counts: this.#counts,
      keeping: this.#keeping,
      dispatch: (job, event, at) => this.dispatch(job, event, at),
      requestStop: (job, reason) => this.#requestStop(job, reason),
    });
  }

  /** Whether jobs can be looked up; without a journal always. */
  get isReady(): boolean {
    return this.#keeping?.isReady ?? true;
  }

  /** @throws OffstageError `executor_failed`, and why a journal cannot be opened. */
  async ready(): Promise<void> {
    await (this.#keeping?.ready() ?? this.#readiness.wait());
  }

  // What a client asks for.

  /** Where schedules are kept; without a journal nowhere. */
  scheduleStore(): ScheduleStore | undefined {
    return this.#keeping?.scheduleStore();
  }

  find(owner: string, id: string): Job | undefined {
    return this.#registry.find(owner, id);
  }

  /** The same, and its time to live begins anew (J13). */
  look(owner: string, id: string): Job | undefined {
    const job = this.#registry.find(owner, id);
    if (job === undefined) return undefined;
    this.#expiry.look(job);
    this.#kept.look(job);
    return job;
  }

  jobs(owner: string): JobsById<Job> | undefined {
    return this.#registry.ownerJobs(owner)?.jobs;
  }

  /** Another text after every change of the owner's jobs, progress apart (F7). */
  version(owner: string): string {
    const version = this.#registry.version(owner);
    return version === undefined ? '' : `${version}.${this.gate.changes}`;
  }

  /** @throws with a journal, why that does not keep it; the handler is asked to stop nonetheless. */
  cancel(owner: string, id: string): boolean | Promise<boolean> {
    const job = this.#registry.find(owner, id);
    if (job === undefined || job.isTerminal) return false;
    this.#requestStop(job, 'canceled');
    return this.#keeping?.durable.kept(job).then(() => true) ?? true;
  }

  consume(owner: string, id: string): boolean | Promise<boolean> {
    const job = this.#registry.find(owner, id);
    if (job === undefined || !job.atRest) return false;
    this.dispatch(job, released);
    return this.#keeping?.durable.kept(job).then(() => true) ?? true;
  }

  /** The activity of one owner, or of all. */
  activity(owner?: string): Activity {
    const { gate } = this;
    const ownerJobs = owner === undefined ? undefined : this.#registry.ownerJobs(owner);
    const queued = owner === undefined ? this.#counts.queued : (ownerJobs?.queued ?? 0);
    const active = owner === undefined ? this.#counts.active : (ownerJobs?.active ?? 0);
    return Object.freeze({
      queued,
      running: active - queued,
      foregroundLeases: gate.foregroundLeases,
      maintenance: gate.maintenance,
      accepting: !this.admission.isClosed && !gate.maintenance,
    });
  }

  watch(owner: string, id: string | undefined, onChange: Watcher['onChange']): () => void {
    return watchJobs(this.#watched, { owner, id, onChange });
  }

  // What the end of the manager asks for (J14).

  get activeJobs(): number {
    return this.#counts.active;
  }

  close(): void {
    this.admission.close();
    this.#scheduler.close();
    this.#keeping?.giveUpReading();
  }

  /**
   * Asks what runs to stop, to be put back, and gives it `withinMs`; then, and after `others`, closes the
   * journal. Says how many ran, and still do.
   */
  async putBack(
    withinMs: number,
    others: Promise<void>,
  ): Promise<{ readonly ran: number; readonly left: number }> {
    const keeping = this.#keeping;
    if (keeping === undefined) return { ran: 0, left: 0 };
    this.#putsBack = true;
    const ran = this.#counts.running;
    keeping.leave();
    if (ran > 0) await this.#idle.wait(withinMs, this.#settings.clock);
    await others;
    return { ran, left: await keeping.left() };
  }

  /** Nothing is written to the journal any more. */
  async closeJournal(): Promise<void> {
    await this.#keeping?.close();
  }

  stopAll(): void {
    for (const job of this.#registry.active()) {
      if (!job.isTerminal) this.#requestStop(job, 'shutdown');
    }
  }

  /** Resolves when no job is active, or after `withinMs`. */
  whenIdle(withinMs: number): Promise<void> {
    return this.#counts.active === 0
      ? Promise.resolve()
      : this.#idle.wait(withinMs, this.#settings.clock);
  }

  /** Marks what still runs as canceled, and says how many that were. */
  abandonAll(): number {
    let count = 0;
    for (const job of this.#registry.active()) {
      // Of one whose end is being kept nothing runs any more.
      if (!job.state.isHandling || job.pendingWrite?.type === 'ended') continue;
      count += 1;
      this.dispatch(job, { type: 'abandoned', at: this.#now() });
      // Only a schema has not answered, and nobody waits for that (F5).
      if (job.attempt?.isOver === true) this.#stopped(job);
    }
    return count;
  }

  /** Tells the server's log, and gives the reference under which it did. */
  report(error: unknown, job?: Job, schedule?: string): string {
    const reference = this.#reference();
    const source =
      job === undefined
        ? schedule !== undefined && { schedule }
        : { jobId: job.id, name: job.definition.name, owner: job.ownerJobs.owner };
    this.events.emit('error', { error, reference, ...source });
    return reference;
  }

  // What happens to jobs.

  /** `at` is now, where the caller has looked at the clock: a tiny job feels each look. */
  dispatch(job: Job, event: JobEvent, at?: number): void {
    if (this.#keeping?.durable.holds(job, event) === true) return;
    const before = job.state;
    const { state, actions } = transition(before, event);
    if (actions === noActions) return;
    if (state !== before) {
      if (state.status !== before.status) this.#count(job, before.status, state.status);
      job.become(state);
    }
    for (let index = 0; index < actions.length; index += 1) {
      const action = actions[index];
      // What a journal keeps is written by now: see `holds`.
      if (action !== undefined && action.type !== 'write') this.#carryOut(job, action);
    }
    // What lets no other job begin.
    if (event.type === 'progress' || event.type === 'dropped' || event.type === 'released') return;
    this.#scheduler.pump(at);
    if (this.#putsBack && this.#counts.running === 0) this.#idle.end();
  }

  #count({ ownerJobs }: Job, before: JobStatus, after: JobStatus): void {
    const change = Number(after === 'queued') - Number(before === 'queued');
    ownerJobs.queued += change;
    this.#counts.queued += change;
  }

  #carryOut(job: Job, action: Exclude<JobAction, { readonly type: 'write' }>): void {
    switch (action.type) {
      case 'tell':
        tellNews(job, action.news, this.#told);
        break;
      case 'run':
        this.#run(job);
        break;
      case 'schedule':
        this.#scheduler.schedule(job);
        break;
      case 'unschedule':
        this.#scheduler.unschedule(job);
        break;
      case 'freeSlot':
        job.attempt = undefined;
        this.#scheduler.freeSlot(job);
        break;
      case 'stop':
        if (job.state.stopReason !== null) job.attempt?.stop(job.state.stopReason);
        break;
      case 'discard':
        void this.#discard(job);
        break;
      case 'releaseKey':
        this.#rest(job);
        break;
      case 'forget':
        this.#forget(job);
        break;
    }
  }

  handlerSettled(job: Job, outcome: JobOutcome): boolean {
    if (job.isTerminal) {
      this.#stopped(job);
    } else if (outcome.type === 'returned') {
      return this.#returned(job, outcome.value);
    } else if (outcome.type === 'threw') {
      this.#failed(job, outcome.error);
    } else if (this.#putsBack && job.state.stopReason === null) {
      this.dispatch(job, { type: 'putBack' });
    } else if (job.state.stopReason === 'timeout') {
      const error = new JobCanceledError('timeout');
      this.#retryOrFail(job, error, timeoutFailure(this.report(error, job)));
    } else {
      this.#stopped(job);
    }
    return false;
  }

  keepSaved(job: Job, state: unknown): Promise<void> | undefined {
    return this.#keeping?.durable.saved(job, state);
  }

  #stopped(job: Job): void {
    job.attempt?.end();
    this.dispatch(job, { type: 'stopped', at: this.#now(), reference: '' });
  }

  #requestStop(job: Job, reason: StopReason): void {
    this.dispatch(job, { type: 'stopRequested', reason, at: this.#now() });
    this.#stopChecking(job, reason);
  }

  /** Where no handler is there to obey: only the schema of its result, or of its input, has not answered. */
  #stopChecking(job: Job, reason: StopReason | null): void {
    if (job.state.status !== 'running' || job.attempt?.isOver !== true) return;
    if (reason === null || reason === 'shutdown') return;
    job.attempt.end();
    this.handlerSettled(job, { type: 'stopped' });
  }

  #run(job: Job, timeout = this.#limitTime(job)): void {
    if (!job.isParsed) {
      this.#keeping?.parse(job, timeout, () => this.#run(job, timeout));
      // It may have been asked as it began.
      this.#stopChecking(job, job.state.stopReason);
      return;
    }
    const attempt = new Attempt(job, this);
    job.attempt = attempt;
    try {
      attempt.attach(this.#settings.executor.run(job.task(), attempt), timeout);
    } catch (error) {
      timeout?.cancel();
      attempt.settled({ type: 'threw', error: executorFailed(error) });
    }
  }

  #limitTime(job: Job): Timer | undefined {
    const { timeoutMs } = job.definition;
    if (timeoutMs === undefined) return undefined;
    return this.#settings.clock.schedule(timeoutMs, () => this.#requestStop(job, 'timeout'));
  }

  /** Whether the schema of the result takes its time. */
  #returned(job: Job, value: unknown): boolean {
    const checking = checkSchema(job.definition.result, value);
    if (!(checking instanceof Promise)) {
      this.#checked(job, checking);
      return false;
    }
    const { attempt } = job;
    void checking.then((checked) => {
      // Unless it was stopped meanwhile, and perhaps is at its next attempt.
      if (job.attempt !== attempt || job.state.status !== 'running') return;
      attempt?.end();
      this.#checked(job, checked);
    });
    return true;
  }

  #checked(job: Job, checked: SchemaCheck): void {
    if (checked.valid) {
      const at = this.#now();
      this.dispatch(job, { type: 'returned', at, result: checked.value }, at);
    } else {
      this.#failed(job, invalidResult(job.definition, checked));
    }
  }

  #failed(job: Job, error: unknown): void {
    this.#retryOrFail(job, error, describeFailure(error, this.report(error, job)));
  }

  #retryOrFail(job: Job, error: unknown, failure: JobFailure): void {
    const at = this.#now();
    const { retry } = job.definition;
    const delayMs = retryDelayMs(retry, job.state.attempt, error, this.#settings.random);
    if (delayMs === undefined) {
      this.dispatch(job, { type: 'failed', at, failure });
    } else {
      job.delay = delayMs === 0 ? undefined : new JobDelay(job, { afterMs: delayMs });
      this.dispatch(job, { type: 'retrying', at, availableAt: at + Math.round(delayMs), failure });
      // Nobody would attempt it any more, unless it is kept for the next process.
      if (this.admission.isClosed && !this.#putsBack) this.#requestStop(job, 'shutdown');
    }
  }

  /** Called once per job: when it is terminal and its handler, if it ran, has settled (J9). */
  async #discard(job: Job): Promise<void> {
    const { status, failure } = job.state;
    const outcome: DiscardOutcome =
      status === 'failed' ? { status, failure } : { status: 'canceled' };
    try {
      await this.#settings.executor.discard({
        jobId: job.id,
        name: job.definition.name,
        input: job.isParsed ? job.input : (await this.#keeping?.discardedInput(job))?.input,
        outcome,
      });
    } catch (error) {
      this.report(error, job);
    }
    this.dispatch(job, { type: 'discarded' });
  }

  #rest(job: Job): void {
    job.rest(this.#settings.keepInputs);
    this.#scheduler.releaseKey(job);
    job.ownerJobs.active -= 1;
    this.#counts.active -= 1;
    this.#expiry.add(job);
    this.#kept.add(job);
    if (this.#counts.active === 0) this.#idle.end();
  }

  /** One path for consume and expiry (J12, J13). */
  #forget(job: Job): void {
    const { ownerJobs } = job;
    this.#expiry.remove(job);
    this.#kept.remove(job);
    this.#startKeys.forget(job.id);
    this.#registry.remove(ownerJobs, job);
  }

  #now(): number {
    return this.#settings.clock.now();
  }

  #reference(): string {
    // Enough of it to find an error in a log.
    return this.#settings.randomId().slice(0, 13);
  }
}

const released: JobEvent = Object.freeze({ type: 'released' });

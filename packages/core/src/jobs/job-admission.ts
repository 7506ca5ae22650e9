import { OffstageError, type StopReason } from '../foundation/errors.ts';
import { randomId } from '../foundation/random-id.ts';
import { checkSchema, type SchemaCheck } from '../foundation/schema-check.ts';
import type { ActivityGate } from './activity-gate.ts';
import {
  invalidInput,
  keyConflict,
  managerClosed,
  notRetriable,
  queueFull,
  unknownDefinition,
} from './admission-errors.ts';
import type { Due } from './due.ts';
import type { ExecutorReadiness } from './executor-readiness.ts';
import { Job } from './job.ts';
import type { StartOptions } from './job-client.ts';
import type { JobCounts } from './job-counts.ts';
import { type AnyJobDefinition, readDefinition, requireDefinition } from './job-definition.ts';
import { JobDelay } from './job-delay.ts';
import type { HandlerInfo } from './job-executor.ts';
import type { JobKeeping } from './job-keeping.ts';
import type { JobManagerSettings } from './job-manager-options.ts';
import type { JobRegistry } from './job-registry.ts';
import type { JobScheduler } from './job-scheduler.ts';
import { type JobEvent, newJobState } from './job-state.ts';
import type { JobView } from './job-view.ts';
import type { KeptStart } from './kept-entries.ts';
import type { KeyDecision } from './keys.ts';
import type { StartKeys } from './start-keys.ts';
import {
  none,
  planOfNone,
  readStartOptions,
  type StartPlan,
  startedHow,
  startOptionsOf,
} from './start-options.ts';

/** What a start brings that comes from no caller. */
interface StartSource {
  readonly retryOf?: string | undefined;
  readonly schedule?: KeptStart['schedule'];
  readonly idempotencyKey?: string | undefined;
  readonly how?: string | undefined;
}

const noSource: StartSource = Object.freeze({});

const nothingPending = { starting: 0, admitting: 0 };

type KeyWait = Extract<KeyDecision<Job>, { type: 'waits' }>;

/** What admission uses of the engine. */
export interface AdmissionHost {
  readonly settings: JobManagerSettings;
  readonly registry: JobRegistry<Job>;
  readonly scheduler: JobScheduler;
  readonly startKeys: StartKeys;
  readonly gate: ActivityGate;
  readonly readiness: ExecutorReadiness;
  readonly counts: JobCounts;
  /** With a journal. */
  readonly keeping: JobKeeping | undefined;
  readonly dispatch: (job: Job, event: JobEvent, at?: number) => void;
  readonly requestStop: (job: Job, reason: StopReason) => void;
}

/** From what was asked for to a job in the line, or the reason why not (J3). */
export class JobAdmission {
  readonly #host: AdmissionHost;
  #isClosed = false;

  constructor(host: AdmissionHost) {
    this.#host = host;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  start(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    options: StartOptions = none,
  ): Promise<JobView> {
    try {
      const known = readDefinition(definition);
      if (options === none) return this.#start(owner, known, input, planOfNone);
      const read = startOptionsOf(options);
      const plan = readStartOptions(known, read, this.#host.settings.clock.now());
      const { idempotencyKey } = read;
      return idempotencyKey === undefined
        ? this.#start(owner, known, input, plan)
        : this.#startOnce(owner, known, input, plan, read, idempotencyKey);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** `schedule` is what a journal keeps of the schedule, together with the job (A9). */
  startScheduled(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    schedule: KeptStart['schedule'],
  ): Promise<JobView> {
    return this.#start(owner, definition, input, planOfNone, { schedule });
  }

  async #startOnce(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    plan: StartPlan,
    options: StartOptions,
    key: string,
  ): Promise<JobView> {
    const { exclusivityKey } = plan;
    const how = startedHow(plan, options);
    const { keeping } = this.#host;
    if (keeping?.isReady === false) {
      // Which keys are known stands in the journal.
      this.#assertOpen();
      await keeping.ready();
    }
    return this.#host.startKeys.once(
      { scope: [owner, key], asked: [definition?.name, input, exclusivityKey] },
      how,
      () => this.#start(owner, definition, input, plan, { idempotencyKey: key, how }),
      ({ id }) => this.#host.registry.find(owner, id)?.view(),
    );
  }

  // Not async where nothing has to be waited for, which a tiny job would feel.
  #start(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    plan: StartPlan,
    source: StartSource = noSource,
  ): Promise<JobView> {
    if (this.#host.keeping !== undefined) {
      return this.#startKept(this.#host.keeping, owner, definition, input, plan, source);
    }
    try {
      this.#assertOpen();
      if (!this.#host.readiness.isReady) return this.#startLater(owner, definition, input, plan);
      const handler = this.#handlerOf(definition);
      const checked = checkSchema(definition.input, input);
      return checked instanceof Promise
        ? this.#startLater(owner, definition, input, plan, checked)
        : Promise.resolve(this.#admitChecked(owner, definition, handler, checked, plan));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #startLater(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    plan: StartPlan,
    checking?: Promise<SchemaCheck>,
  ): Promise<JobView> {
    if (!this.#host.readiness.isReady) await this.#host.readiness.wait();
    const handler = this.#handlerOf(definition);
    const checked = await (checking ?? checkSchema(definition.input, input));
    return this.#admitChecked(owner, definition, handler, checked, plan);
  }

  async #startKept(
    keeping: JobKeeping,
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    plan: StartPlan,
    { idempotencyKey, how, retryOf, schedule }: StartSource,
  ): Promise<JobView> {
    this.#assertOpen();
    if (!keeping.isReady) await keeping.ready();
    if (!this.#host.readiness.isReady) await this.#host.readiness.wait();
    const handler = this.#handlerOf(definition);
    const checked = await checkSchema(definition.input, input);
    if (!checked.valid) throw invalidInput(definition, checked);
    const again = { ...plan, retryOf: retryOf ?? null };
    const kept = { input, idempotencyKey, how, schedule };
    const job = this.#admit(owner, definition, handler, checked.value, again, kept);
    await keeping.durable.admitted(job);
    return job.view();
  }

  #handlerOf(definition: AnyJobDefinition): HandlerInfo {
    const name: unknown = definition?.name;
    const handler =
      typeof name === 'string' ? this.#host.settings.executor.handler(name) : undefined;
    if (handler === undefined) throw unknownDefinition(definition);
    requireDefinition(definition);
    return handler;
  }

  #admitChecked(
    owner: string,
    definition: AnyJobDefinition,
    handler: HandlerInfo,
    checked: SchemaCheck,
    plan: StartPlan,
  ): JobView {
    if (!checked.valid) throw invalidInput(definition, checked);
    return this.#admit(owner, definition, handler, checked.value, plan).view();
  }

  /** @throws OffstageError `not_found`, `not_retriable`, and what `start` throws. */
  retry(owner: string, id: string): JobView | Promise<JobView> {
    const job = this.#host.registry.find(owner, id);
    if (job === undefined) throw new OffstageError('not_found', 'There is no such job.');
    const { status } = job.state;
    if (status !== 'failed' && status !== 'canceled') {
      throw notRetriable('Only a job that ended failed or canceled can be started again.');
    }
    if (!job.isRetriable) {
      throw notRetriable(
        'The input of this job was not kept. Start it anew, or give the manager keepInputs: true.',
      );
    }
    const { definition, handler, input, exclusivityKey, priority } = job;
    if (this.#host.keeping !== undefined) {
      const plan = { ...planOfNone, exclusivityKey, priority };
      return this.#start(owner, definition, job.given, plan, { retryOf: id });
    }
    return this.#admit(owner, definition, handler, input, {
      exclusivityKey,
      onConflict: 'reject',
      priority,
      due: undefined,
      transfer: undefined,
      retryOf: id,
    }).view();
  }

  /** No job is taken any more. */
  close(): void {
    this.#isClosed = true;
  }

  // Admission (J3).

  /** From the first look to the job in the queue without a turn of the event loop (J7, J15). */
  #admit(
    owner: string,
    definition: AnyJobDefinition,
    handler: HandlerInfo,
    input: unknown,
    plan: StartPlan,
    kept?: KeptStart,
  ): Job {
    this.#assertAdmissible(owner, definition, plan);
    const job = this.#newJob(owner, definition, handler, input, plan, kept);
    if (plan.exclusivityKey !== undefined) return this.#enterByKey(job, plan, kept);
    this.#enter(job, plan.due, kept);
    return job;
  }

  #assertAdmissible(owner: string, definition: AnyJobDefinition, plan: StartPlan): void {
    const { exclusivityKey, onConflict, due } = plan;
    this.#assertOpen();
    this.#host.gate.assertOpen();
    const isHeld = exclusivityKey !== undefined && this.#host.scheduler.isHeld(exclusivityKey);
    if (isHeld && onConflict === 'reject') throw keyConflict(exclusivityKey);
    // Whoever joins a job takes no place.
    if (isHeld && onConflict === 'join') return;
    const { counts, registry, settings } = this.#host;
    if (counts.queued >= settings.maxQueued) {
      this.#assertRoom(owner, definition, !isHeld && due === undefined);
    }
    const { maxActivePerOwner } = settings;
    if ((registry.ownerJobs(owner)?.active ?? 0) >= maxActivePerOwner) {
      throw queueFull(`This owner has ${maxActivePerOwner} active jobs already`);
    }
  }

  /** As many wait as may, unless some of them do so only until they are kept. */
  #assertRoom(owner: string, definition: AnyJobDefinition, mayBegin: boolean): void {
    const { counts, keeping, scheduler, settings } = this.#host;
    const { starting, admitting } = keeping?.durable ?? nothingPending;
    // What is being kept for a slot that is free is shown as queued, and waits for nothing else.
    const soon = Math.min(admitting, scheduler.freeSlots);
    const waiting = counts.queued - starting - soon;
    const begins =
      mayBegin && scheduler.hasRoom(definition.name, owner) && admitting < scheduler.freeSlots;
    if (waiting >= settings.maxQueued && !begins) {
      throw queueFull(`${settings.maxQueued} jobs are waiting already`);
    }
  }

  /** Answers who holds the key, where the job joins that one and is none of its own. */
  #enterByKey(job: Job, { exclusivityKey, onConflict, due }: StartPlan, kept?: KeptStart): Job {
    const decision = this.#host.scheduler.claim(job, onConflict);
    if (decision.type === 'conflict' || decision.type === 'joins') {
      this.#host.registry.closeOwner(job.ownerJobs);
      if (decision.type === 'joins') return decision.holder;
      throw keyConflict(exclusivityKey ?? '');
    }
    this.#enter(job, due, kept);
    if (decision.type === 'waits') {
      if (kept === undefined) this.#makeWay(decision);
      else void this.#makeWayOnceKept(job, decision);
    }
    return job;
  }

  /** The job is there, and waits for its key, its time or a slot; where it is kept, once it is. */
  #enter(job: Job, due: Due | undefined, kept: KeptStart | undefined): void {
    const { ownerJobs } = job;
    const at = job.state.createdAt;
    if (due !== undefined) {
      job.delay = new JobDelay(job, due, this.#host.settings.clock.monotonic());
    }
    this.#host.counts.add(ownerJobs, 1, 1);
    const availableAt = due === undefined ? null : 'at' in due ? due.at : at + due.afterMs;
    if (kept !== undefined) {
      this.#host.keeping?.durable.admit(job, availableAt, kept);
      return;
    }
    ownerJobs.jobs.add(job);
    this.#host.dispatch(
      job,
      availableAt === null ? admitted : { type: 'admitted', availableAt },
      at,
    );
  }

  #makeWay({ replaced, stop }: KeyWait): void {
    if (replaced !== undefined) this.#host.requestStop(replaced, 'replaced');
    if (stop !== undefined) this.#host.requestStop(stop, 'replaced');
  }

  async #makeWayOnceKept(job: Job, decision: KeyWait): Promise<void> {
    try {
      await this.#host.keeping?.durable.admitted(job);
    } catch {
      // It is not there after all, so who waited to replace goes on doing so.
      if (decision.replaced?.isTerminal === false) this.#host.scheduler.reclaim(decision.replaced);
      return;
    }
    this.#makeWay(decision);
  }

  #newJob(
    owner: string,
    definition: AnyJobDefinition,
    handler: HandlerInfo,
    input: unknown,
    plan: StartPlan,
    given: KeptStart | undefined,
  ): Job {
    const makeId = this.#host.settings.randomId;
    const id = makeId();
    const ownerJobs = this.#host.registry.openOwner(owner);
    // Our own come once; to look for one among many thousands takes as long as to make it.
    if (makeId !== randomId && ownerJobs.jobs.has(id)) {
      throw new OffstageError('invalid_option', 'randomId gave the id of a job that is there.');
    }
    const { clock, progressCapacity } = this.#host.settings;
    const attempts = definition.retry?.attempts ?? 1;
    const state = newJobState(clock.now(), attempts, handler.discards);
    return new Job(
      { plan, id, ownerJobs, definition, handler, input, progressCapacity, given },
      state,
    );
  }

  #assertOpen(): void {
    if (this.#isClosed) throw managerClosed();
  }
}

const admitted: JobEvent = Object.freeze({ type: 'admitted', availableAt: null });

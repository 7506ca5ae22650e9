import { JobCanceledError, OffstageError } from '../foundation/errors.ts';
import { checkSchema, type SchemaCheck } from '../foundation/schema-check.ts';
import { ActivityGate } from './activity-gate.ts';
import {
  executorFailed,
  invalidInput,
  keyConflict,
  managerClosed,
  queueFull,
  requireStartOptions,
  unknownDefinition,
} from './admission-errors.ts';
import { ChangeHints } from './change-hints.ts';
import { describeFailure } from './failure.ts';
import { Job, type JobKeeper } from './job.ts';
import type { Activity, StartOptions } from './job-client.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import type { DiscardOutcome, HandlerInfo, JobOutcome } from './job-executor.ts';
import { JobExpiry } from './job-expiry.ts';
import type { JobManagerSettings } from './job-manager-options.ts';
import { JobQueue } from './job-queue.ts';
import { JobRegistry, type Watcher } from './job-registry.ts';
import type { JobEvent, JobState } from './job-state.ts';
import { isTerminal, type JobView } from './job-view.ts';
import { KeptJobs } from './kept-jobs.ts';
import { ManagerEvents } from './manager-events.ts';
import { StartKeys } from './start-keys.ts';

/**
 * The manager's inside: takes a job from its start to its release. `JobManager` and its clients are
 * doors to it.
 *
 *   start ─> queue ─> handler ─> (discard) ─> at rest ─> consume or expiry ─> gone
 *                └──── cancel ──────┘
 *
 * A job counts as active, and holds its slot and its key, until it is at rest: nothing of the
 * application's runs for it any more.
 */
export class JobEngine implements JobKeeper {
  readonly events: ManagerEvents;
  readonly gate = new ActivityGate();
  readonly #settings: JobManagerSettings;
  readonly #registry = new JobRegistry<Job>();
  readonly #queue: JobQueue<Job>;
  readonly #expiry: JobExpiry;
  readonly #kept: KeptJobs;
  readonly #startKeys = new StartKeys();
  readonly #hints: ChangeHints;
  #readiness: Promise<void> | undefined;
  #isReady = false;
  #isClosed = false;
  #isPumping = false;
  #active = 0;
  #onIdle: (() => void) | undefined;

  constructor(settings: JobManagerSettings) {
    this.#settings = settings;
    this.events = new ManagerEvents(() => this.#reference());
    this.#queue = new JobQueue(settings.concurrency);
    this.#expiry = new JobExpiry(settings.clock, settings.ttlMs, (job) => this.#release(job));
    this.#kept = new KeptJobs(settings, (job) => this.#release(job));
    this.#hints = new ChangeHints((call) => this.events.guard(call));
  }

  // What a client asks for.

  start(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    options: StartOptions = {},
  ): Promise<JobView> {
    return options.idempotencyKey === undefined
      ? this.#start(owner, definition, input, options)
      : this.#startOnce(owner, definition, input, options, options.idempotencyKey);
  }

  async #startOnce(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    options: StartOptions,
    key: string,
  ): Promise<JobView> {
    requireStartOptions(options);
    const once = { ...options, idempotencyKey: undefined };
    return this.#startKeys.once(
      [owner, key],
      [definition?.name, input, options.exclusivityKey],
      () => this.#start(owner, definition, input, once),
      ({ id }) => this.#registry.find(owner, id)?.view(),
    );
  }

  // Apart from the one above: what a closure holds is made for every call of the function around it.
  async #start(
    owner: string,
    definition: AnyJobDefinition,
    input: unknown,
    options: StartOptions,
  ): Promise<JobView> {
    requireStartOptions(options);
    this.#assertOpen();
    if (!this.#isReady) await this.#ready();
    const name: unknown = definition?.name;
    const handler = typeof name === 'string' ? this.#settings.executor.handler(name) : undefined;
    if (handler === undefined) throw unknownDefinition(definition);
    const checking = checkSchema(definition.input, input);
    const checked = checking instanceof Promise ? await checking : checking;
    if (!checked.valid) throw invalidInput(definition, checked);
    return this.#admit(owner, definition, handler, checked.value, options).view();
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

  /** In the order of their start. */
  jobs(owner: string): Iterable<Job> {
    return this.#registry.ownerJobs(owner)?.jobs.values() ?? [];
  }

  /** Another text after every change of the owner's jobs, progress apart (F7). */
  version(owner: string): string {
    const version = this.#registry.version(owner);
    return version === undefined ? '' : `${version}.${this.gate.changes}`;
  }

  cancel(owner: string, id: string): boolean {
    const job = this.#registry.find(owner, id);
    if (job === undefined || job.isTerminal) return false;
    job.requestStop('canceled', this.#now());
    return true;
  }

  consume(owner: string, id: string): boolean {
    const job = this.#registry.find(owner, id);
    if (job === undefined || !job.atRest) return false;
    this.#release(job);
    return true;
  }

  /** The activity of one owner, or of all. */
  activity(owner?: string): Activity {
    const { gate } = this;
    const ownerJobs = owner === undefined ? undefined : this.#registry.ownerJobs(owner);
    const queued = owner === undefined ? this.#queue.waiting : (ownerJobs?.queued ?? 0);
    const active = owner === undefined ? this.#active : (ownerJobs?.active ?? 0);
    return Object.freeze({
      queued,
      running: active - queued,
      foregroundLeases: gate.foregroundLeases,
      maintenance: gate.maintenance,
      accepting: !this.#isClosed && !gate.maintenance,
    });
  }

  watch(owner: string, id: string | undefined, onChange: Watcher['onChange']): () => void {
    const watcher: Watcher = { onChange };
    const watched =
      id === undefined ? this.#registry.openOwner(owner) : this.#registry.find(owner, id);
    // To watch what is not there looks like watching what never changes (J4).
    if (watched === undefined) return () => {};
    watched.watchers ??= new Set();
    watched.watchers.add(watcher);
    return () => {
      this.#hints.forget(watcher);
      if (watched.watchers?.delete(watcher) !== true || watched.watchers.size > 0) return;
      watched.watchers = undefined;
      if (!(watched instanceof Job)) this.#registry.closeOwner(watched);
      // Unless it was released meanwhile (F3).
      else if (this.#registry.find(owner, watched.id) === watched) this.#expiry.look(watched);
    };
  }

  // What the end of the manager asks for (J14).

  get activeJobs(): number {
    return this.#active;
  }

  close(): void {
    this.#isClosed = true;
  }

  stopAll(): void {
    for (const job of this.#registry.active()) {
      if (!job.isTerminal) job.requestStop('shutdown', this.#now());
    }
  }

  /** Resolves when no job is active, or after `withinMs`. */
  async whenIdle(withinMs: number): Promise<void> {
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#settings.clock.schedule(withinMs, resolve, { keepAlive: true });
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Marks what still runs as canceled, and says how many that were. */
  abandonAll(): number {
    let count = 0;
    for (const job of this.#registry.active()) {
      if (!job.isHandling) continue;
      count += 1;
      job.dispatch({ type: 'abandoned', at: this.#now() });
      // Only its result schema has not answered, and nobody waits for that (F5).
      if (job.handlerSettled) this.#afterAbandoned(job);
    }
    return count;
  }

  /** Tells the server's log, and gives the reference under which it did. */
  report(error: unknown, job?: Job): string {
    const reference = this.#reference();
    const source =
      job === undefined
        ? {}
        : { jobId: job.id, name: job.definition.name, owner: job.ownerJobs.owner };
    this.events.emit('error', { error, reference, ...source });
    return reference;
  }

  // What jobs and their handlers tell.

  changed(job: Job, event: JobEvent, before: JobState): void {
    const ended = job.isTerminal;
    if (before.status === 'queued') {
      job.ownerJobs.queued -= 1;
      if (ended) this.#queue.remove(job);
    }
    // An abandoned handler still runs: what it holds, it holds until it settles (J6).
    const over = ended && !job.isHandling;
    const discards = over && this.#discards(job);
    // At rest before anyone hears of it, so that who hears of it can take its key.
    const at = job.state.endedAt ?? 0;
    if (over && !discards) this.#rest(job);
    this.#tell(job, event);
    if (discards) void this.#discard(job);
    if (over) this.#pump(at);
  }

  handlerSettled(job: Job, outcome: JobOutcome): void {
    if (job.isTerminal) {
      this.#afterAbandoned(job);
    } else if (outcome.type === 'returned') {
      this.#returned(job, outcome.value);
    } else if (outcome.type === 'threw') {
      this.#failed(job, outcome.error);
    } else {
      const timedOut = job.state.stopReason === 'timeout';
      const reference = timedOut ? this.report(new JobCanceledError('timeout'), job) : '';
      this.#end(job, { type: 'stopped', at: this.#now(), reference });
    }
  }

  // Admission (J3).

  async #ready(): Promise<void> {
    this.#readiness ??= this.#settings.executor.ready();
    const readiness = this.#readiness;
    try {
      await readiness;
      this.#isReady = true;
    } catch (error) {
      // The next start tries again.
      if (this.#readiness === readiness) this.#readiness = undefined;
      throw executorFailed(error);
    }
  }

  /** From the first look to the job in the queue without a turn of the event loop (J7, J15). */
  #admit(
    owner: string,
    definition: AnyJobDefinition,
    handler: HandlerInfo,
    input: unknown,
    options: StartOptions,
  ): Job {
    const { maxQueued, maxActivePerOwner, progressCapacity } = this.#settings;
    const { exclusivityKey, transfer } = options;
    this.#assertOpen();
    this.gate.assertOpen();
    if (exclusivityKey !== undefined && this.#queue.isHeld(exclusivityKey)) {
      throw keyConflict(exclusivityKey);
    }
    if (this.#queue.waiting >= maxQueued && !this.#queue.hasFreeSlot) {
      throw queueFull(`${maxQueued} jobs are waiting already`);
    }
    const id = this.#settings.randomId();
    const ownerJobs = this.#registry.openOwner(owner);
    if (ownerJobs.active >= maxActivePerOwner) {
      throw queueFull(`This owner has ${maxActivePerOwner} active jobs already`);
    }
    if (ownerJobs.jobs.has(id)) {
      throw new OffstageError('invalid_option', 'randomId gave the id of a job that is there.');
    }
    const at = this.#now();
    const job = new Job({
      id,
      ownerJobs,
      definition,
      handler,
      exclusivityKey,
      input,
      transfer,
      progressCapacity,
      createdAt: at,
      keeper: this,
    });
    ownerJobs.jobs.set(id, job);
    ownerJobs.queued += 1;
    ownerJobs.active += 1;
    this.#active += 1;
    if (exclusivityKey !== undefined) this.#queue.holdKey(exclusivityKey);
    this.#queue.push(job);
    ownerJobs.changes += 1;
    this.#hints.tell(ownerJobs.watchers, job.id);
    this.#pump(at);
    return job;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw managerClosed();
  }

  // From the queue to the end.

  /** Hands jobs to the executor while there are slots. `at` is now. */
  #pump(at: number): void {
    // A listener that starts a job must not overtake the one that is being handed over.
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let job = this.#queue.take(); job !== undefined; job = this.#queue.take()) {
      this.#run(job, at);
    }
    this.#isPumping = false;
  }

  #run(job: Job, at: number): void {
    const { clock, executor } = this.#settings;
    const { timeoutMs } = job.definition;
    job.isHandling = true;
    job.dispatch({ type: 'started', at });
    try {
      const run = executor.run(job.task(), job);
      const timer =
        timeoutMs === undefined
          ? undefined
          : clock.schedule(timeoutMs, () => job.requestStop('timeout', clock.now()));
      job.attach(run, timer);
    } catch (error) {
      job.settled({ type: 'threw', error: executorFailed(error) });
    }
  }

  #returned(job: Job, value: unknown): void {
    const checking = checkSchema(job.definition.result, value);
    if (checking instanceof Promise) void checking.then((checked) => this.#checked(job, checked));
    else this.#checked(job, checking);
  }

  #checked(job: Job, checked: SchemaCheck): void {
    if (job.isTerminal) {
      this.#afterAbandoned(job);
    } else if (checked.valid) {
      this.#end(job, {
        type: 'returned',
        at: this.#now(),
        result: checked.value,
      });
    } else {
      this.#failed(job, invalidResult(job, checked));
    }
  }

  #failed(job: Job, error: unknown): void {
    const failure = describeFailure(error, this.report(error, job));
    this.#end(job, { type: 'failed', at: this.#now(), failure });
  }

  #end(job: Job, event: JobEvent): void {
    job.isHandling = false;
    job.dispatch(event);
  }

  /** The handler of a job that a shutdown gave up has settled after all (J14). */
  #afterAbandoned(job: Job): void {
    if (!job.isHandling) return;
    job.isHandling = false;
    if (this.#discards(job)) {
      void this.#discard(job);
    } else {
      this.#rest(job);
      this.#pump(this.#now());
    }
  }

  #discards(job: Job): boolean {
    return job.handler.discards && job.state.status !== 'succeeded';
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
        input: job.input,
        outcome,
      });
    } catch (error) {
      this.report(error, job);
    }
    this.#rest(job);
    this.#pump(this.#now());
  }

  #rest(job: Job): void {
    job.rest();
    if (job.state.startedAt !== null) this.#queue.freeSlot();
    if (job.exclusivityKey !== undefined) this.#queue.freeKey(job.exclusivityKey);
    job.ownerJobs.active -= 1;
    this.#active -= 1;
    this.#expiry.add(job);
    this.#kept.add(job);
    if (this.#active === 0) this.#onIdle?.();
  }

  /** One path for consume and expiry (J12, J13). */
  #release(job: Job): void {
    const { ownerJobs } = job;
    this.#expiry.remove(job);
    this.#kept.remove(job);
    this.#startKeys.forget(job.id);
    ownerJobs.jobs.delete(job.id);
    ownerJobs.changes += 1;
    this.#hints.tell(job.watchers, job.id);
    this.#hints.tell(ownerJobs.watchers, job.id);
    this.#registry.closeOwner(ownerJobs);
    if (this.events.has('released')) {
      this.events.emit('released', {
        owner: ownerJobs.owner,
        id: job.id,
        name: job.definition.name,
      });
    }
  }

  #tell(job: Job, event: JobEvent): void {
    const isProgress = event.type === 'progress' || event.type === 'dropped';
    const kind = isProgress ? 'progress' : 'change';
    if (!isProgress) job.ownerJobs.changes += 1;
    this.#hints.tell(job.watchers, job.id, kind);
    this.#hints.tell(job.ownerJobs.watchers, job.id, kind);
    const { events } = this;
    const { owner } = job.ownerJobs;
    const { status } = job.state;
    if (event.type === 'progress') {
      if (events.has('progress')) {
        events.emit('progress', { owner, job: job.view(), event: event.event });
      }
    } else if (event.type === 'started' || isTerminal(status)) {
      const name = isTerminal(status) ? status : 'started';
      if (events.has(name)) events.emit(name, { owner, job: job.view() });
    }
  }

  #now(): number {
    return this.#settings.clock.now();
  }

  #reference(): string {
    // Enough of it to find an error in a log.
    return this.#settings.randomId().slice(0, 13);
  }
}

function invalidResult(job: Job, refusal: { issues: string; cause?: unknown }): OffstageError {
  return new OffstageError(
    'invalid_result',
    `Job "${job.definition.name}" returned what its result schema refuses: ${refusal.issues}`,
    'cause' in refusal ? { cause: refusal.cause } : {},
  );
}

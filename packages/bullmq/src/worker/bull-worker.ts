import { type AnyJobDefinition, isTerminal, OffstageError, type StopReason } from '@offstage/core';
import {
  describeFailure,
  ManagerEvents,
  type ReportedProgress,
  randomId,
  sleep,
} from '@offstage/core/engine';
import { DelayedError, type Job, Worker } from 'bullmq';
import { newReference } from '../client/manager-options.ts';
import type { JobRecord } from '../records/job-record.ts';
import { type Committed, freedBy, JobStore } from '../records/job-store.ts';
import { Channels } from '../redis/channel.ts';
import { isAway, redisError } from '../redis/redis-errors.ts';
import { RedisLink } from '../redis/redis-link.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import { beatScript } from '../redis/scripts.ts';
import { workerOptionsOf } from '../shared/bull-options.ts';
import { BullQueue } from '../shared/bull-queue.ts';
import { baseOf } from '../shared/names.ts';
import { serverClock } from '../shared/server-clock.ts';
import { Sweeper } from '../shared/sweeper.ts';
import {
  bullReason,
  failedForGood,
  failedForNow,
  isLockLost,
  isMeant,
  putBack,
  putOff,
} from './bull-answers.ts';
import { type AttemptEnd, BullAttempt, type ReturnedAttempt } from './bull-attempt.ts';
import { Discards } from './discards.ts';
import { insist, longestWaitMs } from './insist.ts';
import { PassedJobs } from './passed-jobs.ts';
import { late, within } from './within.ts';
import { WorkBackend } from './work-backend.ts';
import type { BullWorkerSettings } from './worker-options.ts';

// What went wrong here is tried again after so long.
const putOffMs = 1000;
// A job that waits for a limit is woken; should nobody do so, it asks again after so long.
const parkMs = 3_600_000;
// How long Redis may take to hear that this worker leaves, once its jobs have.
const lastWordMs = 1000;
// BullMQ's boards show a job's progress, which is one field of it; it need not be the newest of a burst.
const shownEveryMs = 1000;
// How long a start waits for Redis until it says that there is none; as long as a call of a manager by default.
const joinMs = 10_000;

/** Takes jobs from BullMQ and runs their handlers. See `serveBullJobs`. */
export class BullWorker {
  readonly events = new ManagerEvents(newReference);
  readonly #settings: BullWorkerSettings;
  readonly #link: RedisLink;
  readonly #store: JobStore;
  readonly #bull: BullQueue;
  readonly #channels: Channels;
  readonly #discards: Discards;
  readonly #attempts = new Map<string, BullAttempt>();
  /** Jobs that were asked to stop lately and do not run here: one of them may have begun, and not be known yet. */
  readonly #stopped = new Set<string>();
  /** How long BullMQ has to wait with the next attempt of a job. */
  readonly #delays = new Map<string, number>();
  readonly #passed: PassedJobs;
  #worker: Worker | undefined;
  #backend: WorkBackend | undefined;
  #sweeper: Sweeper | undefined;
  #beat: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;

  constructor(settings: BullWorkerSettings) {
    const { prefix, queueName, executor } = settings;
    this.#link = new RedisLink({
      connection: settings.connection,
      base: baseOf(prefix, queueName),
      clock: settings.clock,
      onLost: (error) => void this.report(error),
    });
    const clock = serverClock(settings.clock, this.#link);
    this.#settings = { ...settings, clock };
    this.#store = new JobStore(this.#link);
    this.#bull = new BullQueue(this.#store, queueName, prefix);
    this.#passed = new PassedJobs(this.#bull, (error, record) => this.report(error, record));
    this.#channels = new Channels(this.#link);
    this.#discards = new Discards({
      store: this.#store,
      executor,
      names: () => this.#handled(),
      clock,
      report: (error, record) => this.report(error, record),
      insist: (act) => this.#insist(act),
      released: (committed) => this.#handOver(committed),
    });
  }

  /** Resolves when jobs are taken. Where Redis is refused it rejects, and they are once that is mended. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { executor } = this.#settings;
    executor.onError?.((error) => this.report(error));
    await executor.ready();
    try {
      const joined = await within(this.#settings.clock, joinMs, this.#join());
      if (joined === late) throw redisError(this.#link.lost ?? new Error('Redis does not answer.'));
    } catch (error) {
      if (!this.#isClosing) void this.#startLater();
      throw error;
    }
    await this.#takeJobs();
  }

  /** Of a start that was refused; an outage has been told already. */
  reportStart(error: unknown): void {
    if (Object(error).code !== 'unavailable' || this.#link.lost === undefined) this.report(error);
  }

  async #startLater(): Promise<void> {
    const { signal } = this.#closing;
    for (let waitMs = 100; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
      try {
        await sleep(this.#settings.clock, waitMs, { signal, keepAlive: true });
        await this.#join();
        return await this.#takeJobs();
      } catch {
        // It has been told, and is looked for again.
        if (signal.aborted || this.#worker !== undefined) return;
      }
    }
  }

  /** Redis is there and fit, and knows of this worker. */
  async #join(): Promise<void> {
    await this.#link.ready();
    this.#store.knowHandlers(this.#discarding());
    await this.#introduce();
  }

  async #takeJobs(): Promise<void> {
    this.#closing.signal.throwIfAborted();
    const { queueName, clock, lockMs, rate, concurrency } = this.#settings;
    const report = (error: unknown): void => void this.report(error);
    this.#sweeper = new Sweeper({
      link: this.#link,
      bull: this.#bull,
      clock,
      report,
      everyMs: 1000,
      overdueMs: 5000,
    });
    this.#channels.listen('workers', {
      onMessage: (text) => this.#hear(text),
      onUp: (isUp) => {
        if (!isUp) return;
        void this.#introduce().catch(report);
        void this.#look();
      },
    });
    this.#beat = setInterval(() => void this.#look(), 1000);
    const backend = WorkBackend.factory(
      {
        ...{ store: this.#store, concurrency, lockMs, report },
        names: this.#handled(),
        isRated: rate !== undefined,
        insist: (act) => this.#insist(act),
        ended: (committed) => this.#follow(committed),
      },
      (made) => {
        this.#backend = made;
      },
    );
    const worker = new Worker(
      queueName,
      (job, token) => this.#process(job, token),
      {
        ...workerOptionsOf(this.#settings),
        connection: this.#link.connect(),
        settings: { backoffStrategy: (_made, _type, _error, job) => this.#delayOf(job) },
      },
      backend,
    );
    worker.on('error', (error) => {
      if (this.#isClosing || isLockLost(error)) return;
      if (isAway(error)) this.#link.lose(error);
      else this.report(error);
    });
    this.#worker = worker;
    await worker.waitUntilReady();
  }

  report(error: unknown, record?: JobRecord): string {
    const reference = newReference();
    const source =
      record === undefined
        ? {}
        : { jobId: record.id, name: record.name, owner: JSON.parse(record.ownerId) };
    this.events.emit('error', { error, reference, ...source });
    return reference;
  }

  /** Takes no more jobs, asks handlers to stop, and puts back what obeys within the grace (K4). */
  shutdown(graceMs: number): Promise<void> {
    this.#ending ??= this.#end(graceMs);
    return this.#ending;
  }

  async #end(graceMs: number): Promise<void> {
    const { clock, executor } = this.#settings;
    this.#closing.abort();
    if (this.#worker === undefined) {
      // It has taken no job, and waits for Redis no more.
      this.#link.close();
      await this.#soon(this.#starting);
    }
    this.#sweeper?.close();
    const closing = this.#worker?.pause(true);
    const running = [...this.#attempts.values()];
    for (const attempt of running) attempt.leave();
    const drained = (async () => {
      while (this.#attempts.size > 0) {
        await Promise.allSettled([...this.#attempts.values()].map(({ ended }) => ended));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#discards.idle();
      await this.#worker?.close();
    })();
    await within(clock, graceMs, drained);
    clearInterval(this.#beat);
    await executor.shutdown({ graceMs: 0 }).catch((error) => void this.report(error));
    // What did not obey is left: its lock ends, and another worker goes on with its next attempt.
    await this.#soon(Promise.allSettled([closing, this.#worker?.close(true), this.#bull.close()]));
    this.#channels.close();
    this.#link.close();
  }

  /** What a Redis that is away would keep us waiting for is waited for no longer. */
  async #soon(done: Promise<unknown> | undefined): Promise<void> {
    await within(this.#settings.clock, lastWordMs, Promise.resolve(done)).catch(() => {});
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  #handled(): readonly string[] {
    const { definitions, executor } = this.#settings;
    return [...definitions.keys()].filter((name) => executor.handler(name) !== undefined);
  }

  /** Which handlers there are, and whether they discard. */
  #discarding(): ReadonlyMap<string, boolean> {
    const { executor } = this.#settings;
    return new Map(
      this.#handled().map((name) => [name, executor.handler(name)?.discards === true]),
    );
  }

  /** Tells managers of the handlers. */
  async #introduce(): Promise<void> {
    const fields = [...this.#discarding()].flatMap(([name, discards]) => [
      name,
      discards ? '1' : '0',
    ]);
    if (fields.length === 0) return;
    await this.#link.call('HSET', `${this.#link.base}handlers`, ...fields);
    await this.#link.call('PUBLISH', `${this.#link.base}workers`, 'joined');
  }

  #hear(text: string): void {
    const [what, id = ''] = text.split(' ');
    if (what === 'discard') this.#discards.look();
    else if (what === 'joined') void this.#passed.offer().catch((error) => void this.report(error));
    else if (this.#attempts.has(id)) void this.#look(id);
    else this.#stopped.add(id);
  }

  /** Whether what runs here may go on: a message may have been lost, or the lock of a paused process. */
  async #look(id?: string): Promise<void> {
    if (id === undefined) {
      this.#discards.look();
      this.#stopped.clear();
    }
    const attempts = [...this.#attempts.values()].filter(
      (attempt) => id === undefined || attempt.id === id,
    );
    if (attempts.length === 0) return;
    try {
      const answers = listOfReply(
        await this.#link.run(
          beatScript,
          attempts.flatMap((attempt) => [attempt.id, attempt.fence]),
        ),
      ).map(textOfReply);
      for (const [index, attempt] of attempts.entries()) {
        const answer = answers[index] ?? 'ok';
        if (answer.startsWith('stop:')) attempt.stop(answer.slice(5) as StopReason);
        else if (answer !== 'ok') attempt.fenceOff();
      }
    } catch (error) {
      if (!this.#isClosing) this.report(error);
    }
  }

  #delayOf(job: { readonly id?: string | undefined } | undefined): number {
    const id = job?.id ?? '';
    const delayMs = this.#delays.get(id) ?? 0;
    this.#delays.delete(id);
    return delayMs;
  }

  /** One job of BullMQ's. What is to become of it is told by what this throws, or not. */
  async #process(job: Job, token: string | undefined): Promise<unknown> {
    try {
      return await this.#take(job, token);
    } catch (error) {
      if (isMeant(error)) throw error;
      // What went wrong is no attempt of the job's, and BullMQ must not count it as one.
      if (!this.#link.isClosed) this.report(error);
      // Nor may it be told of what this throws, where Redis refuses that too.
      return this.#insist(() => putOff(job, putOffMs, token));
    }
  }

  async #take(job: Job, token: string | undefined): Promise<unknown> {
    const id = job.id ?? '';
    const { clock, definitions, executor } = this.#settings;
    const taken = this.#backend?.recordOf(id);
    if (taken?.isBegun)
      return this.#run(job, token, taken.record, definitions.get(taken.record.name));
    let record = taken?.record ?? (await this.#insist(() => this.#store.find(id, 'handler')));
    if (record?.state.isHandling) record = await this.#interrupted(record);
    if (record === undefined) return undefined;
    if (record.state.status !== 'queued') return this.#finish(record);
    const { availableAt } = record.state;
    const now = clock.now();
    if (availableAt !== null && availableAt > now + 50) await putOff(job, availableAt - now, token);
    const definition = definitions.get(record.name);
    if (this.#isClosing) return putBack(job, token);
    if (definition === undefined || executor.handler(record.name) === undefined) {
      return this.#passed.pass(job, token, record);
    }
    this.#passed.forget(id);
    const at = clock.now();
    const started = await this.#insist(() =>
      this.#store.dispatch(
        id,
        ({ state }) => (state.status === 'queued' ? { type: 'started', at } : undefined),
        { newFence: randomId(), known: record },
      ),
    );
    await this.#handOver(started);
    if (started.type === 'limited') return this.#park(job, token, started.waitMs);
    if (started.type !== 'done') {
      return started.type === 'unchanged' ? this.#finish(started.record) : undefined;
    }
    return this.#run(job, token, started.record, definition);
  }

  /** An attempt that has begun. */
  async #run(
    job: Job,
    token: string | undefined,
    record: JobRecord,
    definition: AnyJobDefinition | undefined,
  ): Promise<unknown> {
    const { clock, executor, random } = this.#settings;
    const { id, input, saved } = record;
    if (definition === undefined) return undefined;
    let shownAt = Number.NEGATIVE_INFINITY;
    const attempt = new BullAttempt({
      store: this.#store,
      executor,
      definition,
      clock,
      random,
      record,
      input,
      saved,
      report: (error, about) => this.report(error, about ?? record),
      onProgress: ({ phase, percent, message }: ReportedProgress) => {
        if (clock.monotonic() - shownAt < shownEveryMs) return;
        shownAt = clock.monotonic();
        job.updateProgress({ phase, percent, message }).catch(() => {});
      },
    });
    // One that ran here before was given up, or this one would not have begun.
    this.#attempts.get(id)?.fenceOff();
    this.#attempts.set(id, attempt);
    attempt.begin();
    if (this.#isClosing) attempt.leave();
    if (this.#stopped.delete(id)) void this.#look(id);
    const end = await attempt.ended;
    if (this.#attempts.get(id) === attempt) this.#attempts.delete(id);
    if (end.type !== 'returned') return this.#ended(job, token, end);
    const { next, options } = end;
    const proposal = this.#store.propose(end.record, next, options);
    const isPlain = proposal?.changed.state.status === 'succeeded' && !record.limited;
    // A worker of BullMQ's that is closed by force completes nothing any more.
    if (!isPlain || this.#isClosing) {
      const known = end.record;
      const change = () => this.#store.change(id, next, { ...options, known });
      return this.#ended(job, token, await this.#insist(change));
    }
    // BullMQ's worker completes the job when this resolves, and with it goes the end of the attempt.
    const again = () => this.#store.change(id, next, options);
    this.#backend?.leave(id, { proposal, again });
    return undefined;
  }

  async #ended(
    job: Job,
    token: string | undefined,
    end: Exclude<AttemptEnd, ReturnedAttempt>,
  ): Promise<unknown> {
    switch (end.type) {
      case 'put back':
        return putBack(job, token);
      case 'fenced':
      case 'gone':
        // Whoever took its place tells BullMQ.
        return undefined;
      case 'unchanged':
        return this.#finish(end.record);
      case 'limited':
      case 'done':
        await this.#follow(end);
        if (end.type === 'limited') return this.#park(job, token, end.waitMs);
        return this.#finish(end.record);
    }
  }

  /** What follows from the end of an attempt elsewhere. */
  async #follow(end: Committed): Promise<void> {
    await this.#handOver(end);
    if (end.type === 'done' && end.actions.some(({ type }) => type === 'discard')) {
      this.#discards.look();
    }
  }

  /** The process that ran it is gone, or was away for too long. */
  async #interrupted(record: JobRecord): Promise<JobRecord | undefined> {
    const error = new OffstageError('interrupted', 'The process that ran the job ended.', {
      details: { attempt: record.state.attempt },
    });
    const failure = describeFailure(error, this.report(error, record));
    const at = this.#settings.clock.now();
    const { fence } = record;
    const ended = await this.#insist(() =>
      this.#store.dispatch(
        record.id,
        (known) =>
          known.state.isHandling && known.fence === fence
            ? { type: 'interrupted', at, failure }
            : undefined,
        { newFence: '', known: record },
      ),
    );
    if (ended.type === 'done') {
      await this.#handOver(ended);
      // That attempt may have saved since the job was looked at, until its place was taken: now it cannot.
      return this.#insist(() => this.#store.find(record.id, 'handler'));
    }
    return ended.type === 'unchanged' ? ended.record : undefined;
  }

  /** Tells BullMQ how a job ended, in its own words. */
  #finish({ state, id }: JobRecord): unknown {
    const reason = bullReason(state);
    if (reason === undefined) return undefined;
    if (isTerminal(state.status)) throw failedForGood(reason);
    const { availableAt } = state;
    this.#delays.set(id, Math.max(0, (availableAt ?? 0) - this.#settings.clock.now()));
    throw failedForNow(reason);
  }

  /** It waits for a limit in BullMQ's list of delayed jobs, and takes no slot there. */
  async #park(job: Job, token: string | undefined, waitMs: number | undefined): Promise<never> {
    if (waitMs !== undefined) return putOff(job, waitMs, token);
    await job.moveToDelayed(Date.now() + parkMs, token);
    // It may have been woken before it was there to be found.
    const isParked = await this.#link.call('HEXISTS', `${this.#link.base}job:${job.id}`, 'parked');
    if (isParked !== 1) await this.#bull.addKnown(job.id ?? '', this.#settings.clock.now());
    throw new DelayedError();
  }

  #insist<T>(act: () => Promise<T>): Promise<T> {
    const { clock } = this.#settings;
    return insist({ clock, link: this.#link, report: (error) => this.report(error) }, act);
  }

  async #handOver(committed: Committed): Promise<void> {
    for (const freed of freedBy(committed)) {
      try {
        await this.#bull.addKnown(freed, this.#settings.clock.now());
      } catch (error) {
        // It stands among those that are overdue soon.
        this.report(error);
      }
    }
  }
}

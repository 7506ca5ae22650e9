import type { StopReason } from '@offstage/core';
import { ManagerEvents, sleep } from '@offstage/core/engine';
import { Worker } from 'bullmq';
import { ReplyError } from 'ioredis';
import { newReference } from '../client/manager-options.ts';
import type { JobRecord } from '../records/job-record.ts';
import { JobStore } from '../records/job-store.ts';
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
import { late, within } from '../shared/within.ts';
import { isLockLost } from './bull-answers.ts';
import { Discards } from './discards.ts';
import { insist, longestWaitMs } from './insist.ts';
import { PassedJobs } from './passed-jobs.ts';
import { TakenJobs } from './taken-jobs.ts';
import { WorkBackend } from './work-backend.ts';
import type { BullWorkerSettings } from './worker-options.ts';

// How long Redis may take to hear that this worker leaves, once its jobs have.
const lastWordMs = 1000;
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
  readonly #taken: TakenJobs;
  readonly #passed: PassedJobs;
  #worker: Worker | undefined;
  #backend: WorkBackend | undefined;
  #sweeper: Sweeper | undefined;
  #beat: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #executorEnd: Promise<unknown> | undefined;

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
      released: (committed) => this.#taken.handOver(committed),
    });
    this.#taken = new TakenJobs({
      ...{ settings: this.#settings, store: this.#store, bull: this.#bull, passed: this.#passed },
      backend: () => this.#backend,
      isClosing: () => this.#isClosing,
      look: (id) => void this.#look(id),
      discard: () => this.#discards.look(),
      report: (error, record) => this.report(error, record),
      insist: (act) => this.#insist(act),
    });
  }

  /** Resolves when jobs are taken, or it was shut down before. Where Redis is refused it rejects, and they are once that is mended. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error) => {
      // Whoever shuts it down asks for no jobs any more.
      if (!this.#isClosing) throw error;
    });
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
      forgotten: () => this.#introduce(),
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
        ended: (committed) => this.#taken.follow(committed),
      },
      (made) => {
        this.#backend = made;
      },
    );
    const worker = new Worker(
      queueName,
      (job, token) => this.#taken.process(job, token),
      {
        ...workerOptionsOf(this.#settings),
        connection: this.#link.connect(),
        settings: { backoffStrategy: (_made, _type, _error, job) => this.#taken.delayOf(job) },
      },
      backend,
    );
    worker.on('error', (error) => {
      if (this.#isClosing || isLockLost(error)) return;
      if (isAway(error)) this.#link.lose(error);
      else this.report(error instanceof ReplyError ? redisError(error) : error);
    });
    this.#worker = worker;
    await worker.waitUntilReady();
  }

  report(error: unknown, record?: JobRecord): string {
    const reference = newReference();
    if (this.#link.isOfClosing(error)) return reference;
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
    const { clock } = this.#settings;
    this.#closing.abort();
    if (this.#worker === undefined) {
      // It has taken no job, and waits for Redis no more.
      this.#link.close();
      await this.#endExecutor();
      await this.#soon(this.#starting);
    }
    this.#sweeper?.close();
    const closing = this.#worker?.pause(true);
    for (const attempt of this.#taken.attempts()) attempt.leave();
    const drained = (async () => {
      while (this.#taken.attempts().length > 0) {
        await Promise.allSettled(this.#taken.attempts().map(({ ended }) => ended));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#discards.idle();
      await this.#worker?.close();
    })();
    await within(clock, graceMs, drained);
    clearInterval(this.#beat);
    this.#discards.close();
    await this.#endExecutor();
    // What did not obey is left: its lock ends, and another worker goes on with its next attempt.
    const ends = [closing, this.#worker?.close(true), this.#bull.close(), this.#discards.idle()];
    await this.#soon(Promise.allSettled(ends));
    this.#channels.close();
    this.#link.close();
  }

  #endExecutor(): Promise<unknown> {
    const { executor } = this.#settings;
    this.#executorEnd ??= executor.shutdown({ graceMs: 0 }).catch((error) => this.report(error));
    return this.#executorEnd;
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
    else this.#taken.stopAsked(id);
  }

  /** Whether what runs here may go on: a message may have been lost, or the lock of a paused process. */
  async #look(id?: string): Promise<void> {
    if (id === undefined) {
      this.#discards.look();
      this.#taken.forgetStopped();
    }
    const attempts = this.#taken.attempts(id);
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

  #insist<T>(act: () => Promise<T>): Promise<T> {
    const { clock } = this.#settings;
    return insist({ clock, link: this.#link, report: (error) => this.report(error) }, act);
  }
}

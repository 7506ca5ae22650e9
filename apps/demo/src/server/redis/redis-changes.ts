import path from 'node:path';
import { BullJobManager } from '@offstage/bullmq';
import {
  type AnyJobDefinition,
  type FailedJobView,
  isTerminal,
  type JobClient,
  type JobManagerEventName,
  type JobManagerListener,
  type JobView,
  OffstageError,
  type ShutdownOptions,
  type StartOptions,
  type TerminalJobView,
} from '@offstage/core';
import { ManagerEvents } from '@offstage/core/engine';
import { parseCacheFolder } from '../../change/change-handler.ts';
import { change } from '../../change/change-job.ts';
import { changeWork } from '../../change/change-work.ts';
import type { HostedChanges, HostedChangesOptions } from '../changes/hosted-changes.ts';
import type { KeptChange } from '../changes/kept-changes.ts';
import { newReference } from '../logs/logger.ts';
import { ChangeRecord, type RecordedChange } from './change-record.ts';
import { IngestProcesses } from './ingest-processes.ts';
import { RedisTroubles } from './redis-troubles.ts';
import { queueNameOf } from './worker-setup.ts';

export interface RedisOptions {
  /** Such as `redis://user:password@127.0.0.1:6379`. */
  readonly url: string;
  /** How many processes run changes. @default 2 */
  readonly workers?: number | undefined;
  /** A worker that is silent for this many milliseconds counts as gone. @default 10_000 */
  readonly lockMs?: number | undefined;
  /** What is wrong with Redis, in a line. @default nobody is told */
  readonly onTrouble?: ((line: string) => void) | undefined;
}

const redisTimeoutMs = 5000;

/**
 * Changes in processes of their own, kept in Redis. This process starts and watches them.
 *
 * Messages of Redis may be lost, and the end of a change must not be: it frees the corpus and the change's
 * uploads. So each change is waited for, and what a former server did not see the end of is looked up.
 */
export class RedisChanges implements HostedChanges {
  /** What is read ahead would have to be read by the process that runs the change. */
  readonly reader = undefined;
  /** Redis is waited for, and goes on where it was. */
  readonly isBroken = false;
  readonly #options: HostedChangesOptions;
  readonly #manager: BullJobManager;
  readonly #events = new ManagerEvents(newReference);
  readonly #record: ChangeRecord;
  readonly #troubles: RedisTroubles;
  #isOpen = false;
  readonly #processes: IngestProcesses;
  /** Changes at work, until their ends have been told. */
  readonly #ends = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: HostedChangesOptions, redis: RedisOptions) {
    const { url, workers = 2, lockMs = 10_000, onTrouble = () => undefined } = redis;
    const { dataFolder, stub, note } = options;
    this.#options = options;
    const queueName = queueNameOf(dataFolder);
    this.#manager = new BullJobManager({
      connection: { url },
      ...{ queueName, redisTimeoutMs },
      definitions: [changeWork],
      maxQueued: 100,
      maxActivePerOwner: 10,
    });
    this.#troubles = new RedisTroubles(onTrouble);
    this.#manager.on('error', (news) => {
      // Whoever starts and ends the server hears of it otherwise.
      if (this.#isOpen && !this.#closing.signal.aborted) this.#troubles.notice(news.error);
      this.#events.emit('error', news);
    });
    this.#record = new ChangeRecord(dataFolder);
    const parsed = (worker: number): string =>
      path.join(parseCacheFolder(dataFolder), String(worker));
    this.#processes = new IngestProcesses({
      setups: Array.from({ length: workers }, (_, index) => ({
        ...{ url, queueName, lockMs, stub },
        parsed: parsed(index + 1),
      })),
      note,
    });
  }

  forOwner(owner: string): JobClient {
    const client = this.#manager.forOwner(owner);
    const start = (definition: AnyJobDefinition, input: unknown, options?: StartOptions) =>
      this.#start(client, owner, { definition, input, options });
    const consume = async (id: string): Promise<boolean> => {
      const end = this.#ends.get(id);
      const status = end && (await client.get(id))?.status;
      // How it ended would not be known any more.
      if (status !== undefined && isTerminal(status)) await end;
      return client.consume(id);
    };
    return new Proxy(client, {
      get(target, name) {
        if (name === 'start') return start;
        if (name === 'consume') return consume;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  on<E extends JobManagerEventName>(event: E, listener: JobManagerListener<E>): () => void {
    return this.#events.on(event, listener);
  }

  async enterMaintenance(): Promise<AsyncDisposable> {
    const lease = await this.#manager.enterMaintenance();
    // Where Redis cannot be told, it lapses by itself.
    return { [Symbol.asyncDispose]: () => lease.release().catch(this.#options.report) };
  }

  async open(): Promise<readonly KeptChange[]> {
    await this.#manager.ready();
    const changes = await this.#former();
    const active = changes.filter(({ isActive }) => isActive);
    this.#options.onKept({ changes, taken: new Set(active.flatMap(({ asked }) => asked.add)) });
    // Also what has ended since: that is told once.
    for (const { session, jobId } of changes) this.#follow(session, jobId);
    this.#listen();
    this.#processes.start();
    this.#isOpen = true;
    return changes;
  }

  async shutdown({ graceMs = 5000 }: ShutdownOptions): Promise<object> {
    this.#closing.abort();
    await this.#processes.end(graceMs);
    await this.#manager.close();
    return {};
  }

  #listen(): void {
    const manager = this.#manager;
    manager.on('started', (news) => this.#events.emit('started', news));
    manager.on('retrying', ({ owner, job }) => {
      if (job.lastFailure?.code === 'interrupted') this.#options.onInterrupted(owner, job.id);
    });
    manager.on('released', (news) => this.#events.emit('released', news));
    manager.on('progress', (news) => {
      // Its end is told of by whoever waits for it.
      if (!isTerminal(news.job.status)) this.#events.emit('progress', news);
    });
  }

  async #start(
    client: JobClient,
    session: string,
    {
      definition,
      input,
      options,
    }: { definition: AnyJobDefinition; input: unknown; options: StartOptions | undefined },
  ): Promise<JobView> {
    await this.#withdrawUnanswered(session, options?.idempotencyKey);
    const recorded = {
      ...{ session, since: Date.now(), asked: askedOf(input) },
      idempotencyKey: options?.idempotencyKey,
    };
    this.#write(recorded);
    let job: JobView;
    try {
      job = await client.start(definition, input, options);
    } catch (error) {
      this.#troubles.notice(error);
      // Where there was no answer, the job may be there all the same.
      if (!isUnavailable(error)) this.#record.clear();
      throw error;
    }
    try {
      this.#write({ ...recorded, jobId: job.id });
    } catch (error) {
      // A server that begins finds it by its session.
      this.#options.report(error);
    }
    this.#follow(session, job.id);
    return job;
  }

  #write(change: RecordedChange): void {
    try {
      this.#record.write(change);
    } catch (cause) {
      const isFull = /ENOSPC|EDQUOT/.test(String(Reflect.get(Object(cause), 'code')));
      const code = isFull ? 'storage_full' : 'storage_failed';
      throw new OffstageError(code, 'The data folder cannot be written to.', { cause });
    }
  }

  /**
   * A start that Redis did not answer failed for whoever asked: its job must not run later, unless it is the
   * very start that is asked for again.
   */
  async #withdrawUnanswered(session: string, idempotencyKey: string | undefined): Promise<void> {
    const recorded = this.#record.read();
    if (recorded === undefined || recorded.jobId !== undefined) return;
    const isSame = recorded.session === session && recorded.idempotencyKey === idempotencyKey;
    if (isSame && idempotencyKey !== undefined) return;
    const job = await this.#findActive(recorded.session);
    if (job !== undefined) {
      const client = this.#manager.forOwner(recorded.session);
      await client.cancel(job.id);
      await client.wait(job.id, { signal: this.#closing.signal });
    }
    this.#record.clear();
  }

  /** The key of the corpus admits one at a time. */
  async #findActive(session: string): Promise<JobView | undefined> {
    const [job] = await this.#manager
      .forOwner(session)
      .list({ name: change.name, status: ['queued', 'running'], limit: 1 });
    return job;
  }

  async #former(): Promise<readonly KeptChange[]> {
    const recorded = this.#record.read();
    if (recorded === undefined) return [];
    const job = await this.#jobOf(recorded);
    if (job === undefined) {
      this.#record.clear();
      return [];
    }
    const { session, since, asked, idempotencyKey } = recorded;
    this.#write({ ...recorded, jobId: job.id });
    const isActive = !isTerminal(job.status);
    return [{ jobId: job.id, session, since, asked, idempotencyKey, isActive }];
  }

  #jobOf({ session, jobId }: RecordedChange): Promise<JobView | undefined> {
    return jobId === undefined
      ? this.#findActive(session)
      : this.#manager.forOwner(session).get(jobId);
  }

  #follow(owner: string, id: string): void {
    const ended = this.#endOf(owner, id).then((job) => {
      if (job === undefined) return;
      this.#record.clear();
      this.#events.emit(job.status, { owner, job });
    });
    this.#ends.set(
      id,
      ended.finally(() => this.#ends.delete(id)),
    );
  }

  /** `undefined` where this server ends before it. */
  async #endOf(owner: string, id: string): Promise<TerminalJobView | undefined> {
    const client = this.#manager.forOwner(owner);
    const { signal } = this.#closing;
    const first = await client.get(id).catch(() => undefined);
    for (;;) {
      try {
        return await client.wait(id, { signal });
      } catch (error) {
        if (signal.aborted) return undefined;
        if (OffstageError.isInstance(error) && error.code === 'not_found') {
          return lost(id, first);
        }
        this.#options.report(error);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }
}

const isUnavailable = (error: unknown): boolean =>
  OffstageError.isInstance(error) && error.code === 'unavailable';

function askedOf(input: unknown): RecordedChange['asked'] {
  // Checked by the definition when the job is started.
  const { uploads, remove = [], retry = [] } = Object(input);
  return { add: uploads?.ids ?? [], remove, retry };
}

/** Redis came back without it: nobody will ever say how it ended. */
function lost(id: string, known: JobView | undefined): FailedJobView {
  const now = Date.now();
  return {
    ...{ id, name: change.name, phases: change.phases, retryOf: null },
    ...{ attempt: known?.attempt ?? 1, maxAttempts: known?.maxAttempts ?? 1 },
    ...{ availableAt: null, lastFailure: null, cancelRequested: false },
    ...{ progress: known?.progress ?? null, droppedReports: 0 },
    ...{ createdAt: known?.createdAt ?? now, startedAt: known?.startedAt ?? null, endedAt: now },
    ...{ status: 'failed', result: undefined },
    failure: {
      code: 'interrupted',
      message: 'Redis does not know the job any more.',
      reference: newReference(),
    },
  };
}

import {
  type Activity,
  type JobClient,
  type JobJournal,
  type JobManagerEventName,
  type JobManagerListener,
  OffstageError,
  type ShutdownReport,
} from '@offstage/core';
import {
  ManagerEvents,
  reading,
  requireDuration,
  requireOptions,
  sleep,
} from '@offstage/core/engine';
import { JobStore } from '../records/job-store.ts';
import { SharedLooks } from '../records/shared-looks.ts';
import { Channels } from '../redis/channel.ts';
import { redisError } from '../redis/redis-errors.ts';
import { RedisLink } from '../redis/redis-link.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import { BullSchedules } from '../schedules/bull-schedules.ts';
import { ScheduleRunner } from '../schedules/schedule-runner.ts';
import { BullQueue } from '../shared/bull-queue.ts';
import { baseOf } from '../shared/names.ts';
import { serverClock } from '../shared/server-clock.ts';
import { Sweeper } from '../shared/sweeper.ts';
import { readActivity } from './activity.ts';
import { type Adoption, adoptJobs } from './adoption.ts';
import { BullClient } from './bull-client.ts';
import type { BullContext } from './bull-context.ts';
import { introduceLimits } from './introduce-limits.ts';
import { type BullLease, takeLease } from './leases.ts';
import {
  type BullJobManagerOptions,
  type BullJobManagerSettings,
  newReference,
  readManagerOptions,
} from './manager-options.ts';
import { NewsReader } from './news-reader.ts';
import { OwnerHints } from './owner-hints.ts';
import { requestStop } from './stopping.ts';
import { Waits } from './waits.ts';

export interface BullShutdownOptions {
  /** With `keep: false`: how long handlers may go on after they were asked to stop. @default 5000 */
  readonly graceMs?: number | undefined;
  /**
   * Jobs are left to the workers. `false` cancels all jobs of the queue, whoever started them.
   * @default true
   */
  readonly keep?: boolean | undefined;
}

const lookAgainMs = 20;

export interface BullManagerHealth {
  /** This manager is open, and Redis is connected and answers. */
  readonly accepting: boolean;
  /** There is none: Redis keeps the jobs. */
  readonly journal: undefined;
  /** What stands in a journal's place; `error` is why it is not reached. */
  readonly redis: { readonly reachable: boolean; readonly error?: OffstageError };
}

/**
 * Starts and watches jobs that run on any machine, over BullMQ and Redis. Handlers run where
 * `serveBullJobs` is called, in this process or in others.
 *
 * @throws OffstageError `invalid_option`, `not_supported`, naming the option; `invalid_definition`.
 * @example
 * const manager = new BullJobManager({
 *   connection: { url: 'redis://127.0.0.1:6379' }, queueName: 'documents', definitions: [ingest],
 * });
 * const jobs = manager.forOwner('alice');
 * const job = await jobs.start(ingest, { uploads: ['a.pdf'] });
 */
export class BullJobManager {
  readonly #settings: BullJobManagerSettings;
  readonly #context: BullContext;
  readonly #events = new ManagerEvents(newReference);
  readonly #news: NewsReader;
  readonly #sweeper: Sweeper;
  readonly #runner: ScheduleRunner;
  readonly #schedules: BullSchedules;
  #introduced: Promise<void> | undefined;
  #limited: ReadonlySet<string> = new Set();
  #isClosed = false;
  #ending: Promise<ShutdownReport> | undefined;

  constructor(options: BullJobManagerOptions) {
    const read = readManagerOptions(options);
    const link = new RedisLink({
      connection: read.connection,
      base: baseOf(read.prefix, read.queueName),
      clock: read.clock,
      commandTimeoutMs: read.redisTimeoutMs,
    });
    const settings = { ...read, clock: serverClock(read.clock, link) };
    this.#settings = settings;
    const report = (error: unknown, schedule?: string): void => {
      if (link.isOfClosing(error)) return;
      const source = schedule !== undefined && { schedule };
      this.#events.emit('error', { error, reference: newReference(), ...source });
    };
    const store = new JobStore(link);
    const bull = new BullQueue(store, settings.queueName, settings.prefix);
    const { clock } = settings;
    const channels = new Channels(link);
    const hints = new OwnerHints(channels);
    const looks = new SharedLooks({
      lookAt: (owner, requests) => store.look(owner, requests, true),
      clock,
    });
    this.#context = {
      settings,
      link,
      channels,
      store,
      looks,
      hints,
      waits: new Waits({ looks, hints, link, clock }),
      bull,
      ready: () => this.ready(),
      isLimited: (name) => this.#limited.has(name),
      isClosed: () => this.#isClosed,
      guard: (call) => this.#events.guard(call),
      report,
    };
    this.#news = new NewsReader(this.#context, this.#events);
    this.#sweeper = new Sweeper({
      ...{ link, bull, clock, report },
      ...{ everyMs: 1000, overdueMs: 5000, wakes: true },
      forgotten: () => {
        this.#introduced = undefined;
        return this.ready();
      },
    });
    this.#runner = new ScheduleRunner(this.#context, (event) => {
      this.#events.emit('schedule', event);
    });
    this.#schedules = new BullSchedules(this.#context, this.#runner);
  }

  /** Resolves when Redis was reached and found fit. @throws OffstageError `unavailable`, `redis_unsuitable`. */
  ready(): Promise<void> {
    const { link } = this.#context;
    this.#introduced ??= link
      .ready()
      .then(async () => {
        const names = await introduceLimits(link, this.#settings);
        // Another manager, whose limits they are, may tell a Redis that forgot them later than this one looks.
        const isOwn = this.#settings.limits !== undefined;
        this.#limited = isOwn ? names : new Set([...this.#limited, ...names]);
      })
      .catch((error) => {
        // The next call tries again.
        this.#introduced = undefined;
        throw error;
      });
    return this.#introduced;
  }

  /** What one owner may see and do. @throws OffstageError `invalid_owner` for an empty id. */
  forOwner(ownerId: string): JobClient {
    if (typeof ownerId !== 'string' || ownerId === '') {
      throw new OffstageError(
        'invalid_owner',
        'An owner id is a string that is not empty, such as the id of a session or a tenant.',
      );
    }
    return new BullClient(this.#context, ownerId);
  }

  /**
   * As this process knows it, without asking Redis. One that leaves calls without an answer counts as not reached: after
   * `redisTimeoutMs`, or three seconds, until it answers again. Maintenance stands in `activity`.
   */
  health(): BullManagerHealth {
    const { link } = this.#context;
    const isReachable = link.isUp;
    const error = isReachable || link.lost === undefined ? undefined : redisError(link.lost);
    return Object.freeze({
      accepting: isReachable && !this.#isClosed,
      journal: undefined,
      redis: Object.freeze({ reachable: isReachable, ...(error !== undefined && { error }) }),
    });
  }

  /** Active jobs of all owners in all processes, leases and maintenance. */
  activity(): Promise<Activity> {
    return readActivity(this.#context, '');
  }

  /** Keeps maintenance out, in every process. @throws OffstageError `admission_paused`. */
  enterForeground(): Promise<BullLease> {
    return takeLease(this.#context.link, this.#settings.clock, 'foreground', this.#context.report);
  }

  /** Refuses new jobs and foreground leases in every process. @throws OffstageError `conflict`. */
  enterMaintenance(): Promise<BullLease> {
    return takeLease(this.#context.link, this.#settings.clock, 'maintenance', this.#context.report);
  }

  /**
   * Takes over the jobs that another process kept in a journal: under their own ids, with all that was kept of
   * each, but for its events before the newest. What ran is interrupted, what was to be canceled is. A job leaves the
   * journal when it is in Redis, so that this can be called again after it failed. Opens the journal, and closes it.
   *
   * @throws OffstageError what `journal.open` throws, such as `locked`; `admission_paused`, `manager_closed`, `unavailable`.
   * @example
   * const { adopted, left } = await manager.adopt(sqliteJournal('./data/jobs.sqlite'));
   */
  adopt(journal: JobJournal): Promise<Adoption> {
    return adoptJobs(this.#context, journal, (error) => {
      const reference = newReference();
      this.#events.emit('error', { error, reference });
      return reference;
    });
  }

  /**
   * Starts jobs at the ticks of cron expressions or every so many milliseconds, as long as a manager of
   * the queue is there. Kept in Redis; each tick starts at most one job, however many managers there are.
   *
   * @example
   * await manager.schedules.set('nightly', {
   *   cron: '0 3 * * *', timezone: 'Europe/Berlin', definition: ingest, input: {}, owner: 'system',
   * });
   */
  get schedules(): BullSchedules {
    return this.#schedules;
  }

  /**
   * Listens to jobs of all owners in all processes. Full errors of handlers are told where they
   * ran, by `serveBullJobs`.
   */
  on<E extends JobManagerEventName>(event: E, listener: JobManagerListener<E>): () => void {
    const off = this.#events.on(event, listener);
    if (event === 'schedule') this.#runner.listen();
    if (event === 'error' || event === 'schedule') return off;
    const stop = this.#news.read();
    return () => {
      off();
      stop();
    };
  }

  /**
   * Admits no more jobs here; clients can still be asked. What is queued and runs is left to the
   * workers, unless `keep` is false: then all jobs of the queue are asked to stop, and after `graceMs`
   * what is left is marked `canceled`. The first call decides.
   */
  shutdown(options: BullShutdownOptions = {}): Promise<ShutdownReport> {
    if (this.#ending === undefined) {
      try {
        const { graceMs, keep } = endingOf(options);
        this.#isClosed = true;
        this.#ending = this.#end(keep ? undefined : graceMs);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.#ending;
  }

  /** Ends the connections too; nothing can be asked afterwards. Jobs go on. */
  async close(): Promise<void> {
    // Where it failed, whoever asked for it was told.
    await this.shutdown().catch(() => {});
    const { bull, channels, link } = this.#context;
    await bull.close().catch(() => {});
    channels.close();
    link.close();
  }

  async #end(graceMs: number | undefined): Promise<ShutdownReport> {
    this.#sweeper.close();
    await this.#runner.close();
    try {
      return graceMs === undefined
        ? { settled: 0, abandoned: 0 }
        : Object.freeze(await this.#cancelAll(graceMs));
    } finally {
      this.#context.link.unref();
    }
  }

  async #cancelAll(graceMs: number): Promise<ShutdownReport> {
    const { store } = this.#context;
    const { clock } = this.#settings;
    const all = await this.#active();
    for (const id of all) await requestStop(this.#context, id, 'shutdown');
    const until = clock.monotonic() + graceMs;
    let left = await store.notAtRest(all);
    while (left.length > 0 && clock.monotonic() < until) {
      await sleep(clock, Math.min(lookAgainMs, until - clock.monotonic()), { keepAlive: true });
      left = await store.notAtRest(left);
    }
    let abandoned = 0;
    for (const id of left) {
      const { type } = await store.dispatch(id, ({ state }) =>
        state.endedAt === null ? { type: 'abandoned', at: clock.now() } : undefined,
      );
      if (type === 'done') abandoned += 1;
    }
    return { settled: all.length - abandoned, abandoned };
  }

  /** The jobs of all owners that are not at rest. */
  async #active(): Promise<readonly string[]> {
    const { link, store } = this.#context;
    const counted = listOfReply(await link.call('HKEYS', `${link.base}counts`)).map(textOfReply);
    const ids: string[] = [];
    for (const owner of counted.filter((what) => what.startsWith('active '))) {
      const index = `${link.base}owner:${owner.slice('active '.length)}`;
      const started = listOfReply(await link.call('ZRANGE', index, 0, -1)).map(textOfReply);
      ids.push(...(await store.notAtRest(started)));
    }
    return ids;
  }
}

/** @throws OffstageError `invalid_option` */
function endingOf(options: BullShutdownOptions): {
  readonly graceMs: number;
  readonly keep: boolean;
} {
  requireOptions(options);
  const { graceMs, keep } = reading('options', () => {
    const { graceMs = 5000, keep = true } = options;
    return { graceMs, keep };
  });
  requireDuration('graceMs', graceMs);
  return { graceMs, keep };
}

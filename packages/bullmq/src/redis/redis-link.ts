import type { Clock, OffstageError } from '@offstage/core';
import { randomId } from '@offstage/core/engine';
import { Redis, type RedisOptions } from 'ioredis';
import { AnswerWatch } from './answer-watch.ts';
import { pack } from './packed.ts';
import { closedError, isAway, redisError, unsuitable } from './redis-errors.ts';
import { listOfReply, type Reply } from './reply.ts';
import type { Script, ScriptArguments } from './script.ts';
import { ScriptCalls } from './script-calls.ts';

/** What ioredis takes and is not the application's to say: how calls travel, what answers look like, how long one waits. */
type Ours =
  | 'protocol'
  | 'replyMapping'
  | 'stringNumbers'
  | 'keyPrefix'
  | 'monitor'
  | 'commandTimeout'
  | 'socketTimeout'
  | 'maxRetriesPerRequest'
  | 'retryStrategy'
  | 'enableOfflineQueue'
  | 'enableReadyCheck'
  | 'enableAutoPipelining'
  | 'autoResubscribe'
  | 'autoResendUnfulfilledCommands'
  | 'lazyConnect';

/** Where Redis is, and how to get in: `{ url }`, or what ioredis takes (`host`, `port`, `password`, `tls`, ...). */
export type BullConnection = Omit<RedisOptions, Ours> & {
  /** Such as `redis://user:password@127.0.0.1:6379/0`, or `rediss://` for TLS. */
  readonly url?: string | undefined;
};

export interface RedisLinkOptions {
  readonly connection: BullConnection;
  /** All keys of ours begin with it. */
  readonly base: string;
  readonly clock: Clock;
  /** Milliseconds after which a command that has no answer rejects; `undefined` waits for ever. */
  readonly commandTimeoutMs?: number | undefined;
  /** There is no connection any more, or none yet, or nothing comes over it; told once until that has passed. */
  readonly onLost?: ((error: OffstageError) => void) | undefined;
}

type LinkOverrides = Pick<RedisOptions, 'commandTimeout' | 'autoResubscribe'>;

const format = '2';
const longestTimerMs = 2 ** 31 - 1;

/**
 * The connections of one process to Redis. They come back by themselves; what is asked meanwhile
 * waits. Before the first command Redis is looked at: one that would lose jobs is refused.
 */
export class RedisLink {
  readonly base: string;
  readonly commands: Redis;
  readonly #options: RedisLinkOptions;
  readonly #all: Redis[] = [];
  readonly #answers: AnswerWatch;
  readonly #calls = new ScriptCalls((script, calls) => this.#evaluate(script, calls));
  #checked: Promise<void> | undefined;
  #refusal: unknown;
  /** Why there is no connection. */
  #lost: unknown;
  #cuts = 0;
  #birth: string | null = null;
  #aheadMs = 0;
  #wallAtBoot = 0;
  #endWaits: (error: Error) => void = () => {};
  readonly #closed = new Promise<never>((_, reject) => {
    this.#endWaits = reject;
  });
  #isClosed = false;
  #isUnref = false;

  constructor(options: RedisLinkOptions) {
    this.#closed.catch(() => {});
    this.base = options.base;
    this.#options = options;
    this.#answers = new AnswerWatch(options.clock, (silence) => {
      // Where there is no connection, that is told.
      if (this.#lost === undefined && !this.#isClosed) options.onLost?.(redisError(silence));
    });
    const { commandTimeoutMs = Infinity } = options;
    this.commands = this.connect(
      // A timer that is longer than timers can be ends at once.
      commandTimeoutMs > longestTimerMs ? {} : { commandTimeout: commandTimeoutMs },
    );
    this.#answers.follow(this.commands);
  }

  /** How far the clock of Redis is ahead of this process'. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** How often a connection went: what it was asked then is asked again, and may have been done before. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Commands reach Redis now, and are answered. */
  get isUp(): boolean {
    return this.commands.status === 'ready' && this.#answers.silence === undefined;
  }

  /** Why there is no connection, where there is none, or why one counts as silent. */
  get lost(): unknown {
    return this.#lost ?? this.#answers.silence;
  }

  /** A connection could not be made, or has ended. */
  lose(error: unknown): void {
    const isNew = this.#lost === undefined;
    this.#lost = error;
    if (isNew && !this.#isClosed) this.#options.onLost?.(redisError(error));
  }

  /** One more connection with the same settings. */
  connect(overrides: LinkOverrides = {}): Redis {
    const { url, ...others } = this.#options.connection;
    const settings = {
      ...others,
      // A command waits for Redis to come back; `commandTimeoutMs` says for how long. Connections
      // that wait for jobs and messages are silent for long, and no time-out ends them.
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) =>
        this.#isClosed ? null : Math.min(50 * 2 ** Math.min(times, 6), 2000),
      commandTimeout: undefined,
      socketTimeout: undefined,
      enableOfflineQueue: true,
      enableReadyCheck: true,
      autoResubscribe: true,
      autoResendUnfulfilledCommands: true,
      lazyConnect: false,
      // Our answers are read as they are, and several calls of a turn travel as one by themselves.
      enableAutoPipelining: false,
      stringNumbers: false,
      monitor: false,
      ...overrides,
      protocol: 2 as const,
      replyMapping: 'legacy' as const,
    };
    const redis = url === undefined ? new Redis(settings) : new Redis(url, settings);
    redis.on('error', (error) => {
      if (isRefusal(error)) this.#refusal = error;
      else this.lose(error);
    });
    redis.on('ready', () => {
      this.#refusal = undefined;
      this.#lost = undefined;
    });
    // BullMQ makes some of its own of this one, which end with it.
    const duplicate = redis.duplicate.bind(redis);
    redis.duplicate = (override) => this.#keep(duplicate(override));
    return this.#keep(redis);
  }

  /** Runs a script, with whoever else asks for it this turn. @throws OffstageError `unavailable`, `redis_unsuitable`. */
  async run(script: Script, args: ScriptArguments): Promise<Reply> {
    await this.ready();
    try {
      return await this.#calls.run(script, args);
    } catch (error) {
      throw this.#coded(error);
    }
  }

  /** Any other command. */
  async call(command: string, ...args: readonly (string | number | Buffer)[]): Promise<Reply> {
    await this.ready();
    try {
      return (await this.commands.callBuffer(command, ...args)) as Reply;
    } catch (error) {
      throw this.#coded(error);
    }
  }

  /** Resolves when Redis was found to be one that keeps jobs. */
  ready(): Promise<void> {
    // What waits in ioredis for a connection is not told that none comes any more.
    this.#checked ??= Promise.race([this.#check(), this.#closed]).catch((error) => {
      // The next command looks again.
      this.#checked = undefined;
      throw this.#coded(error);
    });
    return this.#checked;
  }

  /** Whether Redis, which has this birth now, has lost all that it had when it was looked at; the next call looks at it anew. */
  hasForgotten(birth: string): boolean {
    if (birth === (this.#birth ?? '')) return false;
    this.#checked = undefined;
    return true;
  }

  /** Looks at the clock of Redis again where this process' was set since. */
  async followClock(): Promise<void> {
    const { clock } = this.#options;
    const setBy = clock.now() - clock.monotonic() - this.#wallAtBoot;
    if (Math.abs(setBy) < 1000) return;
    await this.lookAtClock();
  }

  /** Asks Redis for its time. */
  async lookAtClock(): Promise<void> {
    await this.ready();
    try {
      await this.#readClock();
    } catch (error) {
      throw this.#coded(error);
    }
  }

  /** The process may end although connections are open, or are looked for. */
  unref(): void {
    this.#isUnref = true;
    for (const redis of this.#all) unref(redis);
  }

  close(): void {
    this.#isClosed = true;
    this.#endWaits(new Error('Connection is closed.'));
    for (const redis of this.#all) if (redis.status !== 'end') redis.disconnect();
  }

  /** Nothing is answered any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What is no news: this process has closed its connections itself. */
  isOfClosing(error: unknown): boolean {
    return this.#isClosed && (isAway(error) || closedError(error).code === 'manager_closed');
  }

  #keep(redis: Redis): Redis {
    // A connection that comes back holds the process no more than the one before.
    for (const event of ['connect', 'reconnecting']) {
      redis.on(event, () => {
        if (this.#isUnref) unref(redis);
      });
    }
    const disconnect = redis.disconnect.bind(redis);
    redis.disconnect = (reconnect) => {
      // ioredis would leave one that is about to look for Redis as it is, and what waits for its end would wait for ever.
      if (reconnect !== true && redis.status === 'reconnecting') redis.status = 'wait';
      disconnect(reconnect);
    };
    // BullMQ may look for Redis once more while its worker ends.
    redis.on('connect', () => {
      if (this.#isClosed) redis.disconnect();
    });
    redis.on('close', () => {
      this.#cuts += 1;
    });
    this.#all.push(redis);
    if (this.#isClosed) redis.disconnect();
    return redis;
  }

  async #evaluate(script: Script, calls: readonly ScriptArguments[]): Promise<readonly Reply[]> {
    const { commands, base } = this;
    const packed = pack(calls);
    try {
      return listOfReply(
        (await commands.callBuffer('EVALSHA', script.sha, 1, base, packed)) as Reply,
      );
    } catch (error) {
      // A Redis that was started again knows no script.
      if (!String(error).includes('NOSCRIPT')) throw error;
      return listOfReply(
        (await commands.callBuffer('EVAL', script.source, 1, base, packed)) as Reply,
      );
    }
  }

  async #check(): Promise<void> {
    const info = String(await this.commands.info());
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    const version = field('redis_version');
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < 6 || (major === 6 && minor < 2)) {
      throw unsuitable('version', `Redis is ${version}; 6.2 or newer is needed.`);
    }
    if (field('role') === 'slave') {
      throw unsuitable('read_only', 'This Redis is a replica, which takes no jobs.');
    }
    if (field('redis_mode') === 'cluster') {
      throw unsuitable(
        'cluster',
        'This Redis is a cluster, which is not supported: connect to a single one.',
      );
    }
    await this.#selectDatabase();
    // A script that may not tell what it has written would leave half of it.
    await this.commands.eval("return redis.call('PUBLISH', KEYS[1], '')", 1, `${this.base}check`);
    const policy = field('maxmemory_policy');
    if (policy !== '' && policy !== 'noeviction') {
      throw unsuitable(
        'eviction',
        `Redis may throw jobs away when its memory is full (maxmemory-policy is ${policy}). Set it to noeviction.`,
      );
    }
    await this.#readClock();
    const found = await this.#readFormat();
    if (found !== format) {
      throw unsuitable(
        'format',
        `This queue was written by another version of @offstage/bullmq (format ${String(found)}; this one knows ${format}).`,
      );
    }
    this.#birth = await this.#readBirth();
  }

  /** Names what Redis has: another one, or none, says that all was lost since. */
  async #readBirth(): Promise<string | null> {
    const key = `${this.base}birth`;
    const found = await this.commands.get(key);
    if (found !== null) return found;
    // Where Redis is full it is written by another look.
    await this.commands.set(key, randomId(), 'NX').catch(() => {});
    return this.commands.get(key);
  }

  /** One that there is not is told to ioredis alone, which goes on with the first. */
  async #selectDatabase(): Promise<void> {
    const { db = 0 } = this.commands.options;
    try {
      if (db !== 0) await this.commands.select(db);
    } catch (error) {
      if (!/DB index|SELECT is not allowed/.test(String(error))) throw error;
      throw unsuitable('database', `Redis has no database ${db}.`, error);
    }
  }

  /** Writes it in a new queue alone: a Redis that is full can be read, and freed. */
  async #readFormat(): Promise<string | null> {
    const found = await this.commands.get(`${this.base}format`);
    if (found !== null) return found;
    await this.commands.set(`${this.base}format`, format, 'NX');
    return this.commands.get(`${this.base}format`);
  }

  async #readClock(): Promise<void> {
    const { clock } = this.#options;
    const before = clock.now();
    const [seconds, micros] = (await this.commands.time()).map(Number);
    const there = 1000 * (seconds ?? 0) + Math.floor((micros ?? 0) / 1000);
    const after = clock.now();
    this.#wallAtBoot = after - clock.monotonic();
    const aheadMs = Math.round(there - (before + after) / 2);
    // Less may be the way there and back, which a busy machine makes long.
    this.#aheadMs = Math.abs(aheadMs) <= 20 + (after - before) / 2 ? 0 : aheadMs;
  }

  #coded(error: unknown): OffstageError {
    if (this.#isClosed) return closedError(error);
    const isLate = /Command timed out/.test(String(error));
    return redisError(this.#refusal ?? (isLate ? (this.#lost ?? error) : error));
  }
}

function unref(redis: Redis): void {
  for (const handle of ['stream', 'reconnectTimeout']) Reflect.get(redis, handle)?.unref?.();
}

const isRefusal = (error: unknown): boolean => /WRONGPASS|NOAUTH|NOPERM/.test(String(error));

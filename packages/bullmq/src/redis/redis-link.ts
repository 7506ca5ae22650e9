import type { Clock, OffstageError } from '@offstage/core';
import { Redis, type RedisOptions } from 'ioredis';
import { pack } from './packed.ts';
import { redisError, unsuitable } from './redis-errors.ts';
import { listOfReply, type Reply } from './reply.ts';
import type { Script, ScriptArguments } from './script.ts';
import { ScriptCalls } from './script-calls.ts';

/** Where Redis is: `{ url }`, or what ioredis takes (`host`, `port`, `password`, `tls`, ...). */
export type BullConnection = Omit<RedisOptions, 'protocol' | 'replyMapping'> & {
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
}

type LinkOverrides = Pick<RedisOptions, 'commandTimeout' | 'autoResubscribe'>;

const format = '2';

/**
 * The connections of one process to Redis. They come back by themselves; what is asked meanwhile
 * waits. Before the first command Redis is looked at: one that would lose jobs is refused.
 */
export class RedisLink {
  readonly base: string;
  readonly commands: Redis;
  readonly #options: RedisLinkOptions;
  readonly #all: Redis[] = [];
  readonly #calls = new ScriptCalls((script, calls) => this.#evaluate(script, calls));
  #checked: Promise<void> | undefined;
  #refusal: unknown;
  #aheadMs = 0;
  #wallAtBoot = 0;
  #isClosed = false;

  constructor(options: RedisLinkOptions) {
    this.base = options.base;
    this.#options = options;
    this.commands = this.connect({
      ...(options.commandTimeoutMs === undefined
        ? {}
        : { commandTimeout: options.commandTimeoutMs }),
    });
  }

  /** How far the clock of Redis is ahead of this process'. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** One more connection with the same settings. */
  connect(overrides: LinkOverrides = {}): Redis {
    const { url, ...others } = this.#options.connection;
    const settings = {
      enableReadyCheck: true,
      ...others,
      // A command waits for Redis to come back; `commandTimeoutMs` says for how long.
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 2000),
      ...overrides,
      protocol: 2 as const,
      replyMapping: 'legacy' as const,
    };
    const redis = url === undefined ? new Redis(settings) : new Redis(url, settings);
    redis.on('error', (error) => {
      if (isRefusal(error)) this.#refusal = error;
    });
    redis.on('ready', () => {
      this.#refusal = undefined;
    });
    this.#all.push(redis);
    return redis;
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
    this.#checked ??= this.#check().catch((error) => {
      // The next command looks again.
      this.#checked = undefined;
      throw this.#coded(error);
    });
    return this.#checked;
  }

  /** Looks at the clock of Redis again where this process' was set since. */
  async followClock(): Promise<void> {
    const { clock } = this.#options;
    const setBy = clock.now() - clock.monotonic() - this.#wallAtBoot;
    if (Math.abs(setBy) < 1000) return;
    await this.ready();
    try {
      await this.#readClock();
    } catch (error) {
      throw this.#coded(error);
    }
  }

  /** The process may end although connections are open. */
  unref(): void {
    for (const redis of this.#all) Reflect.get(redis, 'stream')?.unref?.();
  }

  close(): void {
    this.#isClosed = true;
    for (const redis of this.#all) redis.disconnect();
  }

  /** Nothing is answered any more. */
  get isClosed(): boolean {
    return this.#isClosed;
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
    const policy = field('maxmemory_policy');
    if (policy !== '' && policy !== 'noeviction') {
      throw unsuitable(
        'eviction',
        `Redis may throw jobs away when its memory is full (maxmemory-policy is ${policy}). Set it to noeviction.`,
      );
    }
    await this.#readClock();
    await this.commands.set(`${this.base}format`, format, 'NX');
    const found = await this.commands.get(`${this.base}format`);
    if (found !== format) {
      throw unsuitable(
        'format',
        `This queue was written by another version of @offstage/bullmq (format ${String(found)}; this one knows ${format}).`,
      );
    }
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
    return redisError(this.#refusal ?? error);
  }
}

const isRefusal = (error: unknown): boolean => /WRONGPASS|NOAUTH|NOPERM/.test(String(error));

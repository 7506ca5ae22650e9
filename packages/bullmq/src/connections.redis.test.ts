import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  defineJob,
  handle,
  InlineExecutor,
  NonRetriableError,
  OffstageError,
  systemClock,
} from '@offstage/core';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { runtimeOptions } from '../../../scripts/setup.mjs';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { BullJobManager, serveBullJobs } from './index.ts';
import { RedisLink } from './redis/redis-link.ts';

const echo = defineJob({ name: 'echo', input: z.unknown(), result: z.unknown(), phases: ['work'] });
const echoing = handle(echo, ({ input }) => input);

const client = new Redis({ lazyConnect: true });

describe('E1 what is no address of a Redis is refused, rather than taken for a Redis of this machine', () => {
  test.each([
    ['a client of ioredis', client],
    ['a URL', new URL('redis://127.0.0.1:1')],
    ['a list', ['redis://127.0.0.1:1']],
    ['a number', 6379],
    ['a URL as url', { url: new URL('redis://127.0.0.1:1') }],
    ['an empty url', { url: '' }],
    ['the url of something else', { url: 'http://127.0.0.1:1' }],
    ['a url in capitals, which would go without TLS', { url: 'REDISS://127.0.0.1:1' }],
    ['a url that cannot be read', { url: 'redis://:secret@not a host' }],
    ['a url with escapes that are none', { url: 'redis://:%E0%A4%A@127.0.0.1' }],
    ['a port that is none', { host: '127.0.0.1', port: Number.NaN }],
    ['a port that no host has', { url: 'redis://127.0.0.1', port: 70_000 }],
    ['a database that is none', { url: 'redis://127.0.0.1:1/jobs' }],
    ['no sentinel', { sentinels: [], name: 'main' }],
  ])('E1 %s', (_what, connection) => {
    const options = { connection, queueName: 'q', definitions: [echo] } as never;
    const served = { executor: new InlineExecutor([echoing]), ...Object(options) };
    for (const make of [() => new BullJobManager(options), () => serveBullJobs(served)]) {
      let refusal: unknown;
      try {
        make();
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ code: 'invalid_option', details: { option: 'connection' } });
      expect(JSON.stringify([String(refusal), Object(refusal).cause])).not.toContain('secret');
    }
  });

  test.each([
    ['nothing', undefined, 'it is missing: pass { url: '],
    ['null', null, 'it is missing: pass { url: '],
    ['a text', 'redis://:secret@127.0.0.1:1', 'it is a text: pass it as { url }, '],
    ['an empty text', '', 'it is a text: pass it as { url }, '],
    ['a number', 6379, 'it is a number: pass { url: '],
    ['a function', () => 'redis://127.0.0.1:1', 'it is a function: pass { url: '],
  ])('E1 and what was passed instead is told: %s', (_what, connection, told) => {
    const options = { connection, queueName: 'q', definitions: [echo] } as never;
    const served = { executor: new InlineExecutor([echoing]), ...Object(options) };
    for (const make of [() => new BullJobManager(options), () => serveBullJobs(served)]) {
      const whole = expect.stringMatching(/^(?!.*secret)connection cannot be used: /);
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_option', message: whole }));
      expect(make).toThrow(told);
    }
  });

  test('E1 a prefix of ioredis, which BullMQ has none of', () => {
    const connection = { url: 'redis://127.0.0.1:1', ...{ keyPrefix: 'a:' } };
    expect(() => new BullJobManager({ connection, queueName: 'q', definitions: [echo] })).toThrow(
      expect.objectContaining({ code: 'not_supported' }),
    );
  });
});

test('E1 what ioredis takes besides the way to Redis changes nothing of how jobs run', async () => {
  await using server = await RedisServer.start();
  const errors: unknown[] = [];
  const habits = {
    commandTimeout: 1,
    socketTimeout: 1,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    enableAutoPipelining: true,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    stringNumbers: true,
    monitor: true,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
  const options = {
    connection: { url: server.url, ...habits },
    queueName: randomUUID(),
    definitions: [echo],
  };
  const manager = new BullJobManager(options);
  const served = serveBullJobs({ ...options, executor: new InlineExecutor([echoing]) });
  served.on('error', ({ error }) => errors.push(error));
  manager.on('error', ({ error }) => errors.push(error));
  const alice = manager.forOwner('alice');
  // The worker waits for jobs in between.
  for (const delayMs of [0, 200, 200]) {
    const { id } = await alice.start(echo, delayMs, { delayMs, idempotencyKey: randomUUID() });
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', result: delayMs });
  }
  expect(errors).toEqual([]);
  await served.shutdown();
  await manager.close();
});

test.each([
  ['rate', { rate: null }, 'rate.max'],
  ['definitions', { definitions: [null] }, 'definitions'],
  ['clock', { clock: {} }, 'clock'],
  ['random', { random: 5 }, 'random'],
])('E1 the option %s of a worker is refused with invalid_option', (_what, wrong, option) => {
  const options = {
    connection: { url: 'redis://127.0.0.1:1' },
    queueName: 'q',
    definitions: [echo],
    executor: new InlineExecutor([echoing]),
    ...wrong,
  } as never;
  expect(() => serveBullJobs(options)).toThrow(
    expect.objectContaining({ code: 'invalid_option', details: { option } }),
  );
});

test.each([Infinity, 2 ** 31])(
  'E6 a redisTimeoutMs of %d is no shorter than it says',
  async (ms) => {
    await using server = await RedisServer.start();
    const manager = new BullJobManager({
      connection: { url: server.url },
      queueName: 'q',
      definitions: [echo],
      redisTimeoutMs: ms,
    });
    await manager.ready();
    expect(await manager.activity()).toMatchObject({ queued: 0 });
    await manager.close();
  },
);

test('E6 a cluster, and a database that there is not, are refused', async () => {
  await using cluster = await RedisServer.start('--cluster-enabled', 'yes');
  await using server = await RedisServer.start();
  for (const [url, reason] of [
    [cluster.url, 'cluster'],
    [`${server.url}/99`, 'database'],
  ] as const) {
    const manager = new BullJobManager({
      connection: { url },
      queueName: 'q',
      definitions: [echo],
    });
    await expect(manager.ready()).rejects.toMatchObject({
      code: 'redis_unsuitable',
      details: { reason },
    });
    await manager.close();
  }
});

test('E6 of a Redis that is full jobs are read and released, and a worker that came meanwhile takes some when it is not', async () => {
  await using server = await RedisServer.start();
  await using queue = new ServedQueue(server.url);
  const alice = queue.manager([echoing]).forOwner('alice');
  const first = await queue.serve([echoing]);
  const { id } = await alice.start(echo, { n: 1 });
  await alice.wait(id);
  await first.shutdown();
  const waiting = await alice.start(echo, { n: 2 });
  const probe = new Redis(server.url);
  await probe.config('SET', 'maxmemory', '1');

  const late = queue.manager([echoing]).forOwner('alice');
  expect(await late.get(id)).toMatchObject({ status: 'succeeded' });
  expect(await late.wait(id)).toMatchObject({ result: { n: 1 } });
  expect(await late.consume(id)).toBe(true);
  await expect(queue.serve([echoing])).rejects.toMatchObject({
    code: 'redis_unsuitable',
    details: { reason: 'memory' },
  });

  await probe.config('SET', 'maxmemory', '0');
  probe.disconnect();
  expect(await late.wait(waiting.id)).toMatchObject({ status: 'succeeded', result: { n: 2 } });
});

test('E6 what Redis does not answer is told with the reason why there is no connection', async () => {
  const manager = new BullJobManager({
    connection: { url: 'redis://127.0.0.1:1' },
    queueName: 'q',
    definitions: [echo],
    redisTimeoutMs: 50,
  });
  await expect(manager.ready()).rejects.toMatchObject({
    code: 'unavailable',
    cause: { code: 'ECONNREFUSED' },
  });
  await expect(manager.shutdown({ keep: false })).rejects.toMatchObject({ code: 'unavailable' });
  await manager.close();
  await expect(manager.activity()).rejects.toMatchObject({ code: 'manager_closed' });
});

test('E6 J14 a connection that is ended between two looks for Redis ends, and so does what waits for it', async () => {
  await using server = await RedisServer.start();
  const link = new RedisLink({
    connection: { url: server.url },
    base: 'bull:q:offstage:',
    clock: systemClock,
  });
  await link.ready();
  const redis = link.connect();
  // As BullMQ makes the one on which its worker waits.
  const waiting = redis.duplicate();
  const taken = waiting.blpop('nothing', 0).catch(String);
  await redis.ping();
  const looks = Promise.all(
    [redis, waiting].map(async (each) => {
      await emitted(each, 'reconnecting');
      expect(each.status).toBe('reconnecting');
      const ended = emitted(each, 'end');
      const asked = each.ping().catch(String);
      each.disconnect();
      await ended;
      return asked;
    }),
  );
  await server.stop({ signal: 'SIGKILL' });
  const closed = 'Error: Connection is closed.';
  expect(await looks).toEqual([closed, closed]);
  expect(await taken).toBe(closed);
  link.close();
});

describe('E6 J14 a process that was shut down ends, whatever has become of its Redis', () => {
  test.each(['manager', 'worker', 'worker that looks for it', 'worker that never saw it'])(
    'E6 J14 a %s',
    async (what) => {
      const server = await RedisServer.start();
      if (what === 'worker that never saw it') await server.stop();
      const child = fork(
        fileURLToPath(new URL('../fixtures/leaving-process.ts', import.meta.url)),
        [what, server.url],
        { execArgv: [...runtimeOptions] },
      );
      const ended = once(child, 'exit');
      // One that cannot start ends too, and says nothing.
      expect(await Promise.race([once(child, 'message'), ended])).toEqual(['up', undefined]);
      await server.stop({ signal: 'SIGKILL' });
      if (what !== 'manager') child.send('leave');
      expect(await ended).toEqual([0, null]);
      await server[Symbol.asyncDispose]();
    },
  );
});

test('J9 J7 a discard whose end a full Redis refuses has run once, and frees its key as soon as there is room', async () => {
  await using server = await RedisServer.start();
  await using queue = new ServedQueue(server.url);
  const probe = new Redis(server.url);
  let runs = 0;
  const failing = handle(
    echo,
    ({ input }) => {
      if (input === 'fails') throw new NonRetriableError('no');
      return input;
    },
    {
      async discard() {
        runs += 1;
        await probe.config('SET', 'maxmemory', '1');
      },
    },
  );
  const alice = queue.manager([failing]).forOwner('alice');
  const served = await queue.serve([failing]);
  const refused = new Promise<unknown>((resolve) => {
    served.on('error', ({ error }) => {
      if (OffstageError.isInstance(error) && error.code === 'redis_unsuitable') resolve(error);
    });
  });
  const { id } = await alice.start(echo, 'fails', { exclusivityKey: 'k' });
  await refused;
  await probe.config('SET', 'maxmemory', '0');
  expect(await alice.wait(id)).toMatchObject({ status: 'failed' });
  const next = await alice.start(echo, 'next', { exclusivityKey: 'k', onConflict: 'queue' });
  expect(await alice.wait(next.id, { timeoutMs: 30_000 })).toMatchObject({ status: 'succeeded' });
  expect(runs).toBe(1);
  probe.disconnect();
});

/** Where `once` of Node.js would fail: what is looked for is not there, and each look tells an error. */
const emitted = (redis: Redis, event: string): Promise<void> =>
  new Promise((resolve) => {
    redis.once(event, () => resolve());
  });

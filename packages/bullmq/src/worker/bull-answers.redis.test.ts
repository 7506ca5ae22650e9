import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Queue, Worker } from 'bullmq';
import { Redis, ReplyError } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer } from '../../fixtures/redis-server.ts';
import { isAway } from '../redis/redis-errors.ts';
import { isLockLost } from './bull-answers.ts';

let server: RedisServer;
/** Takes connections, and says nothing. */
const dumb = createServer();
const silent = (): number => Number(Object(dumb.address()).port);
beforeAll(async () => {
  server = await RedisServer.start();
  dumb.listen(0, '127.0.0.1');
  await once(dumb, 'listening');
});
afterAll(async () => {
  dumb.close();
  await server[Symbol.asyncDispose]();
});

test('E4 what BullMQ itself says of a lock that is lost, or another one’s, is known as that', async () => {
  const connection = { url: server.url };
  const name = randomUUID();
  const queue = new Queue(name, { connection });
  const worker = new Worker(name, undefined, { connection, autorun: false });
  const job = await queue.add('job', {});
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  const taken = await worker.getNextJob('ours');
  expect(taken?.id).toBe(job.id);
  await taken?.moveToCompleted(null, 'another', false).catch(note);
  const redis = new Redis(server.url);
  await redis.del(`bull:${name}:${job.id}:lock`);
  await taken?.moveToCompleted(null, 'ours', false).catch(note);
  // As its lock manager tells it.
  worker.on('error', note);
  await Reflect.get(worker, 'lockManager').extendLocks([job.id]);
  expect(errors.map(isLockLost)).toEqual([true, true, true]);
  expect(isLockLost(new Error(`Job ${job.id} is not in the active state.`))).toBe(false);
  await worker.close();
  await queue.close();
  redis.disconnect();
});

test.each([
  [
    'a connection that was closed',
    async (): Promise<unknown> => {
      const redis = new Redis(server.url);
      redis.disconnect();
      return redis.ping();
    },
  ],
  [
    'a server that does not answer in time',
    async (): Promise<unknown> => {
      const redis = new Redis({ port: silent(), commandTimeout: 20, enableReadyCheck: false });
      return redis.ping().finally(() => redis.disconnect());
    },
  ],
  [
    'a server that is silent for too long',
    async (): Promise<unknown> => {
      const redis = new Redis({ port: silent(), socketTimeout: 20, retryStrategy: null as never });
      redis.ping().catch(() => {});
      return new Promise((_, reject) => redis.once('error', reject));
    },
  ],
  [
    'sentinels of which none is there',
    async (): Promise<unknown> => {
      const redis = new Redis({
        ...{ sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'main' },
        sentinelRetryStrategy: () => null,
      });
      redis.on('error', () => {});
      return redis.ping();
    },
  ],
  [
    'a connection that is not there yet, where nothing may wait for it',
    async (): Promise<unknown> => {
      const redis = new Redis({ port: server.port, enableOfflineQueue: false });
      return redis.ping().finally(() => redis.disconnect());
    },
  ],
] as const)('E6 what ioredis says of %s by its text alone is an outage', async (_what, ask) => {
  const error = await ask().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(Object(error).code).toBeUndefined();
  expect(isAway(error)).toBe(true);
});

test('E6 what Redis answers is no outage, whatever it says', () => {
  expect(isAway(new ReplyError('ERR the script says: Connection is closed.'))).toBe(false);
  expect(isAway('Connection is closed.')).toBe(false);
});

test.each([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
])('E6 %s is an outage, by itself and for each address of a name', (code) => {
  const error = Object.assign(new Error(code), { code });
  expect(isAway(error)).toBe(true);
  expect(isAway(new AggregateError([error, error]))).toBe(true);
  expect(isAway(new AggregateError([error, new Error('another')]))).toBe(false);
});

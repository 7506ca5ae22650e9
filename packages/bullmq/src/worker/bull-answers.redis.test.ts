import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer } from '../../fixtures/redis-server.ts';
import { isAway } from '../redis/redis-errors.ts';
import { isLockLost } from './bull-answers.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

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
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
])('E6 %s is an outage, by itself and for each address of a name', (code) => {
  const error = Object.assign(new Error(code), { code });
  expect(isAway(error)).toBe(true);
  expect(isAway(new AggregateError([error, error]))).toBe(true);
  expect(isAway(new AggregateError([error, new Error('another')]))).toBe(false);
});

import { setImmediate as turn } from 'node:timers/promises';
import { defineJob, handle } from '@offstage/core';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { sharedRedis } from '../fixtures/shared-redis.ts';

const redis = sharedRedis();

const echo = defineJob({ name: 'echo', input: z.unknown(), result: z.unknown(), phases: ['work'] });
const echoing = handle(echo, ({ input }) => input);

test('A7 E6 limits, and what handlers there are, are told to a Redis again that has lost all', async () => {
  const url = `${redis.server.url}/3`;
  await using queue = new ServedQueue(url);
  let [running, most] = [0, 0];
  const counting = handle(echo, async ({ input }) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    return input;
  });
  const limits = { echo: { concurrency: 1 } };
  const other = queue.manager([counting], { limits });
  await other.ready();
  const quiet = queue.manager([counting]);
  await quiet.ready();
  const alice = other.forOwner('alice');
  await queue.serve([counting], { concurrency: 8 });
  expect((await alice.wait((await alice.start(echo, 1)).id)).status).toBe('succeeded');
  const there = new Redis(url);
  await there.flushdb();
  await there.script('FLUSH');
  const base = `bull:${queue.queueName}:offstage:`;
  await vi.waitUntil(async () => (await there.exists(`${base}limits`, `${base}handlers`)) === 2);
  expect(await there.get(`${base}format`)).toBe('2');
  const clients = [alice, quiet.forOwner('alice')];
  const jobs = await Promise.all(
    clients.flatMap((client) => Array.from({ length: 8 }, (_, n) => client.start(echo, n))),
  );
  for (const { id } of jobs) expect((await alice.wait(id)).status).toBe('succeeded');
  expect(most).toBe(1);
  there.disconnect();
});

test.each([
  ['channels', ['~*', '+@all', 'resetchannels']],
  ['scripts', ['~*', '&*', '+@all', '-@scripting']],
  ['its keys', ['~other:*', '&*', '+@all']],
] as const)(
  'E1 J3 a user who may not use %s is refused, and nothing of a start is left behind',
  async (what, rules) => {
    const user = `user-${what.replace(' ', '-')}`;
    await redis.raw.acl('SETUSER', user, 'reset', 'on', '>secret', ...rules);
    const { port } = redis.server;
    await using queue = new ServedQueue(`redis://${user}:secret@127.0.0.1:${port}`);
    const alice = queue.manager([echoing]).forOwner('alice');
    const refusal = { code: 'redis_unsuitable', message: expect.stringMatching(/may not do/) };
    await expect(alice.start(echo, 1)).rejects.toMatchObject(refusal);
    await expect(queue.serve([echoing])).rejects.toMatchObject(refusal);
    const left = await redis.raw.keys(`bull:${queue.queueName}:offstage:*`);
    expect(left.filter((key) => !/:(format|birth|order)$/.test(key))).toEqual([]);
  },
);

test('E1 E6 a queue that a board pauses starts nothing until it is resumed, and what runs ends', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const ends = Promise.withResolvers<void>();
  const begun: unknown[] = [];
  const held = handle(echo, async ({ input }) => {
    begun.push(input);
    if (input === 1) await ends.promise;
    return input;
  });
  const alice = queue.manager([held]).forOwner('alice');
  const served = await queue.serve([held], { concurrency: 2 });
  const first = await alice.start(echo, 1);
  await vi.waitUntil(() => begun.length === 1);
  const bull = new Queue(queue.queueName, { connection: { url: redis.server.url } });
  await bull.pause();
  const others = [await alice.start(echo, 2), await alice.start(echo, 3, { delayMs: 1 })];
  ends.resolve();
  expect((await alice.wait(first.id)).status).toBe('succeeded');
  await served.shutdown();
  await queue.serve([held]);
  expect(begun).toEqual([1]);
  await bull.resume();
  for (const { id } of others) expect((await alice.wait(id)).status).toBe('succeeded');
  expect(queue.errors).toEqual([]);
  await bull.close();
});

test('E6 a Redis that is emptied amid a handler: its job is gone, the handler is stopped, and nothing is told as a failure', async () => {
  const url = `${redis.server.url}/4`;
  await using queue = new ServedQueue(url);
  const stopped = Promise.withResolvers<void>();
  const held = handle(echo, async ({ input, signal, save }) => {
    if (input !== 'held') return input;
    signal.addEventListener('abort', () => stopped.resolve());
    await stopped.promise;
    await expect(save(1)).rejects.toMatchObject({ code: 'fenced' });
    return input;
  });
  const alice = queue.manager([held]).forOwner('alice');
  await queue.serve([held], { concurrency: 2 });
  const { id } = await alice.start(echo, 'held', { exclusivityKey: 'k' });
  await vi.waitUntil(async () => (await alice.get(id))?.status === 'running');
  const there = new Redis(url);
  await there.flushdb();
  there.disconnect();
  const next = await alice.start(echo, 'next', { exclusivityKey: 'k' });
  expect(await alice.wait(next.id)).toMatchObject({ status: 'succeeded', result: 'next' });
  await stopped.promise;
  await expect(alice.wait(id)).rejects.toMatchObject({ code: 'not_found' });
  const last = await alice.start(echo, 'last');
  expect(await alice.wait(last.id)).toMatchObject({ status: 'succeeded', result: 'last' });
  expect(await alice.activity()).toMatchObject({ queued: 0, running: 0 });
  expect(queue.errors).toEqual([]);
});

test('E6 a primary that becomes a replica, and a primary again: starts are refused, and what ran ends', async () => {
  await using own = await RedisServer.start('--appendfsync', 'no');
  await using queue = new ServedQueue(own.url);
  const ends = Promise.withResolvers<void>();
  const held = handle(echo, async ({ input }) => {
    if (input === 1) await ends.promise;
    return input;
  });
  const alice = queue.manager([held]).forOwner('alice');
  await queue.serve([held], { concurrency: 2 });
  const { id } = await alice.start(echo, 1);
  await vi.waitUntil(async () => (await alice.get(id))?.status === 'running');
  const there = new Redis(own.url);
  await there.replicaof('127.0.0.1', '1');
  ends.resolve();
  const refusal = { code: 'redis_unsuitable', details: { reason: 'read_only' } };
  await expect(alice.start(echo, 2)).rejects.toMatchObject(refusal);
  expect(await alice.get(id)).toMatchObject({ status: 'running', attempt: 1 });
  await there.replicaof('NO', 'ONE');
  there.disconnect();
  expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  const next = await alice.start(echo, 3);
  expect(await alice.wait(next.id)).toMatchObject({ status: 'succeeded' });
  for (const error of queue.errors) expect(error).toMatchObject(refusal);
});

test('A7 E6 a manager that keeps to limits of another one does so, though it sees first that Redis has lost them', async () => {
  const url = `${redis.server.url}/5`;
  await using queue = new ServedQueue(url);
  const owner = queue.manager([echoing], { limits: { echo: { concurrency: 1 } } });
  await owner.ready();
  const quiet = queue.manager([echoing]);
  await quiet.ready();
  await owner.shutdown();
  const there = new Redis(url);
  await there.flushdb();
  const base = `bull:${queue.queueName}:offstage:`;
  await vi.waitUntil(async () => (await there.exists(`${base}birth`)) === 1);
  const { id } = await quiet.forOwner('alice').start(echo, 1);
  expect(await there.hget(`${base}job:${id}`, 'limited')).toBe('1');
  there.disconnect();
});

import { setImmediate as turn } from 'node:timers/promises';
import { defineJob, handle } from '@offstage/core';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';

// Only what is stuck may fail by these, not a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: RedisServer;
let raw: Redis;
beforeAll(async () => {
  server = await RedisServer.start('--appendfsync', 'no');
  raw = new Redis(server.url);
});
afterAll(async () => {
  raw.disconnect();
  await server[Symbol.asyncDispose]();
});

const echo = defineJob({ name: 'echo', input: z.unknown(), result: z.unknown(), phases: ['work'] });
const echoing = handle(echo, ({ input }) => input);

test('A7 E6 limits, and what handlers there are, are told to a Redis again that has lost all', async () => {
  const url = `${server.url}/3`;
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
  const alice = queue.manager([counting], { limits }).forOwner('alice');
  await queue.manager([counting]).ready();
  await queue.serve([counting], { concurrency: 8 });
  expect((await alice.wait((await alice.start(echo, 1)).id)).status).toBe('succeeded');
  const there = new Redis(url);
  await there.flushdb();
  await there.script('FLUSH');
  const base = `bull:${queue.queueName}:offstage:`;
  await vi.waitUntil(async () => (await there.exists(`${base}limits`, `${base}handlers`)) === 2, {
    timeout: 30_000,
  });
  expect(await there.get(`${base}format`)).toBe('2');
  const jobs = await Promise.all(Array.from({ length: 12 }, (_, n) => alice.start(echo, n)));
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
    await raw.acl('SETUSER', user, 'reset', 'on', '>secret', ...rules);
    const { port } = server;
    await using queue = new ServedQueue(`redis://${user}:secret@127.0.0.1:${port}`);
    const alice = queue.manager([echoing]).forOwner('alice');
    const refusal = { code: 'redis_unsuitable', message: expect.stringMatching(/may not do/) };
    await expect(alice.start(echo, 1)).rejects.toMatchObject(refusal);
    await expect(queue.serve([echoing])).rejects.toMatchObject(refusal);
    const left = await raw.keys(`bull:${queue.queueName}:offstage:*`);
    expect(left.filter((key) => !/:(format|birth|order)$/.test(key))).toEqual([]);
  },
);

test('E1 E6 a queue that a board pauses starts nothing until it is resumed, and what runs ends', async () => {
  await using queue = new ServedQueue(server.url);
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
  const bull = new Queue(queue.queueName, { connection: { url: server.url } });
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

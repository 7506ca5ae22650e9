import { defineJob, handle } from '@offstage/core';
import { newJobState, transition } from '@offstage/core/engine';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { CutProxy } from '../fixtures/cut-proxy.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { storedState } from './records/job-record.ts';
import { JobStore } from './records/job-store.ts';
import { bullKeeps, bullOptionsOf } from './shared/bull-options.ts';
import { baseOf } from './shared/names.ts';
import { WorkBackend } from './worker/work-backend.ts';

const held = defineJob({ name: 'held', input: z.number(), result: z.number(), phases: ['work'] });

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

async function keptAt(key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return redis.hgetall(key);
    case 'zset':
      return redis.zrange(key, '0', '-1', 'WITHSCORES');
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'stream':
      return (await redis.xrange(key, '-', '+')).map(([, fields]) => fields);
    default:
      return redis.get(key);
  }
}

/** What BullMQ keeps of a queue, without what differs between any two runs. */
async function bullKeysOf(queueName: string, ids: readonly string[]): Promise<string> {
  const prefix = `bull:${queueName}:`;
  const kept: Record<string, unknown> = {};
  for (const key of (await redis.keys(`${prefix}*`)).sort()) {
    const name = key.slice(prefix.length);
    // These come and go with timers of the workers, which are BullMQ's own.
    if (/^offstage:|^stalled|^marker$/.test(name)) continue;
    kept[name] = await keptAt(key);
  }
  let text = JSON.stringify(kept, (field, value) => {
    if (field !== 'opts') return value;
    const { jobId: _, ...options } = JSON.parse(value);
    return options;
  });
  for (const [index, id] of ids.entries()) text = text.replaceAll(id, `<job ${index}>`);
  text = text.replace(/"\d{13}"/g, '"<time>"').replace(/"[0-9a-f-]{36}:\d+"/g, '"<lock>"');
  return JSON.parse(text);
}

test('E1 BullMQ has of each job what its own scripts would have written, at every step', async () => {
  let isHeld = true;
  const until = () => vi.waitUntil(() => !isHeld, { interval: 2 });
  const running: string[] = [];

  await using ours = new ServedQueue(server.url);
  const held1 = handle(held, async ({ input, jobId }) => {
    running.push(jobId);
    await until();
    return input;
  });
  const alice = ours.manager([held1]).forOwner('alice');
  const bare = new Queue(`${ours.queueName}-bare`, { connection: { url: server.url } });
  const ids: string[] = [];
  for (const n of [1, 2]) {
    const job = await alice.start(held, n, { priority: n === 1 ? 3 : 0 });
    ids.push(job.id);
    const options = bullOptionsOf({ priority: n === 1 ? 3 : 0 }, 1);
    await bare.add(held.name, {}, { ...options, jobId: job.id });
  }
  const both = async () => [
    await bullKeysOf(ours.queueName, ids),
    await bullKeysOf(bare.name, ids),
  ];
  const [waiting, bareWaiting] = await both();
  expect(waiting).toEqual(bareWaiting);
  expect(waiting).toMatchObject({ prioritized: expect.anything(), '<job 0>': { data: '{}' } });

  await ours.serve([held1], { concurrency: 1 });
  const worker = new Worker(
    bare.name,
    async ({ id = '' }) => {
      running.push(id);
      await until();
    },
    {
      connection: { url: server.url },
      removeOnComplete: { count: bullKeeps },
      removeOnFail: { count: bullKeeps },
    },
  );
  await vi.waitUntil(() => running.length === 2, { interval: 2 });
  const [active, bareActive] = await both();
  expect(active).toEqual(bareActive);
  expect(active).toMatchObject({ active: ['<job 0>'], '<job 0>': { ats: '1' } });

  isHeld = false;
  for (const id of ids) await alice.wait(id);
  await vi.waitUntil(async () => (await bare.getCompletedCount()) === 2, {
    interval: 2,
  });
  const [ended, bareEnded] = await both();
  expect(ended).toEqual(bareEnded);
  expect(ended).toMatchObject({ '<job 1>': { atm: '1', returnvalue: 'null' } });
  expect(ended).not.toHaveProperty('active');
  await worker.close();
  await bare.close();
});

test('E1 A1 the state of a first attempt is that which core makes of the one that waited', async () => {
  await using queue = new ServedQueue(server.url);
  let isHeld = true;
  const jobs = [
    handle(held, async ({ input }) => {
      await vi.waitUntil(() => !isHeld, { interval: 2 });
      return input;
    }),
  ];
  const alice = queue.manager(jobs).forOwner('alice');
  const { id } = await alice.start(held, 1);
  const key = `${baseOf('bull', queue.queueName)}job:${id}`;
  const waiting = JSON.parse((await redis.hget(key, 'state')) ?? '');
  await queue.serve(jobs);
  const view = await vi.waitUntil(
    async () => {
      const found = await alice.get(id);
      return found?.status === 'running' ? found : undefined;
    },
    { interval: 2 },
  );
  const { createdAt, maxAttempts } = waiting;
  const made = transition(newJobState(createdAt, maxAttempts, true), {
    type: 'started',
    at: view.startedAt ?? 0,
  }).state;
  expect(await redis.hget(key, 'state')).toBe(storedState(made));
  // Its fence and its revision are of this attempt, and nobody knows them beforehand.
  const [fence, rev] = await redis.hmget(key, 'fence', 'rev');
  expect(fence).toMatch(/.{20}/);
  expect(rev).toBe(fence);
  expect(await alice.activity()).toMatchObject({ queued: 0, running: 1 });
  isHeld = false;
  expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

test('E6 a job whose answer was lost on its way to the worker is run, and has spent no attempt', async () => {
  await using direct = new ServedQueue(server.url);
  const jobs = [handle(held, ({ input }) => input)];
  const alice = direct.manager(jobs).forOwner('alice');
  let lost = '';
  await using proxy = await CutProxy.to(Number(new URL(server.url).port), (text) => {
    const id = ids.find((each) => text.includes(each));
    if (lost !== '' || id === undefined) return text;
    lost = id;
    proxy.cut();
    proxy.mend();
    return '';
  });
  const ids: string[] = [];
  for (const n of [1, 2, 3]) ids.push((await alice.start(held, n)).id);
  await direct.serve(jobs, { connection: { url: proxy.url } });
  for (const id of ids) {
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  }
  expect(ids).toContain(lost);
});

test('J2 A10 E4 a worker that loses to another change goes on with what the handler gets', async () => {
  await using queue = new ServedQueue(server.url);
  const alice = queue.manager([handle(held, ({ input }) => input)]).forOwner('alice');
  const { id } = await alice.start(held, 7);
  const link = queue.link();
  const store = new JobStore(link);
  const known = await store.find(id, 'handler');
  const begin = { type: 'started', at: Date.now() } as const;
  // The attempt begins elsewhere, saves, and fails for now, between the look and the commit.
  const elsewhere = await store.dispatch(id, () => begin, { newFence: 'elsewhere', known });
  expect(elsewhere).toMatchObject({ type: 'done' });
  await redis.hset(`${baseOf('bull', queue.queueName)}job:${id}`, 'saved', 'here');
  const at = Date.now();
  await store.dispatch(id, () => ({ type: 'putBack', at }), { newFence: '' });
  const begun = await store.dispatch(
    id,
    ({ state }) => (state.status === 'queued' ? begin : undefined),
    { newFence: 'here', known },
  );
  const unchanged = await store.dispatch(id, () => undefined, { known });
  for (const committed of [begun, unchanged]) {
    if (!('record' in committed)) throw new Error(committed.type);
    expect(committed.record.input).toEqual(known?.input);
  }
  expect(begun).toMatchObject({ type: 'done', record: { saved: Buffer.from('here') } });
  link.close();
});

test('E5 K4 what a worker has taken and does not ask for goes back to its place, and has spent no attempt', async () => {
  await using queue = new ServedQueue(server.url);
  const jobs = [handle(held, ({ input }) => input)];
  const alice = queue.manager(jobs).forOwner('alice');
  const ids: string[] = [];
  for (const n of [1, 2, 3, 4]) ids.push((await alice.start(held, n)).id);
  const link = queue.link();
  const errors: unknown[] = [];
  const backend = WorkBackend.factory(
    {
      ...{ store: new JobStore(link), concurrency: 10, lockMs: 30_000, names: [held.name] },
      isRated: false,
      insist: (act) => act(),
      ended: async () => {},
      report: (error) => errors.push(error),
    },
    () => {},
  )(queue.queueName, { connection: link.connect() }, {});
  const [, first] = await backend.moveToActive('worker:0');
  expect(first).toBe(ids[0]);
  expect(backend.recordOf(String(first))).toMatchObject({ isBegun: true });
  await vi.waitUntil(async () => (await redis.llen(`bull:${queue.queueName}:active`)) === 1, {
    interval: 2,
  });
  await vi.waitUntil(async () => (await alice.activity()).queued === 3, { interval: 2 });
  // Each is back in line first, and in its place then.
  await vi.waitFor(
    async () => {
      const line = await redis.zrange(`bull:${queue.queueName}:prioritized`, '0', '-1');
      expect(line).toEqual(ids.slice(1));
    },
    { interval: 2 },
  );
  for (const id of ids.slice(1)) {
    expect(await alice.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
  }
  expect(errors).toEqual([]);
  link.close();
  await queue.serve(jobs);
  for (const id of ids.slice(1)) {
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  }
});

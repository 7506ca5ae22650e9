import { setImmediate as turn } from 'node:timers/promises';
import { defineJob, type HandledJob, handle, type JobClient } from '@offstage/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { slowJob } from '../fixtures/fault-jobs.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { WorkerProcess } from '../fixtures/worker-processes.ts';
import type { BullJobManager } from './index.ts';

// Only what is stuck may fail by it, not a busy machine.

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

const input = z.object({ n: z._default(z.number(), 0), owner: z._default(z.string(), 'alice') });
const define = (name: string, retry?: { attempts: number; delayMs: number }) =>
  defineJob({ name, input, result: z.number(), phases: ['run'], ...(retry && { retry }) });
const limited = define('limited');
const free = define('free');
const freeing = handle(free, ({ input: { n } }) => n);

/** Handlers that wait until the test lets them go, and how many of them there were at once. */
function held() {
  const running = new Map<number, { owner: string; end: () => void }>();
  const begun: number[] = [];
  const most = { all: 0, byOwner: 0 };
  const job: HandledJob = handle(limited, async ({ input: { n, owner }, signal }) => {
    await new Promise<void>((end) => {
      running.set(n, { owner, end });
      begun.push(n);
      const ofOwner = [...running.values()].filter((each) => each.owner === owner).length;
      most.all = Math.max(most.all, running.size);
      most.byOwner = Math.max(most.byOwner, ofOwner);
      signal.addEventListener('abort', () => end(), { once: true });
    });
    running.delete(n);
    signal.throwIfAborted();
    return n;
  });
  const count = (least: number): Promise<unknown> => vi.waitUntil(() => running.size >= least);
  const free = (n: number | undefined): void => running.get(n ?? -1)?.end();
  return { job, running, begun, most, count, free };
}

const startAll = (client: JobClient, count: number, owner = 'alice', from = 0) =>
  Promise.all(
    Array.from({ length: count }, (_, n) => client.start(limited, { n: from + n, owner })),
  );

/** Managers wake what nobody wakes: without one, all has to happen by itself. Jobs can still be asked for. */
const left = (manager: BullJobManager): Promise<unknown> => manager.shutdown();

test('A7 E5 a name at its concurrency takes no slot, holds no other job up, and goes on as they end', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, running, begun, most, count, free: end } = held();
  const handlers = [job, freeing];
  const manager = queue.manager(handlers, { limits: { limited: { concurrency: 2 } } });
  const alice = manager.forOwner('alice');
  // Some before there is a worker, some after.
  const early = await startAll(alice, 6);
  for (let each = 0; each < 2; each += 1) await queue.serve(handlers, { concurrency: 3 });
  const late = await startAll(alice, 6, 'alice', 6);
  await count(2);
  const other = await alice.start(free, { n: 42 });
  expect((await alice.wait(other.id)).result).toBe(42);
  await left(manager);
  while (begun.length < 12 || running.size > 0) {
    await count(1);
    for (const n of [...running.keys()]) end(n);
    await turn();
  }
  const ends = await Promise.all([...early, ...late].map(({ id }) => alice.wait(id)));
  expect(ends.map(({ status }) => status)).toEqual(Array(12).fill('succeeded'));
  expect(most.all).toBe(2);
  expect(queue.errors).toEqual([]);
});

test('A7 E5 a limit of an owner holds that owner up, and nobody else', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, running, begun, most, count, free: end } = held();
  const limits = { limited: { concurrency: 3, perOwner: 1 } };
  const manager = queue.manager([job], { limits });
  await queue.serve([job], { concurrency: 10 });
  const owners = ['alice', 'bob', 'a\n:limited', 'dora'];
  const all = [];
  for (const [at, owner] of owners.entries()) {
    all.push(...(await startAll(manager.forOwner(owner), 4, owner, 10 * at)));
  }
  await left(manager);
  await count(3);
  while (begun.length < all.length || running.size > 0) {
    await count(1);
    end([...running.keys()][0]);
    await turn();
  }
  expect(most).toEqual({ all: 3, byOwner: 1 });
  // Within an owner, in the order of start.
  for (const at of owners.keys()) {
    const own = begun.filter((n) => Math.floor(n / 10) === at);
    expect(own).toEqual([0, 1, 2, 3].map((n) => 10 * at + n));
  }
});

test('A7 E5 a rate lets so many begin within any span, and all of them in the end', async () => {
  await using queue = new ServedQueue(redis.url);
  const ranAt: number[] = [];
  const running = handle(limited, ({ input: { n } }) => {
    ranAt[n] = Date.now();
    return n;
  });
  const perMs = 200;
  const limits = { limited: { rate: { max: 3, perMs } } };
  const manager = queue.manager([running], { limits });
  const alice = manager.forOwner('alice');
  await queue.serve([running], { concurrency: 4 });
  const ids = (await startAll(alice, 10)).map(({ id }) => id);
  await left(manager);
  const ends = await Promise.all(ids.map((id) => alice.wait(id)));
  const begun = ends.map(({ startedAt }) => startedAt ?? 0).sort((a, b) => a - b);
  const ran = ranAt.toSorted((a, b) => a - b);
  expect(ran).toHaveLength(10);
  // The limit is looked at between the two moments that are known of each.
  for (let n = 3; n < 10; n += 1) {
    expect((ran[n] ?? 0) - (begun[n - 3] ?? 0)).toBeGreaterThanOrEqual(perMs);
  }
});

test('A7 A6 E5 the one of highest priority begins first of those that wait for their name', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, begun, count, free: end } = held();
  const alice = queue.manager([job], { limits: { limited: { concurrency: 1 } } }).forOwner('alice');
  await queue.serve([job], { concurrency: 5 });
  await alice.start(limited, { n: 0 });
  await count(1);
  for (const [n, priority] of [
    [1, 0],
    [2, -5],
    [3, 7],
    [4, 0],
    [5, 7],
  ] as const) {
    await alice.start(limited, { n }, { priority });
  }
  for (const n of [0, 3, 5, 1, 4, 2]) {
    await vi.waitUntil(() => begun.at(-1) === n);
    end(n);
  }
});

test('A7 A1 E5 between attempts a job holds no place, and a canceled one gives its own away', async () => {
  await using queue = new ServedQueue(redis.url);
  const retried = define('limited', { attempts: 2, delayMs: 3_600_000 });
  const { job, begun, count, free: end } = held();
  const failing = handle(retried, (context) => {
    if (context.input.n === 0) throw new Error('try again');
    return job.handler(context as never) as Promise<number>;
  });
  const manager = queue.manager([failing], { limits: { limited: { concurrency: 1 } } });
  const alice = manager.forOwner('alice');
  await queue.serve([failing], { concurrency: 5, random: () => 0.9 });
  const [first, second, third, fourth] = await Promise.all(
    [0, 1, 2, 3].map((n) => alice.start(retried, { n })),
  );
  await count(1);
  expect(begun).toEqual([1]);
  expect(await alice.get(first?.id ?? '')).toMatchObject({ status: 'queued', attempt: 2 });
  // The one in the middle waits for nothing any more.
  expect(await alice.cancel(third?.id ?? '')).toBe(true);
  await alice.cancel(second?.id ?? '');
  await vi.waitUntil(() => begun.length === 2);
  expect(begun).toEqual([1, 3]);
  end(3);
  expect(await alice.wait(fourth?.id ?? '')).toMatchObject({ status: 'succeeded' });
  await alice.cancel(first?.id ?? '');
});

test('A7 E5 whatever is canceled meanwhile, limits hold and nothing is left behind', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, running, most } = held();
  const limits = { limited: { concurrency: 3, perOwner: 2, rate: { max: 5, perMs: 40 } } };
  const manager = queue.manager([job], { limits });
  for (let each = 0; each < 2; each += 1) await queue.serve([job], { concurrency: 3 });
  const all: { client: JobClient; id: string }[] = [];
  for (let n = 0; n < 40; n += 1) {
    const owner = `owner ${n % 3}`;
    const client = manager.forOwner(owner);
    const delayMs = n % 7 === 0 ? 30 : 0;
    const priority = (n * 7) % 5;
    all.push({ client, id: (await client.start(limited, { n, owner }, { priority, delayMs })).id });
    if (n % 3 === 1) await all[Math.floor(n / 2)]?.client.cancel(all[Math.floor(n / 2)]?.id ?? '');
    if (n % 4 === 0) for (const { end } of running.values()) end();
  }
  await left(manager);
  let isOver = false;
  const ended = Promise.all(all.map(({ client, id }) => client.wait(id))).finally(() => {
    isOver = true;
  });
  await vi.waitUntil(() => {
    for (const { end } of running.values()) end();
    return isOver;
  });
  const statuses = new Set((await ended).map(({ status }) => status));
  expect([...statuses].sort()).toEqual(['canceled', 'succeeded']);
  expect(most.all).toBeLessThanOrEqual(3);
  expect(most.byOwner).toBeLessThanOrEqual(2);
  expect(await manager.activity()).toMatchObject({ queued: 0, running: 0 });
  const probe = new Redis(redis.url);
  const keys = await probe.keys(`bull:${queue.queueName}:offstage:*`);
  probe.disconnect();
  const names = keys.map((key) => key.split(':')[3]);
  expect(names.filter((name) => /^(places|given|alarm|parked(?!Lists))/.test(name ?? ''))).toEqual(
    [],
  );
});

test('A7 E5 a manager that says nothing of limits keeps to those of another, and changes none', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, running, begun, count, free: end } = held();
  const first = queue.manager([job], { limits: { limited: { concurrency: 1 } } });
  await first.ready();
  const second = queue.manager([job]);
  await queue.serve([job, freeing], { concurrency: 3 });
  await startAll(second.forOwner('alice'), 2);
  await startAll(first.forOwner('bob'), 2, 'bob', 2);
  while (begun.length < 4 || running.size > 0) {
    await count(1);
    expect(running.size).toBe(1);
    end([...running.keys()][0]);
    await turn();
  }
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('A7 E5 limits that a newer manager takes away hold nobody up', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, count } = held();
  const older = queue.manager([job], { limits: { limited: { concurrency: 1 } } });
  await queue.serve([job], { concurrency: 3 });
  await startAll(older.forOwner('alice'), 3);
  await count(1);
  await queue.manager([job], { limits: {} }).ready();
  await count(3);
  await older.shutdown({ keep: false });
});

test('A7 E4 the place of a job whose process was killed is taken by its next attempt, and then by the next job', async () => {
  await using queue = new ServedQueue(redis.url);
  const slow = handle(slowJob, () => ({ pid: 0, attempt: 0 }));
  const limits = { [slowJob.name]: { concurrency: 1 } };
  const alice = queue.manager([slow], { limits }).forOwner('alice');
  const worker = new WorkerProcess();
  const { queueName } = queue;
  await worker.order({ type: 'serve', url: redis.url, queueName, concurrency: 2, lockMs: 200 });
  const [first, second] = [await alice.start(slowJob, {}), await alice.start(slowJob, {})];
  await vi.waitUntil(async () => (await alice.get(first.id))?.progress !== null);
  await worker.kill();
  expect((await alice.get(second.id))?.status).toBe('queued');
  await queue.serve([slow], { lockMs: 200 });
  expect(await alice.wait(first.id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect(await alice.wait(second.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

test('A7 A8 A9 E4 the place and the key of a process that was paused go on once, and nothing of it is left when it wakes', async () => {
  await using queue = new ServedQueue(redis.url);
  const slow = handle(slowJob, () => ({ pid: 0, attempt: 0 }));
  const limits = { [slowJob.name]: { concurrency: 1, perOwner: 1, rate: { max: 50, perMs: 10 } } };
  const manager = queue.manager([slow], { limits });
  const alice = manager.forOwner('alice');
  await using worker = new WorkerProcess();
  const { queueName } = queue;
  // With no slot left it waits for no job, and takes no news of one to sleep.
  await worker.order({ type: 'serve', url: redis.url, queueName, concurrency: 1, lockMs: 300 });
  const key = { exclusivityKey: 'k', onConflict: 'queue' } as const;
  const first = await alice.start(slowJob, { obeys: false }, key);
  await vi.waitUntil(async () => (await alice.get(first.id))?.progress !== null);
  const options = { definition: slowJob, input: {}, owner: 'alice' };
  await manager.schedules.set('rarely', { ...options, everyMs: 3_600_000 });
  const scheduled = await manager.schedules.runNow('rarely');
  const second = await alice.start(slowJob, {}, key);
  process.kill(worker.pid, 'SIGSTOP');
  await queue.serve([slow], { lockMs: 300 });
  for (const [id, attempt] of [
    [first.id, 2],
    [scheduled, 1],
    [second.id, 1],
  ] as const) {
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt });
  }
  process.kill(worker.pid, 'SIGCONT');
  // Its handler returns although its attempt was given up.
  await worker.order({ type: 'stop', graceMs: 5000 });
  const { events = [] } = (await alice.poll(first.id)) ?? {};
  expect(events.map(({ attempt }) => attempt)).toEqual([1]);
  expect(await alice.get(first.id)).toMatchObject({ status: 'succeeded', result: { pid: 0 } });
  const next = await alice.start(slowJob, {}, key);
  expect(await alice.wait(next.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  const probe = new Redis(redis.url);
  const keys = await probe.keys(`bull:${queueName}:offstage:*`);
  probe.disconnect();
  expect(keys.filter((name) => /:(places|given|keys|waiting|counts)/.test(name))).toEqual([]);
});

test('A7 A9 E5 the job of a schedule waits for a place as any other does', async () => {
  await using queue = new ServedQueue(redis.url);
  const { job, running, count, free: end } = held();
  const manager = queue.manager([job], { limits: { limited: { concurrency: 1 } } });
  const alice = manager.forOwner('alice');
  await queue.serve([job], { concurrency: 5 });
  await alice.start(limited, { n: 1 });
  await count(1);
  const options = { definition: limited, input: { n: 2, owner: 'alice' }, owner: 'alice' };
  await manager.schedules.set('rarely', { ...options, everyMs: 3_600_000 });
  const id = await manager.schedules.runNow('rarely');
  expect((await alice.get(id))?.status).toBe('queued');
  expect([...running.keys()]).toEqual([1]);
  end(1);
  await vi.waitUntil(() => running.has(2));
  end(2);
  expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', result: 2 });
});

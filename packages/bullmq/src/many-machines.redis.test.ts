import { defineJob, handle, NonRetriableError, PublicError, systemClock } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { loopJob } from '../fixtures/loop-job.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { JobStore } from './records/job-store.ts';
import { textOfReply } from './redis/reply.ts';
import { beatScript, progressScript, saveScript } from './redis/scripts.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const any = z.object({ n: z._default(z.number(), 0), values: z.optional(z.unknown()) });
const echo = defineJob({ name: 'echo', input: any, result: z.unknown(), phases: ['work'] });
const echoing = handle(echo, ({ input }) => input);
const waiting = handle(
  defineJob({ name: 'waiting', input: any, result: any, phases: ['work'] }),
  async ({ input, signal, report }) => {
    for (let n = 1; n <= input.n; n++) report({ phase: 'work', percent: n % 100, message: `${n}` });
    report({ phase: 'work', percent: 50, message: 'waits' });
    await stopped(signal);
    throw signal.reason;
  },
);
const failing = handle(
  defineJob({
    name: 'failing',
    input: any,
    result: any,
    phases: ['work'],
    retry: { attempts: 3, delayMs: 0 },
  }),
  ({ report, attempt }) => {
    report({ phase: 'work', percent: 10 * attempt, message: `attempt ${attempt}` });
    throw new PublicError('busy', 'The archive is busy.');
  },
);
const jobs = [echoing, waiting, failing];

test('E1 what one manager starts another one sees, and any worker runs', async () => {
  await using queue = new ServedQueue(redis.url);
  const [first, second] = [queue.manager(jobs), queue.manager(jobs)];
  const values = [new Date(0), new Map([['ä', new Set([1n])]]), Uint8Array.of(1, 2), undefined];
  const { id } = await first.forOwner('alice').start(echo, { values });
  await queue.serve(jobs);
  expect((await second.forOwner('alice').wait(id)).result).toEqual({ n: 0, values });
});

test('E3 a noisy job evicts nothing of another one’s, and Redis keeps as many events as it was told', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs, { progressCapacity: 20 }).forOwner('alice');
  await queue.serve(jobs);
  const quiet = await alice.start(waiting.definition, { n: 3 });
  await vi.waitUntil(async () => (await alice.get(quiet.id))?.progress?.seq === 4);
  const noisy = await alice.start(waiting.definition, { n: 20_000 });
  await vi.waitUntil(async () => (await alice.get(noisy.id))?.progress?.seq === 20_001);
  const [few, many] = await alice.pollMany([
    { id: quiet.id, limit: 1000 },
    { id: noisy.id, limit: 1000 },
  ]);
  expect(few?.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(many?.events.length).toBeLessThanOrEqual(20);
  expect(many).toMatchObject({ cursor: 20_001, job: { progress: { message: 'waits' } } });
  expect(many?.missed).toBe(20_001 - (many?.events.length ?? 0));
  for (const id of [quiet.id, noisy.id]) {
    await alice.cancel(id);
    await alice.wait(id);
  }
});

test('E5 J7 A8 a key holds across managers: queue waits in order, join finds, replace stops', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const again = queue.manager(jobs).forOwner('alice');
  const bob = queue.manager(jobs).forOwner('bob');
  await queue.serve(jobs);
  const keyed = { exclusivityKey: 'k' };
  const holder = await alice.start(waiting.definition, {}, keyed);
  await expect(bob.start(echo, {}, { ...keyed, onConflict: 'join' })).rejects.toMatchObject({
    code: 'conflict',
  });
  const joined = await again.start(waiting.definition, {}, { ...keyed, onConflict: 'join' });
  expect(joined.id).toBe(holder.id);
  const queued = [
    await bob.start(echo, { n: 1 }, { ...keyed, onConflict: 'queue' }),
    await bob.start(echo, { n: 2 }, { ...keyed, onConflict: 'queue' }),
  ];
  const given = await again.start(echo, { n: 3 }, { ...keyed, onConflict: 'replace' });
  const newest = await again.start(echo, { n: 4 }, { ...keyed, onConflict: 'replace' });
  expect((await alice.wait(holder.id)).status).toBe('canceled');
  expect((await alice.wait(given.id)).status).toBe('canceled');
  const ends = [
    await alice.wait(newest.id),
    ...(await Promise.all(queued.map(({ id }) => bob.wait(id)))),
  ];
  expect(ends.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  const begun = ends.map(({ startedAt }) => startedAt ?? 0);
  expect(begun).toEqual(begun.toSorted((a, b) => a - b));
  const free = await bob.start(echo, {}, keyed);
  expect((await bob.wait(free.id)).status).toBe('succeeded');
});

test('E5 J13 a job at rest is released when nobody has looked at it for ttlMs, and leaves no key behind', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs, { ttlMs: 1 }).forOwner('alice');
  await queue.serve(jobs);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    const options = { exclusivityKey: `k${n}`, idempotencyKey: `${n}` };
    ids.push((await alice.start(echo, { n }, options)).id);
  }
  await vi.waitUntil(async () => (await alice.list()).length === 0);
  const probe = new Redis(redis.url);
  const left = await probe.keys(`bull:${queue.queueName}:offstage:*`);
  probe.disconnect();
  // `recount` comes with the first of its steps.
  const names = left
    .map((key) => key.split(':offstage:')[1])
    .filter((name) => name !== 'recount')
    .toSorted();
  expect(names).toEqual(['birth', 'format', 'handlers', 'order', 'watchedSince', 'watchers']);
  expect(await alice.get(ids[0] ?? '')).toBe(undefined);
});

test('E5 J15 foreground and maintenance keep each other out across managers', async () => {
  await using queue = new ServedQueue(redis.url);
  const [first, second] = [queue.manager(jobs), queue.manager(jobs)];
  const lease = await first.enterForeground();
  await expect(second.enterMaintenance()).rejects.toMatchObject({ code: 'conflict' });
  expect(await second.activity()).toMatchObject({ foregroundLeases: 1, accepting: true });
  await lease.release();
  const maintenance = await second.enterMaintenance();
  await expect(first.enterForeground()).rejects.toMatchObject({ code: 'admission_paused' });
  await expect(first.forOwner('alice').start(echo, {})).rejects.toMatchObject({
    code: 'admission_paused',
  });
  await maintenance.release();
  await first.forOwner('alice').start(echo, {});
  await expect(second.enterMaintenance()).rejects.toMatchObject({ code: 'conflict' });
});

test('E5 J16 a manager hears of jobs that others start and run', async () => {
  await using queue = new ServedQueue(redis.url);
  const [first, second] = [queue.manager(jobs), queue.manager(jobs)];
  const heard: string[] = [];
  second.on('succeeded', ({ owner, job }) => heard.push(`${owner} ${job.id} ${job.status}`));
  await queue.serve(jobs);
  const alice = first.forOwner('alice');
  // Whoever listens hears what comes after Redis knows of him.
  await vi.waitUntil(async () => {
    const { id } = await alice.start(echo, {});
    await alice.wait(id);
    return heard.length > 0;
  });
  expect(heard[0]).toMatch(/^alice [\w-]{22} succeeded$/);
  const released: unknown[] = [];
  second.on('released', (news) => released.push(news));
  const odd = 'b "o" b';
  await vi.waitUntil(async () => {
    const bob = first.forOwner(odd);
    const { id } = await bob.start(echo, {});
    await bob.wait(id);
    await bob.consume(id);
    return released.length > 0;
  });
  expect(released[0]).toMatchObject({ owner: odd, name: 'echo', id: expect.any(String) });
});

test('E5 K4 a worker that is shut down puts back what obeys, without spending an attempt', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const leaving = await queue.serve(jobs);
  const { id } = await alice.start(waiting.definition, {});
  await vi.waitUntil(async () => (await alice.get(id))?.progress !== null);
  await leaving.shutdown();
  expect(await alice.get(id)).toMatchObject({ status: 'queued', attempt: 1, lastFailure: null });
  await queue.serve(jobs);
  await vi.waitUntil(async () => (await alice.get(id))?.status === 'running');
  await alice.cancel(id);
  expect(await alice.wait(id)).toMatchObject({ status: 'canceled', attempt: 1 });
});

test('E5 J14 a wait ends with the manager that was closed, and holds no process', async () => {
  await using queue = new ServedQueue(redis.url);
  const manager = queue.manager(jobs);
  const alice = manager.forOwner('alice');
  const { id } = await alice.start(echo, {});
  const waiting = alice.wait(id);
  const rejected = expect(waiting).rejects.toMatchObject({ code: 'manager_closed' });
  // It has looked, and listens.
  await alice.get(id);
  await manager.close();
  await rejected;
});

test('E5 A6 of what waits, the higher priority is first', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const priorities = [0, -5, 10, 0, 1_000_000, -1_000_000];
  const ids: string[] = [];
  for (const priority of priorities) {
    ids.push((await alice.start(echo, {}, { priority })).id);
  }
  const order: string[] = [];
  const noting = handle(echo, ({ jobId }) => void order.push(jobId));
  await queue.serve([noting], { concurrency: 1 });
  await Promise.all(ids.map((id) => alice.wait(id)));
  expect(order.map((id) => priorities[ids.indexOf(id)])).toEqual([
    1_000_000, 10, 0, 0, -5, -1_000_000,
  ]);
  expect(order[2]).toBe(ids[0]);
});

test('E1 BullMQ’s own boards show names, progress, attempts and reasons, and no input', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  await queue.serve(jobs);
  const failed = await alice.start(failing.definition, { values: 'secret' });
  await alice.wait(failed.id);
  const running = await alice.start(waiting.definition, {});
  await vi.waitUntil(async () => (await alice.get(running.id))?.progress !== null);
  const probe = new Redis(redis.url, { maxRetriesPerRequest: null });
  const own = new Queue(queue.queueName, { connection: probe });
  const shown = await vi.waitUntil(async () => {
    const job = await own.getJob(failed.id);
    return (await job?.isFailed()) ? job : undefined;
  });
  expect(shown).toMatchObject({
    name: 'failing',
    attemptsMade: 3,
    failedReason: 'busy: The archive is busy.',
    progress: { phase: 'work', message: 'attempt 3' },
    data: {},
  });
  // One for each attempt, and none of them a place in this package.
  expect(shown.stacktrace?.toSorted()).toEqual([
    'AttemptFailed: busy: The archive is busy.',
    'AttemptFailed: busy: The archive is busy.',
    'UnrecoverableError: busy: The archive is busy.',
  ]);
  const active = await vi.waitUntil(async () =>
    (await own.getActive()).find(({ progress }) => typeof progress === 'object'),
  );
  expect(active).toMatchObject({ name: 'waiting', progress: { phase: 'work', message: 'waits' } });
  await alice.cancel(running.id);
  await alice.wait(running.id);
  await vi.waitUntil(async () => (await own.getFailedCount()) === 2);
  await own.close();
  probe.disconnect();
});

test('E5 A2 what no other attempt would mend is final in BullMQ too', async () => {
  await using queue = new ServedQueue(redis.url);
  const final = handle(failing.definition, () => {
    throw new NonRetriableError('no');
  });
  const alice = queue.manager([final]).forOwner('alice');
  await queue.serve([final]);
  const { id } = await alice.start(failing.definition, {});
  expect(await alice.wait(id)).toMatchObject({ status: 'failed', attempt: 1 });
});

test('E2 a cancel from another manager reaches a thread within a synchronous loop', async () => {
  await using queue = new ServedQueue(redis.url);
  const entry = new URL('../fixtures/loop-thread.ts', import.meta.url);
  const executor = new WorkerExecutor({ entry, threads: 1 });
  await queue.serve([], { executor, definitions: [loopJob] });
  const looping = handle(loopJob, () => ({}));
  const alice = queue.manager([looping]).forOwner('alice');
  const { id } = await alice.start(loopJob, {});
  await vi.waitUntil(async () => (await alice.get(id))?.progress !== null);
  await queue.manager([looping]).forOwner('alice').cancel(id);
  expect(await alice.wait(id)).toMatchObject({ status: 'canceled' });
});

test('E4 Redis itself refuses progress, saved states and ends of an attempt that was given up', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  await queue.serve(jobs);
  const { id } = await alice.start(waiting.definition, {});
  await vi.waitUntil(async () => (await alice.get(id))?.progress !== null);
  const link = queue.link();
  const before = await alice.poll(id);
  const event = JSON.stringify({ ...before.events[0], seq: 99, message: 'of the dead' });
  const told = await link.run(progressScript, [id, 'dead', 99, 1, 100, '', event]);
  expect(Array.isArray(told) && told.map(textOfReply)).toEqual(['fenced', '']);
  expect(String(await link.run(saveScript, [id, 'dead', 'state']))).toBe('fenced');
  const beat = await link.run(beatScript, [id, 'dead', 'nobody', 'dead']);
  expect(Array.isArray(beat) && beat.map(textOfReply)).toEqual(['fenced', 'gone']);
  const store = new JobStore(link);
  const known = await store.find(id);
  const end = { type: 'returned', at: 0, result: 'of the dead' } as const;
  // Whether it knows the record as it is, or as it was when it was its own.
  for (const record of [undefined, known && { ...known, fence: 'dead' }]) {
    const options = { fence: 'dead', known: record };
    expect(await store.dispatch(id, () => end, options)).toEqual({ type: 'fenced' });
  }
  link.close();
  expect(await alice.poll(id)).toEqual(before);
  await alice.cancel(id);
  await alice.wait(id);
});

test('E5 F6 clocks that differ by hours: delays are kept, and times are in order', async () => {
  await using queue = new ServedQueue(redis.url);
  const shifted = (byMs: number) => ({ ...systemClock, now: () => Date.now() + byMs });
  const hour = 3_600_000;
  const alice = queue.manager(jobs, { clock: shifted(hour) }).forOwner('alice');
  await queue.serve(jobs, { clock: shifted(-hour) });
  const { id } = await alice.start(echo, {}, { delayMs: 30 });
  const end = await alice.wait(id);
  const times = [end.createdAt, end.startedAt ?? 0, end.endedAt ?? 0];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.abs(end.createdAt - Date.now())).toBeLessThan(hour / 2);
});

test('E5 K5 an input that this worker cannot read fails its job, and holds up no other', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const [bad, good] = [await alice.start(echo, {}), await alice.start(echo, { n: 1 })];
  const probe = new Redis(redis.url);
  const key = `bull:${queue.queueName}:offstage:job:${bad.id}`;
  await probe.hset(key, 'input', Buffer.of(99, 1, 2));
  probe.disconnect();
  await queue.serve(jobs, { concurrency: 1 });
  expect(await alice.wait(bad.id)).toMatchObject({
    status: 'failed',
    failure: { code: 'executor_failed' },
  });
  expect((await alice.wait(good.id)).status).toBe('succeeded');
});

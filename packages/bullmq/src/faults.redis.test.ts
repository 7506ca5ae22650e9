import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { JobClient, JobView } from '@offstage/core';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CutProxy } from '../fixtures/cut-proxy.ts';
import {
  countedJob,
  discardingJob,
  dyingJob,
  faultDefinitions,
  slowJob,
  storeIn,
  zombieJob,
} from '../fixtures/fault-jobs.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { WorkerProcess } from '../fixtures/worker-processes.ts';
import { BullJobManager } from './index.ts';

// Each fault is real: processes are killed and paused, Redis is stopped, connections are cut. A lock of
// half a second has processes that are away found out soon.
const lockMs = 500;

let redis: RedisServer;
let folder: string;
let queueName: string;
let manager: BullJobManager;
let alice: JobClient;
const processes = Array.from({ length: 5 }, () => new WorkerProcess());
const nextProcess = (): WorkerProcess => processes.shift() ?? new WorkerProcess();
/** Serves in every test, and is never killed. */
const stayer = nextProcess();
const all = [stayer, ...processes];

const serve = (worker: WorkerProcess, concurrency = 1, url = redis.url): Promise<void> =>
  worker.order({ type: 'serve', url, queueName, concurrency, lockMs });
const stopServing = (worker: WorkerProcess): Promise<void> =>
  worker.order({ type: 'stop', graceMs: 1000 });

const viewThat = async (id: string, holds: (view: JobView) => boolean): Promise<JobView> => {
  const view = await vi.waitUntil(
    async () => {
      const found = await alice.get(id).catch(() => undefined);
      return found !== undefined && holds(found) ? found : undefined;
    },
    { interval: 5 },
  );
  return view;
};
const runs = (id: string) => viewThat(id, ({ progress }) => progress !== null);

beforeAll(async () => {
  redis = await RedisServer.start();
  folder = await mkdtemp(path.join(os.tmpdir(), 'offstage-bull-'));
});
beforeEach(() => {
  queueName = randomUUID();
  manager = new BullJobManager({
    connection: { url: redis.url },
    queueName,
    definitions: faultDefinitions,
  });
  alice = manager.forOwner('alice');
  return () => manager.close();
});
afterAll(async () => {
  for (const worker of all) await worker.kill();
  await redis[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('E4 a worker that is killed: its job is another attempt elsewhere, as one job with one end', async () => {
  const victim = nextProcess();
  await serve(victim);
  const { id } = await alice.start(slowJob, {}, { exclusivityKey: 'corpus' });
  await runs(id);
  await serve(stayer);
  await victim.kill();
  const end = await alice.wait(id);
  expect(end).toMatchObject({
    status: 'succeeded',
    attempt: 2,
    lastFailure: { code: 'interrupted' },
    result: { pid: stayer.pid, attempt: 2 },
  });
  const { events } = await alice.poll(id);
  expect(events.map(({ seq, attempt, message }) => [seq, attempt, message])).toEqual([
    [1, 1, String(victim.pid)],
    [2, 2, String(stayer.pid)],
  ]);
  await stopServing(stayer);
});

test.each(['before', 'after'] as const)(
  'E4 S19 a worker that is killed just %s the commit point publishes once',
  async (when) => {
    const victim = nextProcess();
    const store = storeIn(path.join(folder, when));
    await serve(victim);
    const { id } = await alice.start(dyingJob, { folder: path.join(folder, when), when });
    await vi.waitUntil(() => victim.child.signalCode !== null);
    await serve(stayer);
    expect(await alice.wait(id)).toMatchObject({
      status: 'succeeded',
      result: { attempt: 2, repeated: when === 'after' },
    });
    expect(await store.list()).toHaveLength(1);
    await stopServing(stayer);
  },
);

test('E4 a worker that was paused past its lock can neither report, publish nor settle', async () => {
  const zombie = nextProcess();
  await serve(zombie);
  const where = path.join(folder, 'zombie');
  const { id } = await alice.start(zombieJob, { folder: where });
  await runs(id);
  process.kill(zombie.pid, 'SIGSTOP');
  await serve(stayer);
  await viewThat(id, ({ attempt, progress }) => attempt === 2 && progress?.attempt === 2);
  process.kill(zombie.pid, 'SIGCONT');
  await vi.waitUntil(() => zombie.notes.length > 0);
  expect(zombie.notes).toEqual(['refused 1 fenced']);
  expect(await alice.get(id)).toMatchObject({ status: 'running', attempt: 2 });
  expect(await storeIn(where).list()).toEqual([]);
  // Now the one that may, which takes a cancel for the sign to go on.
  await alice.cancel(id);
  expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', result: { attempt: 2 } });
  expect(await storeIn(where).list()).toHaveLength(1);
  const { events } = await alice.poll(id);
  expect(events.map(({ message }) => message)).toEqual(['attempt 1', 'attempt 2', 'late 2']);
  await Promise.all([stopServing(stayer), stopServing(zombie)]);
  processes.push(zombie);
});

test('E2 a cancel that was sent while the worker’s connection was down reaches its handler', async () => {
  await using proxy = await CutProxy.to(redis.port);
  await serve(stayer, 1, proxy.url);
  const { id } = await alice.start(slowJob, {});
  await runs(id);
  proxy.cut();
  expect(await alice.cancel(id)).toBe(true);
  expect((await alice.get(id))?.cancelRequested).toBe(true);
  proxy.mend();
  expect(await alice.wait(id)).toMatchObject({ status: 'canceled', attempt: 1 });
  await stopServing(stayer);
});

test('E2 a cancel that was sent before a worker was there: the handler never runs, and its discard does once', async () => {
  const { id } = await alice.start(discardingJob, {}, { exclusivityKey: 'key' });
  expect(await alice.cancel(id)).toBe(true);
  expect(await alice.get(id)).toMatchObject({ status: 'canceled', startedAt: null });
  const before = stayer.notes.length;
  await serve(stayer);
  await vi.waitUntil(() => alice.consume(id));
  expect(stayer.notes.slice(before)).toEqual([`discarded ${id} canceled`]);
  await stopServing(stayer);
});

test('E6 a Redis that comes back with its data: what ran, waited and was queued goes on', async () => {
  await serve(stayer, 1);
  const running = await alice.start(slowJob, { obeys: false });
  await runs(running.id);
  const queued = await alice.start(countedJob, { n: 1 });
  const delayed = await alice.start(countedJob, { n: 2 }, { delayMs: 300 });
  const waiting = alice.wait(running.id);
  await alice.cancel(running.id);
  await redis.stop({ signal: 'SIGKILL' });
  await redis.start();
  expect(await waiting).toMatchObject({ status: 'succeeded' });
  expect(await alice.wait(queued.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  expect(await alice.wait(delayed.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  await stopServing(stayer);
});

test('E6 a Redis that comes back without its data: what is gone is not_found, and new jobs run', async () => {
  await serve(stayer, 1);
  const running = await alice.start(slowJob, {});
  await runs(running.id);
  const waiting = alice.wait(running.id);
  await redis.stop({ forget: true });
  await redis.start();
  await expect(waiting).rejects.toMatchObject({ code: 'not_found' });
  expect(await alice.list()).toEqual([]);
  const next = await alice.start(countedJob, { n: 3 });
  expect(await alice.wait(next.id)).toMatchObject({ status: 'succeeded', result: { n: 3 } });
  await stopServing(stayer);
});

test('E6 K4 workers that come and go under load: every job runs once, and none is lost', async () => {
  const count = process.env.OFFSTAGE_LONG === '1' ? 10_000 : 200;
  const numbers = Array.from({ length: count }, (_, n) => n);
  const jobs = await Promise.all(numbers.map((n) => alice.start(countedJob, { n })));
  const before = stayer.notes.length;
  const joiner = nextProcess();
  await serve(joiner, 4);
  await vi.waitUntil(() => joiner.notes.length > count / 10);
  // A rolling deploy: the next one joins, the first one leaves.
  await serve(stayer, 4);
  await stopServing(joiner);
  await vi.waitUntil(async () => {
    const { queued, running } = await manager.activity();
    return queued + running === 0;
  });
  const ran = [...joiner.notes, ...stayer.notes.slice(before)].filter((line) =>
    line.startsWith('ran'),
  );
  expect(ran.map((line) => Number(line.split(' ')[1])).toSorted((a, b) => a - b)).toEqual(numbers);
  // What is kept is bounded (J17).
  expect((await alice.list({ limit: 1000 })).length).toBe(Math.min(100, jobs.length));
  await stopServing(stayer);
}, 240_000);

import { type Clock, defineJob, handle, systemClock } from '@offstage/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import type { BullJobManager } from './index.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const work = defineJob({ name: 'work', input: z.unknown(), result: z.unknown(), phases: ['all'] });
const failing = handle(work, () => {
  throw new Error('It is to be started again.');
});

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(() => redis[Symbol.asyncDispose]());

/** Its seconds are shorter. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  schedule: (delayMs, ...others) => systemClock.schedule(delayMs / 20, ...others),
};

/** It answers nobody, and its connections stand. */
function hang(): Disposable {
  process.kill(redis.pid, 'SIGSTOP');
  return { [Symbol.dispose]: () => void process.kill(redis.pid, 'SIGCONT') };
}

const isReachable = (manager: BullJobManager): boolean => manager.health().redis.reachable;

const codesOf = async (calls: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(calls)).map((each) =>
    each.status === 'rejected' ? each.reason.code : 'fine',
  );

describe('E6 J3 a start that found no answer in time leaves no job behind, once Redis answers again', () => {
  const outages = {
    hangs: async (during: () => Promise<void>) => {
      using _hanging = hang();
      await during();
    },
    'is away': async (during: () => Promise<void>) => {
      await redis.stop();
      await during();
      await redis.start();
    },
  };

  test.each(Object.entries(outages))('E6 J3 where it %s', async (_, outage) => {
    await using queue = new ServedQueue(redis.url);
    const limits = { work: { concurrency: 1 } };
    for (const options of [{}, { limits }]) {
      const manager = queue.manager([failing], {
        redisTimeoutMs: 300,
        keepInputs: true,
        ...options,
      });
      const owner = JSON.stringify(options);
      const alice = manager.forOwner(owner);
      const worker = await queue.serve([failing]);
      const { id } = await alice.start(work, 'before');
      await alice.wait(id);
      await worker.shutdown();
      const every = { everyMs: 3_600_000, timezone: 'UTC', catchUp: 'none' } as const;
      await manager.schedules.set('hourly', {
        ...every,
        definition: work,
        input: 0,
        owner,
      });
      await outage(async () => {
        const starts = [
          alice.start(work, 'plain'),
          alice.start(work, 'later', { delayMs: 3_600_000 }),
          alice.start(work, 'keyed', { exclusivityKey: `key of ${owner}` }),
          alice.start(work, 'once', { idempotencyKey: 'once' }),
          alice.retry(id),
          manager.schedules.runNow('hourly'),
        ];
        expect(new Set(await codesOf(starts))).toEqual(new Set(['unavailable']));
      });
      await vi.waitUntil(() => isReachable(manager), { timeout: 60_000 });
      // What was sent before this one has been carried out by then.
      const { id: once } = await alice.start(work, 'once', { idempotencyKey: 'once' });
      expect((await alice.list()).map((job) => job.id)).toEqual([once, id]);
      await alice.start(work, 'keyed', { exclusivityKey: `key of ${owner}` });
      await manager.schedules.remove('hourly');
    }
  });

  test('E6 F6 and a clock that is set amid it refuses none', async () => {
    await using queue = new ServedQueue(redis.url);
    let setByMs = 0;
    const clock: Clock = {
      now: () => systemClock.now() + setByMs,
      monotonic: () => systemClock.monotonic(),
      schedule: (...args) => systemClock.schedule(...args),
    };
    const alice = queue.manager([failing], { clock }).forOwner('alice');
    for (const byMs of [0, -3_600_000, 0, 3_600_000, 0]) {
      setByMs = byMs;
      expect(await alice.start(work, byMs)).toMatchObject({ status: 'queued' });
    }
    expect(await alice.list()).toHaveLength(5);
  });
});

test('E6 health tells a Redis that hangs, also while nothing is asked of it, and that it answers again', async () => {
  await using queue = new ServedQueue(redis.url);
  const patient = queue.manager([failing], {
    clock: hurried,
    redisTimeoutMs: Number.POSITIVE_INFINITY,
  });
  const hasty = queue.manager([failing], { redisTimeoutMs: 50 });
  await Promise.all([patient.ready(), hasty.ready()]);
  expect([patient, hasty].map(isReachable)).toEqual([true, true]);
  {
    using _hanging = hang();
    await expect(hasty.activity()).rejects.toMatchObject({ code: 'unavailable' });
    expect(hasty.health()).toMatchObject({
      accepting: false,
      redis: { reachable: false, error: { code: 'unavailable' } },
    });
    await vi.waitUntil(() => !isReachable(patient), { timeout: 60_000 });
    expect(patient.health()).toMatchObject({
      accepting: false,
      redis: { error: { code: 'unavailable', cause: expect.any(Error) } },
    });
  }
  await vi.waitUntil(() => isReachable(patient) && isReachable(hasty), { timeout: 60_000 });
  expect(patient.health()).toEqual({
    accepting: true,
    journal: undefined,
    redis: { reachable: true },
  });
});

test('E6 a worker tells a Redis that hangs once, and goes on when it answers again', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager([failing]).forOwner('alice');
  await queue.serve([failing], { clock: hurried });
  for (const time of [1, 2]) {
    {
      using _hanging = hang();
      await vi.waitUntil(() => queue.errors.length > 0, { timeout: 60_000 });
    }
    const { id } = await alice.start(work, time);
    expect(await alice.wait(id)).toMatchObject({ status: 'failed' });
    expect(queue.errors.splice(0)).toMatchObject([
      { code: 'unavailable', cause: { message: 'Redis has not answered for 3 seconds.' } },
      { message: 'It is to be started again.' },
    ]);
  }
});

test('E6 J3 a start whose manager is closed before Redis answers is unavailable, since its job may be there', async () => {
  await using queue = new ServedQueue(redis.url);
  const patience = { clock: hurried, redisTimeoutMs: Number.POSITIVE_INFINITY };
  const manager = queue.manager([failing], patience);
  const alice = manager.forOwner('alice');
  const options = { idempotencyKey: 'once' };
  await manager.ready();
  {
    using _hanging = hang();
    const codes = codesOf([alice.start(work, 1, options), alice.list()]);
    // It has been sent by then.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => setImmediate(done));
    await manager.close();
    expect(await codes).toEqual(['unavailable', 'manager_closed']);
    expect(await codesOf([alice.start(work, 2)])).toEqual(['manager_closed']);
  }
  const again = queue.manager([failing]).forOwner('alice');
  const { id } = await again.start(work, 1, options);
  expect((await again.list()).map((job) => job.id)).toEqual([id]);
});

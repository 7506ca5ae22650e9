import { defineJob, handle, InlineExecutor, RetryAfterError } from '@offstage/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { BullJobManager, serveBullJobs } from './index.ts';

const work = defineJob({ name: 'work', input: z.object({}), result: z.string(), phases: ['all'] });
const lost = { name: 'lost', input: z.object({}), result: z.string(), phases: ['all'] as const };

test('E6 a worker without Redis tells it once, rejects ready, and works once there is one', async () => {
  await using redis = await RedisServer.start();
  await redis.stop();
  const queue = { connection: { url: redis.url }, queueName: 'outage' };
  const served = serveBullJobs({
    ...{ ...queue, definitions: [work] },
    executor: new InlineExecutor([handle(work, () => 'done')]),
  });
  const errors: unknown[] = [];
  const told = new Promise<void>((resolve) => {
    served.on('error', ({ error }) => {
      errors.push(error);
      resolve();
    });
  });
  await told;
  await expect(served.ready()).rejects.toMatchObject({ code: 'unavailable' });
  expect(errors).toMatchObject([{ code: 'unavailable', cause: { code: 'ECONNREFUSED' } }]);
  const manager = new BullJobManager({ ...queue, definitions: [work] });
  expect(manager.health()).toMatchObject({ accepting: false, redis: { reachable: false } });
  await redis.start();
  await manager.ready();
  expect(manager.health()).toEqual({
    accepting: true,
    journal: undefined,
    redis: { reachable: true },
  });
  const jobs = manager.forOwner('alice');
  expect((await jobs.wait((await jobs.start(work, {})).id)).status).toBe('succeeded');
  await served.shutdown();
  await manager.close();
});

test('E1 jobs that wait for their handler are told once a name', async () => {
  await using redis = await RedisServer.start();
  const queue = { connection: { url: redis.url }, queueName: 'names' };
  const other = defineJob(lost);
  const served = serveBullJobs({
    ...{ ...queue, definitions: [work], concurrency: 1 },
    executor: new InlineExecutor([handle(work, () => 'done')]),
  });
  const errors: unknown[] = [];
  served.on('error', ({ error }) => errors.push(error));
  await served.ready();
  const manager = new BullJobManager({ ...queue, definitions: [work, other] });
  const jobs = manager.forOwner('alice');
  for (let index = 0; index < 3; index += 1) await jobs.start(other, {});
  await jobs.wait((await jobs.start(work, {})).id);
  expect(errors).toMatchObject([{ code: 'unknown_definition' }]);
  await served.shutdown();
  await manager.close();
});

test('E6 A1 A2 A10 P5 Redis goes amid a handler, as it saves, reports, fails and ends: nothing of it is lost, or comes twice', async () => {
  await using redis = await RedisServer.start();
  await using queue = new ServedQueue(redis.url);
  const retried = defineJob({
    ...{ name: 'retried', input: z.object({}), result: z.unknown(), phases: ['all'] },
    retry: { attempts: 2, delayMs: 3_600_000 },
  });
  const seen: unknown[] = [];
  const begun = { 1: Promise.withResolvers<void>(), 2: Promise.withResolvers<void>() };
  const gone = { 1: Promise.withResolvers<void>(), 2: Promise.withResolvers<void>() };
  const handler = handle(retried, async ({ attempt, saved, save, report }) => {
    seen.push([attempt, saved]);
    report({ phase: 'all', percent: 1 });
    const which = attempt === 1 ? 1 : 2;
    await save(`before ${attempt}`);
    begun[which].resolve();
    await gone[which].promise;
    report({ phase: 'all', percent: 50 });
    // Kept as safely as the job, so not before Redis is there.
    if (attempt === 1) await save('as Redis came back');
    report({ phase: 'all', percent: 99 });
    if (attempt === 1) {
      await redis.stop({ signal: 'SIGKILL' });
      setImmediate(() => void redis.start());
      throw new RetryAfterError('later', { afterMs: 10 });
    }
    return 'done';
  });
  const alice = queue.manager([handler]).forOwner('alice');
  await queue.serve([handler]);
  const { id } = await alice.start(retried, {});
  const end = alice.wait(id);
  for (const which of [1, 2] as const) {
    await begun[which].promise;
    await redis.stop({ signal: 'SIGKILL' });
    gone[which].resolve();
    await new Promise((resolve) => setImmediate(resolve));
    await redis.start();
  }
  expect(await end).toMatchObject({ status: 'succeeded', attempt: 2, result: 'done' });
  expect(seen).toEqual([
    [1, undefined],
    [2, 'as Redis came back'],
  ]);
  const { events = [] } = (await alice.poll(id)) ?? {};
  expect(events.map(({ seq, attempt, percent }) => [seq, attempt, percent])).toEqual([
    [1, 1, 1],
    [2, 1, 50],
    [3, 1, 99],
    [4, 2, 1],
    [5, 2, 50],
    [6, 2, 99],
  ]);
  // Besides each outage, that of the handler alone.
  const others = queue.errors.filter((error) => Object(error).code !== 'unavailable');
  expect(others).toEqual([expect.any(RetryAfterError)]);
});

import { defineJob, handle, InlineExecutor } from '@offstage/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { RedisServer } from '../fixtures/redis-server.ts';
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

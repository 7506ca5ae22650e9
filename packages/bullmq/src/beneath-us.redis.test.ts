import { defineJob, handle } from '@offstage/core';
import { Queue } from 'bullmq';
import { expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { sharedRedis } from '../fixtures/shared-redis.ts';
import { JobStore } from './records/job-store.ts';
import { wakeScript } from './redis/limit-scripts.ts';
import { BullQueue } from './shared/bull-queue.ts';

// What others do with the keys of a queue: BullMQ's own means, boards, an operator.

const redis = sharedRedis();

const echo = defineJob({ name: 'echo', input: z.unknown(), result: z.unknown(), phases: ['work'] });
const echoing = handle(echo, ({ input }) => input);

/** Has everything counted anew until it is told to stop, as if each minute were a moment. */
function hurrying({ queueName }: ServedQueue): Disposable {
  const key = `bull:${queueName}:offstage:recount`;
  const timer = setInterval(async () => {
    const [place = '0'] = ((await redis.raw.get(key)) ?? '0').split(' ');
    await redis.raw.set(key, `${place} 0`);
  }, 20);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

test.concurrent.each([
  ['drained', (queue: Queue) => queue.drain(true)],
  ['obliterated', (queue: Queue) => queue.obliterate({ force: true })],
  [
    'emptied one by one',
    async (queue: Queue) => {
      for (const job of await queue.getJobs()) await job.remove();
    },
  ],
] as const)(
  'E1 E5 jobs of a queue that is %s beneath us are given to BullMQ again',
  async (_how, empty) => {
    await using queue = new ServedQueue(redis.server.url);
    const limits = { echo: { concurrency: 1 } };
    const alice = queue.manager([echoing]).forOwner('alice');
    const bob = queue.manager([echoing], { limits }).forOwner('bob');
    const bull = new Queue(queue.queueName, { connection: { url: redis.server.url } });
    const key = { exclusivityKey: 'k', onConflict: 'queue' } as const;
    const started = [
      [alice, await alice.start(echo, 1)],
      [alice, await alice.start(echo, 2, { delayMs: 100 })],
      [alice, await alice.start(echo, 3, { priority: 4, ...key })],
      [alice, await alice.start(echo, 4, key)],
    ] as const;
    await bob.list();
    const limited = [
      [bob, await bob.start(echo, 5)],
      [bob, await bob.start(echo, 6)],
    ] as const;
    await empty(bull);
    expect(await bull.getJobCountByTypes()).toBe(0);
    using _ = hurrying(queue);
    await queue.serve([echoing]);
    for (const [client, { id }] of [...started, ...limited]) {
      expect(await client.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    }
    expect(queue.errors).toEqual([]);
    await bull.close();
  },
);

test.concurrent('A7 E5 places whose jobs went without their end are given to those that wait', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const base = `bull:${queue.queueName}:offstage:`;
  const limits = { echo: { concurrency: 3, perOwner: 2, rate: { max: 4, perMs: 50 } } };
  const manager = queue.manager([echoing], { limits });
  const alice = manager.forOwner('alice');
  await queue.serve([echoing]);
  const { id: ended } = await alice.start(echo, 0);
  await alice.wait(ended);
  const lost = ['gone-without-a-record', ended];
  for (const key of ['places:echo', 'placesOf:=alice\necho', 'given:echo']) {
    await redis.raw.sadd(
      `${base}${key}`,
      ...lost,
      ...Array.from({ length: 6 }, (_, n) => `lost-${n}`),
    );
  }
  const jobs = await Promise.all([1, 2, 3, 4].map((n) => alice.start(echo, n)));
  for (const { id } of jobs) expect((await alice.wait(id)).status).toBe('succeeded');
  expect(await redis.raw.exists(`${base}places:echo`)).toBeLessThanOrEqual(1);
  expect(queue.errors).toEqual([]);
});

test.concurrent('A7 E5 places that are held go to nobody else, however often they are looked at', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const ends = Promise.withResolvers<void>();
  let [running, most] = [0, 0];
  const held = handle(echo, async ({ input }) => {
    running += 1;
    most = Math.max(most, running);
    await ends.promise;
    running -= 1;
    return input;
  });
  const limits = { echo: { concurrency: 2, perOwner: 2, rate: { max: 9, perMs: 10 } } };
  const alice = queue.manager([held], { limits }).forOwner('alice');
  await queue.serve([held], { concurrency: 8 });
  const jobs = await Promise.all([1, 2, 3, 4, 5].map((n) => alice.start(echo, n)));
  await vi.waitUntil(() => running === 2);
  const link = queue.link();
  for (let look = 0; look < 20; look += 1) expect(await link.run(wakeScript, [])).toEqual([]);
  link.close();
  expect(running).toBe(2);
  ends.resolve();
  for (const { id } of jobs) expect((await alice.wait(id)).status).toBe('succeeded');
  expect(most).toBe(2);
});

test.concurrent('A7 E6 a job that has to be given to BullMQ once more stays among those, though it was given before', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const manager = queue.manager([echoing], { limits: { echo: { concurrency: 1 } } });
  const alice = manager.forOwner('alice');
  const ids = [(await alice.start(echo, 1)).id, (await alice.start(echo, 2)).id];
  // Its own looks are not wanted here.
  await manager.shutdown();
  const link = queue.link();
  const store = new JobStore(link);
  const bull = new BullQueue(store, queue.queueName, 'bull');
  const pending = `${link.base}pending`;
  const [first = '', second = ''] = ids;
  await redis.raw.zadd(pending, '10.5', first, '20.5', second);
  for (const id of ids) {
    const record = await store.find(id);
    if (record !== undefined) await bull.add(record, null, 1, Date.now());
  }
  // A worker has parked it, and it was woken.
  await redis.raw.zadd(pending, '20.625', second);
  await bull.close();
  await vi.waitUntil(async () => (await redis.raw.zscore(pending, first)) === null);
  expect(await redis.raw.zscore(pending, second)).toBe('20.625');
  link.close();
});

test.concurrent('A7 E6 a job that waits in BullMQ for a limit, and was woken by a process that ended then, goes on', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const alice = queue
    .manager([echoing], { limits: { echo: { concurrency: 1 } } })
    .forOwner('alice');
  const { id } = await alice.start(echo, 1);
  const bull = new Queue(queue.queueName, { connection: { url: redis.server.url } });
  await bull.remove(id);
  await bull.add('echo', {}, { jobId: id, delay: 3_600_000 });
  await redis.raw.del(`bull:${queue.queueName}:offstage:pending`);
  using _ = hurrying(queue);
  await queue.serve([echoing]);
  expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  await bull.close();
});

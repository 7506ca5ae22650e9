import { defineJob, handle, OffstageError, systemClock } from '@offstage/core';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { recountScript } from './redis/recount-script.ts';
import { RedisLink } from './redis/redis-link.ts';

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
  raw = new Redis(redis.url);
});
afterAll(async () => {
  raw.disconnect();
  await redis[Symbol.asyncDispose]();
});

const waiting = handle(
  defineJob({ name: 'waiting', input: z.unknown(), result: z.unknown(), phases: ['work'] }),
  ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
);
const echoing = handle(
  defineJob({ name: 'echo', input: z.unknown(), result: z.unknown(), phases: ['work'] }),
  ({ input }) => input,
);
const jobs = [waiting, echoing];

/** Counts anew until all is, whatever a manager of the queue counts meanwhile by itself. */
async function recount(queueName: string, longList = 2000): Promise<void> {
  const base = `bull:${queueName}:offstage:`;
  const link = new RedisLink({ connection: { url: redis.url }, base, clock: systemClock });
  for (let place = ''; place !== '0'; ) {
    // Its next step is due.
    if (place === '') await raw.del(`${base}recount`);
    else await raw.set(`${base}recount`, `${place} 0`);
    await link.run(recountScript, [0, 60_000, longList]);
    place = (await raw.get(`${base}recount`))?.split(' ')[0] ?? '';
  }
  link.close();
}

test('E5 J15 of all who would count anew, one does, and the next one when a round is over', async () => {
  await using queue = new ServedQueue(redis.url);
  const link = queue.link();
  const count = () => link.run(recountScript, [0, 60_000, 2000]);
  // A step for the lists, and one for the sums.
  expect([await count(), await count(), await count(), await count()]).toEqual([1, 1, 0, 0]);
  link.close();
});

test('E5 J15 counts that went wrong, in whatever way, are right again', async () => {
  await using queue = new ServedQueue(redis.url);
  const manager = queue.manager(jobs, { maxQueued: 10, maxActivePerOwner: 5 });
  await queue.serve(jobs, { concurrency: 2 });
  const base = `bull:${queue.queueName}:offstage:`;
  const owners = ['alice', 'b o b', 'active', ''].map((name) =>
    manager.forOwner(name === '' ? 'of "all"' : name),
  );
  const [alice, bob, ...others] = owners;
  const running = [
    await alice?.start(waiting.definition, 0),
    await bob?.start(waiting.definition, 0),
  ];
  await vi.waitUntil(async () => (await manager.activity()).running === 2);
  await alice?.start(echoing.definition, 0);
  for (const each of others) await each.start(echoing.definition, 0);
  const right = await raw.hgetall(`${base}counts`);
  const activities = await Promise.all([manager, ...owners].map((each) => each?.activity()));
  const fields = ['queued', 'active', ...Object.keys(right), 'queued =nobody', 'active =nobody'];
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.constant('gone' as const),
        fc.array(fc.tuple(fc.constantFrom(...fields), fc.integer({ min: -9, max: 99 })), {
          minLength: 1,
          maxLength: 6,
        }),
      ),
      fc.constantFrom(2000, 2000, 1),
      async (damage, longList) => {
        if (damage === 'gone') await raw.del(`${base}counts`);
        else
          for (const [field, value] of damage)
            await raw.hset(`${base}counts`, field, String(value));
        for (const each of owners) {
          const { queued, running: runs } = await each.activity();
          expect(Math.min(queued, runs)).toBeGreaterThanOrEqual(0);
        }
        await recount(queue.queueName, longList);
        // Of long lists the number of active jobs is sure, and how many of them wait is within it.
        if (longList === 1) return recount(queue.queueName);
        expect(await raw.hgetall(`${base}counts`)).toEqual(right);
        return undefined;
      },
    ),
    { numRuns: 40 },
  );
  expect(await Promise.all([manager, ...owners].map((each) => each?.activity()))).toEqual(
    activities,
  );
  await alice?.cancel(running[0]?.id ?? '');
  await bob?.cancel(running[1]?.id ?? '');
  await vi.waitUntil(async () => (await raw.exists(`${base}counts`)) === 0);
  await (await manager.enterMaintenance()).release();
});

test('E5 J13 a job that is listed without its record goes, and one at rest that nothing would release is kept again', async () => {
  await using queue = new ServedQueue(redis.url);
  const manager = queue.manager(jobs, { maxActivePerOwner: 1 });
  await queue.serve(jobs);
  const base = `bull:${queue.queueName}:offstage:`;
  const alice = manager.forOwner('alice');
  const ended = await alice.start(echoing.definition, 0);
  await alice.wait(ended.id);
  const lost = await alice.start(waiting.definition, 0);
  await vi.waitUntil(async () => (await alice.get(lost.id))?.status === 'running');
  const seen = alice.wait(lost.id).catch((error) => OffstageError.isInstance(error) && error.code);
  await raw.del(`${base}job:${lost.id}`, `${base}kept:=alice`, `${base}expiry`);
  await recount(queue.queueName);
  expect(await seen).toBe('not_found');
  expect(await alice.list()).toMatchObject([{ id: ended.id }]);
  expect(await raw.zrange(`${base}kept:=alice`, '0', '-1')).toEqual([ended.id]);
  expect(await raw.zrange(`${base}expiry`, '0', '-1')).toEqual([ended.id]);
  const next = await alice.start(echoing.definition, 1);
  expect((await alice.wait(next.id)).status).toBe('succeeded');
});

test('E5 J7 a key whose holder went with its record goes to the next who waits for it', async () => {
  await using queue = new ServedQueue(redis.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const base = `bull:${queue.queueName}:offstage:`;
  const queued = { exclusivityKey: 'k', onConflict: 'queue' } as const;
  const ids: string[] = [];
  for (let n = 0; n < 4; n += 1) ids.push((await alice.start(echoing.definition, n, queued)).id);
  const [holder, lost, next, last] = ids;
  await raw.del(`${base}job:${holder}`, `${base}job:${lost}`);
  await recount(queue.queueName);
  expect(await raw.hget(`${base}keys`, '=k')).toBe(next);
  // Whoever looks after what BullMQ was not given gives it that one.
  expect(await raw.zscore(`${base}pending`, next ?? '')).not.toBe(null);
  await raw.zadd(`${base}pending`, '0', next ?? '');
  await queue.serve(jobs);
  for (const id of [next, last]) expect((await alice.wait(id ?? '')).status).toBe('succeeded');
  expect(await raw.exists(`${base}keys`)).toBe(0);
});

test('E5 J15 a manager counts anew by itself', async () => {
  await using queue = new ServedQueue(redis.url);
  const manager = queue.manager(jobs, { maxQueued: 2 });
  await manager.ready();
  const base = `bull:${queue.queueName}:offstage:`;
  await raw.hset(`${base}counts`, 'queued', '2', 'active', '7', 'active =gone', '7');
  const alice = manager.forOwner('alice');
  await expect(alice.start(echoing.definition, 0)).rejects.toMatchObject({ code: 'queue_full' });
  await vi.waitUntil(async () => {
    // As if a minute had passed.
    const at = await raw.get(`${base}recount`);
    if (at !== null) await raw.set(`${base}recount`, `${at.split(' ')[0]} 0`);
    return (await manager.activity()).queued === 0;
  });
  await alice.start(echoing.definition, 0);
  expect(await manager.activity()).toMatchObject({ queued: 1, running: 0 });
});

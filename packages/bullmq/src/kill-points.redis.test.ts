import { defineJob, handle } from '@offstage/core';
import { expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { CutProxy } from '../fixtures/cut-proxy.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { sharedRedis } from '../fixtures/shared-redis.ts';
import type { BullJobManager } from './index.ts';

const redis = sharedRedis();

const work = defineJob({
  name: 'work',
  input: z.object({ fails: z.boolean() }),
  result: z.number(),
  phases: ['work'],
  retry: { attempts: 9, delayMs: 1 },
});

const limits = { work: { concurrency: 2, perOwner: 1, rate: { max: 3, perMs: 20 } } };

/** A wire that is gone for good after so many answers: for Redis, the process behind it has ended. */
async function dyingAfter(answers: number) {
  const dead = Promise.withResolvers<void>();
  let left = answers;
  const proxy = await CutProxy.to(redis.server.port, (text) => {
    left -= 1;
    if (left >= 0) return text;
    proxy.cut();
    dead.resolve();
    return '';
  });
  return { proxy, dead: dead.promise };
}

/** A process that starts and runs jobs with limits, a key and a failure, and ends after so many answers of Redis. */
async function dieAfter(answers: number): Promise<void> {
  const { proxy, dead } = await dyingAfter(answers);
  await using _ = proxy;
  await using queue = new ServedQueue(redis.server.url);
  const job = handle(work, ({ input, attempt }) => {
    if (input.fails && attempt === 1) throw new Error('again');
    return attempt;
  });
  const survivor = queue.manager([job], { limits });
  await survivor.ready();
  const connection = { url: proxy.url };
  const mortal = queue.manager([job], { limits, connection });
  const start = async (manager: BullJobManager, owner: string, fails: boolean, key?: string) => {
    const how = key === undefined ? {} : ({ exclusivityKey: key, onConflict: 'queue' } as const);
    await manager.forOwner(owner).start(work, { fails }, how);
  };
  const isUsed = Promise.all([
    start(survivor, 'alice', false),
    start(survivor, 'alice', true),
    start(survivor, 'bob', true, 'k'),
    start(survivor, 'bob', false, 'k'),
    start(survivor, 'dora', false, 'k'),
  ]);
  const ends = Promise.race([
    dead,
    (async () => {
      await queue.serve([job], { connection, lockMs: 200, concurrency: 3 });
      for (const owner of ['alice', 'dora', 'ed']) await start(mortal, owner, owner === 'ed');
      await allEnded(mortal);
    })(),
  ]).catch(() => {});
  await isUsed;
  await ends;
  proxy.cut();
  await queue.serve([job], { lockMs: 200, concurrency: 3 });
  await allEnded(survivor);
  for (const owner of ['alice', 'bob', 'dora', 'ed']) {
    for (const { status } of await survivor.forOwner(owner).list()) {
      expect([answers, status]).toEqual([answers, 'succeeded']);
    }
  }
  const base = `bull:${queue.queueName}:offstage:`;
  const names = (await redis.raw.keys(`${base}*`)).map(
    (key) => key.slice(base.length).split(':')[0],
  );
  const left = names.filter((name) => /^(places|given|keys|waiting|counts)/.test(name ?? ''));
  expect([answers, left]).toEqual([answers, []]);
}

const allEnded = (manager: BullJobManager): Promise<unknown> =>
  vi.waitUntil(
    async () => {
      const { queued, running } = await manager.activity();
      return queued + running === 0;
    },
    { interval: 20 },
  );

// All of them, one after the other, are the long form.
const isLong = process.env.OFFSTAGE_LONG === '1';
const last = 90;
const points = Array.from({ length: last }, (_, n) => n + 1).filter((n) => isLong || n % 18 === 13);

test('A7 J7 E4 E6 wherever a process ends, what it held goes on elsewhere, and no place and no key is left', async () => {
  const lanes = Array.from({ length: isLong ? 3 : points.length }, async () => {
    for (let point = points.shift(); point !== undefined; point = points.shift())
      await dieAfter(point);
  });
  await Promise.all(lanes);
});

import { defineJob, handle } from '@offstage/core';
import { JobObserver } from '@offstage/core/observe';
import { createJobsHandler } from '@offstage/http';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';

const patience = { interval: 5 };

let redis: RedisServer;
let asking: Redis;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
  asking = new Redis(redis.url);
});
afterAll(async () => {
  asking.disconnect();
  await redis[Symbol.asyncDispose]();
});

const stepping = defineJob({
  name: 'stepping',
  input: z.unknown(),
  result: z.unknown(),
  phases: ['work'],
});

/** How often Redis read a list of events, which looks alone do; and records, which commits do as well. */
async function reads(): Promise<{ readonly lists: number; readonly records: number }> {
  const stats = await asking.info('commandstats');
  const calls = (name: string) =>
    Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return { lists: calls('lrange'), records: calls('hmget') };
}

test('E3 H3 any number of streams, observers and waits of a job cost Redis one look a change', async () => {
  await using queue = new ServedQueue(redis.url);
  let step = (_percent: number): void => {};
  let end = (): void => {};
  const jobs = [
    handle(stepping, async ({ report }) => {
      step = (percent) => report({ phase: 'work', percent });
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    }),
  ];
  const manager = queue.manager(jobs);
  await queue.serve(jobs);
  const alice = manager.forOwner('alice');
  const { id } = await alice.start(stepping, undefined);
  await vi.waitUntil(async () => (await alice.get(id))?.status === 'running', patience);

  const many = 100;
  const handler = createJobsHandler({
    definitions: [stepping],
    clientFor: () => manager.forOwner('alice'),
    minEventGapMs: 0,
    maxStreamsPerOwner: many,
  });
  const streams = await Promise.all(
    Array.from({ length: many }, async () => {
      const { body } = await handler(new Request(`http://localhost/jobs/${id}/events`));
      const stream = { text: '', ended: Promise.resolve() };
      stream.ended = (async () => {
        for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? [])
          stream.text += chunk;
      })();
      return stream;
    }),
  );
  const observers = Array.from({ length: many }, () => {
    const observer = new JobObserver(manager.forOwner('alice'), id, { transport: 'stream' });
    return { observer, stop: observer.subscribe(() => {}) };
  });
  const waits = Array.from({ length: many }, () => manager.forOwner('alice').wait(id));
  const areAt = (percent: number) =>
    streams.every(({ text }) => text.includes(`"percent":${percent}`)) &&
    observers.every(({ observer }) => observer.getSnapshot().percent === percent);

  step(1);
  await vi.waitUntil(() => areAt(1), patience);
  const before = await reads();
  const steps = 10;
  for (let percent = 2; percent < 2 + steps; percent += 1) {
    step(percent);
    await vi.waitUntil(() => areAt(percent), patience);
  }
  const after = await reads();
  // Whoever asks in a later turn than the others shares the next look; a worker and waits look each second.
  expect(after.lists - before.lists).toBeLessThanOrEqual(3 * steps);
  end();
  expect((await Promise.all(waits)).every(({ status }) => status === 'succeeded')).toBe(true);
  await Promise.all(streams.map(({ ended }) => ended));
  expect((await reads()).records - after.records).toBeLessThanOrEqual(30);
  for (const { stop } of observers) stop();
});

test('E3 the last one who watches a job stops what all of them share', async () => {
  await using queue = new ServedQueue(redis.url);
  const jobs = [
    handle(
      stepping,
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ),
  ];
  const manager = queue.manager(jobs);
  const alice = manager.forOwner('alice');
  const { id } = await alice.start(stepping, undefined);
  const leaving = new AbortController();
  const waits = [1, 2, 3].map(() => alice.wait(id, { signal: leaving.signal }));
  const stops = [1, 2, 3].map(() => alice.watch?.(id, () => {}));
  const listeners = async (): Promise<unknown> =>
    (await asking.pubsub('CHANNELS', `*${queue.queueName}:offstage:of:*`)).length;
  await vi.waitUntil(async () => (await listeners()) === 1, patience);
  for (const stop of stops) stop?.();
  leaving.abort();
  const ended = await Promise.allSettled(waits);
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await vi.waitUntil(async () => (await listeners()) === 0, patience);
});

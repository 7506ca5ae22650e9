import { setImmediate as turn } from 'node:timers/promises';
import { defineJob, handle, InlineExecutor, OffstageError } from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { JobStore } from './records/job-store.ts';
import { commitScript } from './redis/commit-script.ts';
import { progressScript } from './redis/scripts.ts';
import { BullAttempt } from './worker/bull-attempt.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start('--appendfsync', 'no');
});
afterAll(() => server[Symbol.asyncDispose]());

const define = (name: string, timeoutMs?: number) =>
  defineJob({
    ...{ name, input: z.unknown(), result: z.unknown(), phases: ['work'] },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
const work = define('work');

test('E3 E6 progress that comes again, with what is newer, is listed and counted once', async () => {
  await using queue = new ServedQueue(server.url);
  const alice = queue.manager([handle(work, ({ input }) => input)]).forOwner('alice');
  const { id } = await alice.start(work, 0);
  const link = queue.link();
  const store = new JobStore(link);
  const begin = { type: 'started', at: Date.now() } as const;
  await store.dispatch(id, () => begin, { newFence: 'here' });
  const events = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, n) =>
      JSON.stringify({ seq: from + n, at: 0, phase: 'work', percent: null, message: null }),
    );
  const send = async (dropped: number, from: number, to: number) => {
    const args = [id, 'here', to, dropped, 4, '', ...events(from, to)];
    expect(String(await link.run(progressScript, args))).toBe('ok,');
  };
  const seen = async () => {
    const { events, job } = await alice
      .poll(id)
      .then((found) => found ?? { events: [], job: null });
    return [events.map(({ seq }) => seq), job?.progress?.seq, job?.droppedReports];
  };
  await send(2, 1, 2);
  await send(2, 1, 2);
  expect(await seen()).toEqual([[1, 2], 2, 2]);
  await send(5, 1, 3);
  await send(5, 3, 3);
  expect(await seen()).toEqual([[1, 2, 3], 3, 5]);
  await send(0, 2, 6);
  expect(await seen()).toEqual([[3, 4, 5, 6], 6, 5]);
  const progress = { seq: 7, dropped: 6, events: events(5, 7) };
  await store.dispatch(id, () => ({ type: 'returned', at: Date.now(), result: 1 }), { progress });
  // As many as the job keeps.
  expect(await seen()).toEqual([[3, 4, 5, 6, 7], 7, 6]);
  link.close();
});

test('E3 E6 P4 progress that a full Redis refuses is seen once there is room, though nothing more is reported', async () => {
  await using queue = new ServedQueue(server.url);
  const full = Promise.withResolvers<void>();
  const ends = Promise.withResolvers<void>();
  const reporting = handle(work, async ({ report }) => {
    report({ phase: 'work', percent: 1 });
    await full.promise;
    report({ phase: 'work', percent: 50 });
    report({ phase: 'work', percent: 60 });
    await ends.promise;
    return 'done';
  });
  const alice = queue.manager([reporting]).forOwner('alice');
  const served = await queue.serve([reporting]);
  const refused = new Promise<void>((resolve) => void served.on('error', () => resolve()));
  const { id } = await alice.start(work, 0);
  const percent = async () => (await alice.get(id))?.progress?.percent;
  await vi.waitUntil(async () => (await percent()) === 1);
  await server.set('maxmemory', '1');
  full.resolve();
  await refused;
  expect(await percent()).toBe(1);
  await server.set('maxmemory', '0');
  await vi.waitUntil(async () => (await percent()) === 60);
  const { events } = await alice.poll(id);
  expect(events.map((event) => [event.seq, event.percent])).toEqual([
    [1, 1],
    [2, 50],
    [3, 60],
  ]);
  expect(queue.errors).toMatchObject([{ code: 'redis_unsuitable', details: { reason: 'memory' } }]);
  ends.resolve();
  expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', droppedReports: 0 });
});

test('J6 K4 a time-out that is not written, as the process leaves Redis, stops its handler all the same and is no error', async () => {
  await using queue = new ServedQueue(server.url);
  const timed = define('timed', 1000);
  const stopped = Promise.withResolvers<unknown>();
  const handler = handle(timed, async ({ signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    stopped.resolve(Reflect.get(Object(signal.reason), 'reason'));
    // It obeys too late: the attempt is over for this process.
    return new Promise(() => {});
  });
  const alice = queue.manager([handler]).forOwner('alice');
  const { id } = await alice.start(timed, 0);
  const link = queue.link();
  const store = new JobStore(link);
  const clock = simulatedClock(Date.now());
  const begun = await store.dispatch(id, () => ({ type: 'started', at: clock.now() }), {
    newFence: 'here',
    known: await store.find(id, 'handler'),
  });
  if (begun.type !== 'done') throw new Error(begun.type);
  const executor = new InlineExecutor([handler]);
  await executor.ready();
  const told: unknown[] = [];
  const { run } = link;
  const asked = Promise.withResolvers<void>();
  link.run = async (script, args) => {
    if (script !== commitScript) return run.call(link, script, args);
    link.close();
    asked.resolve();
    throw new OffstageError('unavailable', 'Redis is away.');
  };
  const attempt = new BullAttempt({
    ...{ store, executor, clock, definition: timed, random: () => 0 },
    record: begun.record,
    input: begun.record.input,
    saved: undefined,
    report: (error) => String(told.push(error)),
    onProgress: () => {},
  });
  attempt.begin();
  await clock.advance(1000);
  await asked.promise;
  expect(await stopped.promise).toBe('timeout');
  await turn();
  expect(told).toEqual([]);
  expect(await alice.get(id)).toMatchObject({ status: 'running', cancelRequested: false });
});

import { defineJob, handle, OffstageError } from '@offstage/core';
import { expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { CutProxy } from '../fixtures/cut-proxy.ts';
import { insist } from '../fixtures/insist.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { sharedRedis } from '../fixtures/shared-redis.ts';
import { JobStore } from './records/job-store.ts';
import { WorkBackend } from './worker/work-backend.ts';

const work = defineJob({ name: 'work', input: z.unknown(), result: z.unknown(), phases: ['work'] });
const jobs = [handle(work, ({ input }) => input)];

const redis = sharedRedis();

const away = (): OffstageError => new OffstageError('unavailable', 'Redis is away for a moment.');

/** Takes jobs one by one over a wire that loses the answer to a take when it is told to. */
async function takingOver(queue: ServedQueue, proxy: CutProxy, isRated = false) {
  const link = queue.link(proxy.url);
  const errors: unknown[] = [];
  const make = WorkBackend.factory(
    {
      ...{ store: new JobStore(link), concurrency: 1, lockMs: 30_000, names: [work.name] },
      ...{ isRated, insist, ended: async () => {} },
      report: (error) => errors.push(error),
    },
    () => {},
  );
  // As a worker of BullMQ's makes it.
  const settings = { connection: link.connect(), prefix: 'bull', lockDuration: 30_000 };
  const backend = make(queue.queueName, settings, {});
  // Of its connections, which come back.
  backend.on('error', () => {});
  await backend.waitUntilReady();
  await link.ready();
  return { backend, link, errors, [Symbol.dispose]: () => link.close() };
}

async function wire(ids: readonly string[]) {
  const lost: string[] = [];
  let loses = false;
  const proxy = await CutProxy.to(redis.server.port, (text) => {
    const id = loses ? ids.find((each) => text.includes(each)) : undefined;
    if (id === undefined) return text;
    loses = false;
    lost.push(id);
    proxy.cut();
    proxy.mend();
    return '';
  });
  const lose = (): void => {
    loses = true;
  };
  return { proxy, lost, lose };
}

test('E6 jobs whose answers were lost one after the other go back, also while others are on their way back', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const ids: string[] = [];
  for (let n = 0; n < 6; n += 1) ids.push((await alice.start(work, n)).id);
  const { proxy, lost, lose } = await wire(ids);
  await using _ = proxy;
  using taking = await takingOver(queue, proxy);
  const { backend, link, errors } = taking;
  const held: unknown[] = [];
  const { call } = link;
  link.call = async (command, ...args) => {
    const answer = await call.call(link, command, ...args);
    if (command === 'LRANGE' && held.length === 1) {
      // What is listed here does not know of this one.
      lose();
      held.push((await backend.moveToActive('worker:1'))[1]);
    }
    return answer;
  };
  lose();
  held.push((await backend.moveToActive('worker:0'))[1]);
  const active = () => redis.raw.lrange(`bull:${queue.queueName}:active`, 0, -1);
  await vi.waitUntil(async () => held.length === 2 && (await active()).length === 2);
  expect(lost).toHaveLength(2);
  expect(new Set(await active())).toEqual(new Set(held));
  for (const id of lost) {
    expect(await alice.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
  }
  expect(errors).toEqual([]);
});

test.each(['LRANGE', 'GET', 'ZADD'])(
  'E6 a job whose answer was lost goes back, though Redis refuses its %s for a moment',
  async (what) => {
    await using queue = new ServedQueue(redis.server.url);
    const alice = queue.manager(jobs).forOwner('alice');
    const ids = [(await alice.start(work, 1)).id, (await alice.start(work, 2)).id];
    const { proxy, lost, lose } = await wire(ids);
    await using _ = proxy;
    using taking = await takingOver(queue, proxy);
    const { backend, link, errors } = taking;
    const { call } = link;
    let refusals = 2;
    link.call = async (command, ...args) => {
      if (command === what && refusals > 0) {
        refusals -= 1;
        throw away();
      }
      return call.call(link, command, ...args);
    };
    lose();
    const [, held] = await backend.moveToActive('worker:0');
    await vi.waitUntil(
      async () =>
        (await redis.raw.zrange(`bull:${queue.queueName}:prioritized`, '0', '-1')).length === 1,
    );
    await vi.waitUntil(() => refusals === 0 && errors.length === 0);
    expect(await alice.get(lost[0] ?? '')).toMatchObject({ status: 'queued', attempt: 1 });
    expect(await redis.raw.lrange(`bull:${queue.queueName}:active`, 0, -1)).toEqual([held]);
    await vi.waitUntil(
      async () => (await redis.raw.exists(`bull:${queue.queueName}:marker`)) === 1,
    );
  },
);

test('E6 a job that BullMQ’s own script gave, and whose answer was lost, goes back', async () => {
  await using queue = new ServedQueue(redis.server.url);
  const alice = queue.manager(jobs).forOwner('alice');
  const ids = [(await alice.start(work, 1)).id, (await alice.start(work, 2)).id];
  const { proxy, lost, lose } = await wire(ids);
  await using _ = proxy;
  using taking = await takingOver(queue, proxy, true);
  const { backend, errors } = taking;
  lose();
  const [, held] = await backend.moveToActive('worker:0');
  await vi.waitUntil(async () => (await redis.raw.llen(`bull:${queue.queueName}:active`)) === 1);
  expect(new Set([held, ...lost])).toEqual(new Set(ids));
  expect(await redis.raw.lrange(`bull:${queue.queueName}:active`, 0, -1)).toEqual([held]);
  expect(await alice.get(lost[0] ?? '')).toMatchObject({ status: 'queued', attempt: 1 });
  expect(errors).toEqual([]);
});

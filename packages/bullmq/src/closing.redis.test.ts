import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { defineJob, handle, InlineExecutor, OffstageError } from '@offstage/core';
import type { JobExecutor } from '@offstage/core/engine';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { runtimeOptions } from '../../../scripts/setup.mjs';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { BullJobManager, type ServeBullJobsOptions, serveBullJobs } from './index.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const work = defineJob({ name: 'work', input: z.unknown(), result: z.unknown(), phases: ['all'] });
const working = handle(work, ({ input }) => input, { discard: () => {} });

const signaled = fileURLToPath(new URL('../fixtures/signaled-process.ts', import.meta.url));

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(() => redis[Symbol.asyncDispose]());

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((done) => setImmediate(done));
};

function serve(url: string, options: Partial<ServeBullJobsOptions> = {}) {
  const told: unknown[] = [];
  const served = serveBullJobs({
    ...{ connection: { url }, queueName: 'closing', definitions: [work] },
    executor: new InlineExecutor([working]),
    ...options,
  });
  served.on('error', ({ error }) => told.push(error));
  return { served, told };
}

/** Takes connections, and says nothing. */
async function silentServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('E5 K4 a worker that is shut down at any moment of its start ends without an error', async () => {
  const outcomes = new Map<number, unknown>();
  for (const count of [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64, 128]) {
    const { served, told } = serve(redis.url);
    await turns(count);
    const ending = served.shutdown({ graceMs: 100 });
    const ready = await served.ready().then(
      () => 'resolved',
      (error) => error,
    );
    await ending;
    await turns(5);
    if (ready !== 'resolved' || told.length > 0) outcomes.set(count, [ready, told]);
  }
  expect(Object.fromEntries(outcomes)).toEqual({});
});

test.each(['silent', 'away', 'refused'])(
  'E5 K4 a worker that is shut down while its Redis is %s ends without another error',
  async (what) => {
    await using silent = await silentServer();
    const away = 'redis://127.0.0.1:1';
    const url = { silent: silent.url, away, refused: `${redis.url}/999` }[what] ?? '';
    const { served, told } = serve(url);
    if (what !== 'silent') await vi.waitUntil(() => told.length > 0);
    const ready = served.ready().catch((error) => error);
    if (what === 'refused') await ready;
    const before = told.length;
    await served.shutdown({ graceMs: 10 });
    await turns(5);
    // One that was refused has said so before it was shut down.
    expect(await ready).toEqual(what === 'refused' ? told.at(-1) : undefined);
    expect(told.slice(before)).toEqual([]);
  },
);

test('W8 K4 a process that is told to end while its worker starts exits as it is to, and tells nothing', async () => {
  const asked = [
    ['SIGUSR2', '4', 0],
    ['SIGTERM', '0', 143],
    ['SIGINT', '12', 130],
  ] as const;
  const ends = asked.map(async ([signal, turns]) => {
    const args = [...runtimeOptions, signaled, signal, turns, redis.url];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    const [written, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    return [signal, written, exitCode];
  });
  const meant = asked.map(([signal, , exitCode]) => [signal, '', exitCode]);
  expect(await Promise.all(ends)).toEqual(meant);
});

test('E5 K4 a worker that is shut down while its executor starts ends without an error', async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  class Slow extends InlineExecutor implements JobExecutor {
    override ready(): Promise<void> {
      asked.resolve();
      return gate.promise;
    }
    override async shutdown(options: { readonly graceMs: number }): Promise<void> {
      gate.reject(new Error('It was shut down.'));
      await super.shutdown(options);
    }
  }
  const { served, told } = serve(redis.url, { executor: new Slow([working]) });
  await asked.promise;
  await served.shutdown({ graceMs: 10 });
  await expect(served.ready()).resolves.toBeUndefined();
  expect(told).toEqual([]);
});

test('E5 J9 a worker that is shut down just after a job tells nothing of its own end, and loses no discard', async () => {
  await using queue = new ServedQueue(redis.url);
  const discarded: unknown[] = [];
  const counted = handle(work, () => {}, { discard: ({ input }) => void discarded.push(input) });
  const alice = queue.manager([counted]).forOwner('alice');
  for (let count = 0; count < 12; count += 1) {
    const served = await queue.serve([counted]);
    const { id } = await alice.start(work, count);
    const other = await alice.start(work, count, { delayMs: 3_600_000 });
    await alice.wait(id);
    // Its discard is looked for while the worker ends.
    await alice.cancel(other.id);
    const ending = served.shutdown({ graceMs: count % 2 });
    await ending;
    await turns(count);
  }
  await queue.serve([counted]);
  await vi.waitUntil(() => discarded.length === 12, { timeout: 60_000 });
  expect(discarded.sort()).toEqual([...Array(12).keys()].sort());
  expect(queue.errors).toEqual([]);
});

test('E5 J9 a discard that the end of its worker cuts off runs in another one', async () => {
  await using queue = new ServedQueue(redis.url);
  const begun = Promise.withResolvers<void>();
  class CutOff extends InlineExecutor {
    readonly #end = Promise.withResolvers<void>();
    override discard(): Promise<void> {
      begun.resolve();
      return this.#end.promise;
    }
    override async shutdown(options: { readonly graceMs: number }): Promise<void> {
      const details = { reason: 'shutdown' };
      this.#end.reject(new OffstageError('worker_crashed', 'Its thread was ended.', { details }));
      await super.shutdown(options);
    }
  }
  const discarded = Promise.withResolvers<unknown>();
  const told = handle(work, () => {}, { discard: ({ input }) => discarded.resolve(input) });
  const alice = queue.manager([told]).forOwner('alice');
  const first = await queue.serve([told], { executor: new CutOff([told]) });
  const { id } = await alice.start(work, 'staged', { delayMs: 3_600_000 });
  await alice.cancel(id);
  await begun.promise;
  await first.shutdown({ graceMs: 0 });
  await queue.serve([told]);
  expect(await discarded.promise).toBe('staged');
  expect(queue.errors).toEqual([]);
});

test('E5 J3 what is asked of a manager that is closed, or is being closed, is manager_closed', async () => {
  for (const count of [0, 1, 2, 4, 8, 16]) {
    const manager = new BullJobManager({
      ...{ connection: { url: redis.url }, queueName: 'closing', definitions: [work] },
    });
    const told: unknown[] = [];
    manager.on('error', ({ error }) => told.push(error));
    const ready = manager.ready().then(
      () => 'resolved',
      (error) => error.code,
    );
    await turns(count);
    await manager.close();
    expect(['resolved', 'manager_closed']).toContain(await ready);
    const alice = manager.forOwner('alice');
    for (const call of [
      () => alice.list(),
      () => alice.get('abcdefgh'),
      () => alice.poll('abcdefgh'),
      () => alice.wait('abcdefgh'),
      () => alice.cancel('abcdefgh'),
      () => alice.consume('abcdefgh'),
      () => alice.retry('abcdefgh'),
      () => alice.start(work, 1),
      () => manager.activity(),
      () => manager.enterForeground(),
      () => manager.schedules.list(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'manager_closed' });
    }
    expect(told).toEqual([]);
  }
});

test('E5 J3 what a manager is asked as it is closed is answered, or is manager_closed', async () => {
  const manager = new BullJobManager({
    ...{ connection: { url: redis.url }, queueName: 'amid', definitions: [work] },
  });
  const alice = manager.forOwner('alice');
  const { id } = await alice.start(work, 1, { delayMs: 3_600_000 });
  const asked = [alice.list(), alice.wait(id), alice.start(work, 2), manager.activity()];
  await manager.close();
  for (const each of await Promise.allSettled(asked)) {
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'manager_closed' });
  }
});

test('E5 J14 clients of a manager that was shut down still see and cancel its jobs, and start none', async () => {
  const manager = new BullJobManager({
    ...{ connection: { url: redis.url }, queueName: 'left', definitions: [work] },
  });
  const alice = manager.forOwner('alice');
  const { id } = await alice.start(work, 1);
  await manager.shutdown();
  expect((await alice.list()).map((job) => job.id)).toEqual([id]);
  expect(await alice.cancel(id)).toBe(true);
  expect(await alice.wait(id)).toMatchObject({ status: 'canceled' });
  await expect(alice.start(work, 1)).rejects.toMatchObject({ code: 'manager_closed' });
  await manager.close();
});

describe('E5 K4 a handler that does not end within the grace is interrupted, and has not crashed', () => {
  const job = { input: z.unknown(), result: z.unknown(), phases: ['all'] as const };
  const once = defineJob({ ...job, name: 'once' });
  const twice = defineJob({ ...job, name: 'twice', retry: { attempts: 2, delayMs: 3_600_000 } });
  const codesOf = (errors: readonly unknown[]) =>
    // Besides the outage.
    [...new Set(errors.map((error) => Object(error).code))].filter(
      (code) => code !== 'unavailable',
    );

  test.each(['is there', 'is away'])('E5 K4 where Redis %s', async (what) => {
    await using queue = new ServedQueue(redis.url);
    const gate = Promise.withResolvers<void>();
    const running = new Set<string>();
    const handlers = [once, twice].map((definition) =>
      handle(definition, async ({ attempt, save }) => {
        if (attempt > 1) return 'done';
        running.add(definition.name);
        await gate.promise;
        // Kept as safely as the job, so it waits for a Redis that is away.
        await save('where to go on');
        return new Promise(() => {});
      }),
    );
    const alice = queue.manager(handlers).forOwner('alice');
    const first = await queue.serve(handlers, { lockMs: 500 });
    const [last, other] = [await alice.start(once, 1), await alice.start(twice, 1)];
    await vi.waitUntil(() => running.size === 2);
    if (what === 'is away') await redis.stop();
    gate.resolve();
    await turns(5);
    await first.shutdown({ graceMs: 20 });
    expect(codesOf(queue.errors)).toEqual(['interrupted']);
    if (what === 'is away') await redis.start();
    await queue.serve(handlers, { lockMs: 500 });
    expect(await alice.wait(last.id)).toMatchObject({
      failure: { code: 'interrupted' },
      attempt: 1,
    });
    expect(await alice.wait(other.id)).toMatchObject({ status: 'succeeded', attempt: 2 });
    expect(codesOf(queue.errors)).toEqual(['interrupted']);
  });
});

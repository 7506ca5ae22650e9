import { execFileSync } from 'node:child_process';
import {
  defineJob,
  handle,
  InlineExecutor,
  NonRetriableError,
  OffstageError,
} from '@offstage/core';
import { Job } from 'bullmq';
import { ReplyError } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { insist } from '../fixtures/insist.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { serveBullJobs } from './index.ts';
import { JobStore } from './records/job-store.ts';
import { commitScript } from './redis/commit-script.ts';
import { RedisLink } from './redis/redis-link.ts';
import { holdDiscardScript, saveScript, takeDiscardScript } from './redis/scripts.ts';
import { baseOf } from './shared/names.ts';
import { encodeValue } from './shared/value-codec.ts';
import { Discards } from './worker/discards.ts';
import { WorkBackend } from './worker/work-backend.ts';

const again = defineJob({
  name: 'again',
  input: z.number(),
  result: z.unknown(),
  phases: ['work'],
  retry: { attempts: 2, delayMs: 0 },
});

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  schedule: () => ({ cancel() {} }),
};

function linkTo({ queueName }: ServedQueue): RedisLink {
  return new RedisLink({
    connection: { url: server.url },
    base: baseOf('bull', queueName),
    clock,
  });
}

/** Its attempt begins and fails, as if a worker had run it. */
async function failHere(store: JobStore, id: string): Promise<void> {
  const at = Date.now();
  const failure = { code: 'handler_failed', message: 'no', reference: 'r' } as const;
  await store.dispatch(id, () => ({ type: 'started', at }), { newFence: 'here' });
  await store.dispatch(id, () => ({ type: 'failed', at, failure }), { newFence: '' });
}

const away = (): OffstageError => new OffstageError('unavailable', 'Redis is away for a moment.');

test('A10 E4 what an attempt saves until its place is taken is what the next one finds', async () => {
  await using queue = new ServedQueue(server.url);
  const handler = handle(again, ({ attempt, input, saved }) => ({ attempt, input, saved }));
  const alice = queue.manager([handler]).forOwner('alice');
  const { id } = await alice.start(again, 7);
  const link = linkTo(queue);
  const begin = { type: 'started', at: Date.now() } as const;
  await new JobStore(link).dispatch(id, () => begin, { newFence: 'elsewhere' });
  await link.run(saveScript, [id, 'elsewhere', encodeValue('saved', 'first')]);
  link.close();
  const served = serveBullJobs({
    connection: { url: server.url },
    queueName: queue.queueName,
    definitions: [again],
    executor: new InlineExecutor([handler]),
  });
  let saves = 0;
  // Told between the worker's look at the job and its commit; the other attempt still has its place.
  served.on('error', ({ error }) => {
    if (!OffstageError.isInstance(error) || error.code !== 'interrupted') return;
    saves += 1;
    const bytes = Buffer.from(encodeValue('saved', 'second')).toString('base64');
    const key = `${baseOf('bull', queue.queueName)}job:${id}`;
    execFileSync(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { Redis } from 'ioredis';
       const redis = new Redis(${server.port});
       await redis.hset('${key}', 'saved', Buffer.from('${bytes}', 'base64'));
       redis.disconnect();`,
    ]);
  });
  expect(await alice.wait(id)).toMatchObject({
    status: 'succeeded',
    result: { attempt: 2, input: 7, saved: 'second' },
  });
  expect(saves).toBe(1);
  await served.shutdown({ graceMs: 1000 });
});

test('A7 E5 a job of a rate that Redis will not put off for a moment is not lost', async () => {
  await using queue = new ServedQueue(server.url);
  const once = defineJob({ ...again, name: 'once', retry: undefined });
  const handler = handle(once, ({ input }) => input);
  const limits = { once: { rate: { max: 1, perMs: 500 } } };
  const refused = vi.spyOn(Job.prototype, 'moveToDelayed');
  const full = "OOM command not allowed when used memory > 'maxmemory'.";
  for (let count = 0; count < 3; count += 1) refused.mockRejectedValueOnce(new ReplyError(full));
  const alice = queue.manager([handler], { limits }).forOwner('alice');
  await queue.serve([handler]);
  const jobs = await Promise.all([1, 2].map((input) => alice.start(once, input)));
  for (const [index, { id }] of jobs.entries()) {
    const end = await alice.wait(id, { timeoutMs: 30_000 });
    expect(end).toMatchObject({ status: 'succeeded', result: index + 1, attempt: 1 });
  }
  expect(refused.mock.calls.length).toBeGreaterThan(3);
  refused.mockRestore();
});

test.each(['job', 'input'])(
  'J9 J7 a discard whose %s cannot be read for a moment runs all the same, and once',
  async (what) => {
    await using queue = new ServedQueue(server.url);
    const given: unknown[] = [];
    const failing = handle(
      again,
      () => {
        throw new NonRetriableError('no');
      },
      {
        discard({ input }) {
          given.push(input);
        },
      },
    );
    const alice = queue.manager([failing]).forOwner('alice');
    const { id } = await alice.start(again, 7, { exclusivityKey: 'k' });
    const link = linkTo(queue);
    const store = new JobStore(link);
    await failHere(store, id);
    const { run, call } = link;
    let refusals = 1;
    const mayBe = (isIt: boolean): void => {
      if (isIt && refusals-- > 0) throw away();
    };
    link.call = async (command, ...args) => {
      mayBe(what === 'input' && args.at(-1) === 'input');
      return call.call(link, command, ...args);
    };
    link.run = async (script, args) => {
      const isLook = args.includes('handler') || args.includes('view');
      mayBe(isLook && (what === 'job' || args.includes('handler')));
      return run.call(link, script, args);
    };
    const errors: unknown[] = [];
    const executor = new InlineExecutor([failing]);
    await executor.ready();
    const discards = new Discards({
      ...{ store, executor, clock, insist },
      names: () => [again.name],
      report: (error) => String(errors.push(error)),
      released: async () => {},
    });
    discards.look();
    await discards.idle();
    expect(refusals).toBeLessThan(1);
    expect(given).toEqual([7]);
    expect(errors).toEqual([]);
    expect(await store.find(id)).toMatchObject({ state: { status: 'failed', atRest: true } });
    link.close();
  },
);

test('E5 K4 what goes back to its place while Redis refuses it for a moment has spent no attempt', async () => {
  await using queue = new ServedQueue(server.url);
  const jobs = [handle(again, ({ input }) => input)];
  const alice = queue.manager(jobs).forOwner('alice');
  await alice.start(again, 1);
  const { id } = await alice.start(again, 2);
  const link = linkTo(queue);
  const { run } = link;
  let refusals = 1;
  link.run = async (script, args) => {
    if (script === commitScript && refusals-- > 0) throw away();
    return run.call(link, script, args);
  };
  const errors: unknown[] = [];
  const backend = WorkBackend.factory(
    {
      ...{ store: new JobStore(link), concurrency: 10, lockMs: 30_000, names: [again.name] },
      ...{ isRated: false, insist, ended: async () => {} },
      report: (error) => errors.push(error),
    },
    () => {},
  )(queue.queueName, { connection: link.connect() }, {});
  await backend.moveToActive('worker:0');
  await vi.waitUntil(async () => errors.length > 0 || (await alice.activity()).queued === 1, {
    interval: 2,
  });
  expect(errors).toEqual([]);
  expect(refusals).toBeLessThan(1);
  expect(await alice.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
  link.close();
});

test('J9 E4 a discard is taken once by who asks again, and by another one when its holder says no more', async () => {
  await using queue = new ServedQueue(server.url);
  const alice = queue.manager([handle(again, ({ input }) => input)]).forOwner('alice');
  const { id } = await alice.start(again, 7);
  const link = linkTo(queue);
  await link.call('ZADD', `${link.base}discards`, 0, id);
  const take = async (taker: string, claimMs: number) =>
    String(await link.run(takeDiscardScript, [claimMs, taker, again.name]));
  expect(await take('a', -1)).toBe(id);
  // Its answer was lost.
  expect(await take('a', -1)).toBe(id);
  // It has lapsed, as Redis refused to hold it for longer; its holder lives, and says so first.
  expect(await take('b', 60_000)).toBe('');
  expect(await link.run(holdDiscardScript, [-1, 'a', id])).toBe(1);
  expect(await take('c', -2)).toBe('');
  // Nobody says so.
  expect(await take('d', 60_000)).toBe(id);
  expect(await link.run(holdDiscardScript, [60_000, 'a', id])).toBe(0);
  expect(await take('e', 60_000)).toBe('');
  link.close();
});

test('J9 E4 a discard is held for as long as it takes, also where Redis refuses that for a moment', async () => {
  await using queue = new ServedQueue(server.url);
  const started = Promise.withResolvers<void>();
  const ends = Promise.withResolvers<void>();
  const failing = handle(again, ({ input }) => input, {
    async discard() {
      started.resolve();
      await ends.promise;
    },
  });
  const alice = queue.manager([failing]).forOwner('alice');
  const { id } = await alice.start(again, 7);
  const link = linkTo(queue);
  const store = new JobStore(link);
  const at = Date.now();
  await failHere(store, id);
  const { run } = link;
  const holds = [away(), undefined];
  let held = 0;
  link.run = async (script, args) => {
    if (script !== holdDiscardScript) return run.call(link, script, args);
    held += 1;
    const refusal = holds.shift();
    if (refusal !== undefined) throw refusal;
    return run.call(link, script, args);
  };
  const due: (() => void)[] = [];
  const executor = new InlineExecutor([failing]);
  await executor.ready();
  const discards = new Discards({
    ...{ store, executor, insist },
    clock: {
      ...clock,
      schedule(_afterMs, act) {
        due.push(act);
        return { cancel: () => due.splice(0) };
      },
    },
    names: () => [again.name],
    report: String,
    released: async () => {},
  });
  discards.look();
  await started.promise;
  await link.call('ZADD', `${link.base}discards`, 1, id);
  due.shift()?.();
  await vi.waitUntil(() => due.length === 1);
  expect(String(await link.call('ZSCORE', `${link.base}discards`, id))).toBe('1');
  due.shift()?.();
  await vi.waitUntil(() => due.length === 1);
  expect(Number(await link.call('ZSCORE', `${link.base}discards`, id))).toBeGreaterThan(at);
  ends.resolve();
  await discards.idle();
  expect({ held, due }).toEqual({ held: 2, due: [] });
  link.close();
});

import { randomUUID } from 'node:crypto';
import {
  defineJob,
  handle,
  InlineExecutor,
  type JobClient,
  type StartOptions,
  systemClock,
} from '@offstage/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { CutProxy } from '../fixtures/cut-proxy.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import { BullJobManager, serveBullJobs } from './index.ts';
import { RedisLink } from './redis/redis-link.ts';
import { script } from './redis/script.ts';

const echo = defineJob({
  name: 'echo',
  input: z.unknown(),
  result: z.unknown(),
  phases: ['work'],
});
const echoing = handle(echo, ({ input }) => input);
const other = defineJob({ ...echo, name: 'other' });

const managerAt = (url: string, options = {}): BullJobManager =>
  new BullJobManager({
    connection: { url },
    queueName: randomUUID(),
    definitions: [echo],
    redisTimeoutMs: 5000,
    ...options,
  });

async function refusalOf(url: string): Promise<unknown> {
  const manager = managerAt(url);
  const served = serveBullJobs({
    connection: { url },
    queueName: 'q',
    definitions: [echo],
    executor: new InlineExecutor([echoing]),
  });
  served.on('error', () => {});
  try {
    const refusals = await Promise.allSettled([
      manager.forOwner('alice').start(echo, {}),
      manager.ready(),
      served.ready(),
    ]);
    const reasons = refusals.map((each) => (each.status === 'rejected' ? each.reason : each));
    return reasons.map(({ code, details }) => `${code} ${details?.reason}`);
  } finally {
    await manager.close();
    await served.shutdown();
  }
}

describe('E6 a Redis in which jobs would not be safe is refused', () => {
  const thrice = (text: string): string[] => [text, text, text];

  test('E6 one that wants a password', async () => {
    await using server = await RedisServer.start('--requirepass', 'secret');
    expect(await refusalOf(server.url)).toEqual(thrice('redis_unsuitable password'));
    const wrong = server.url.replace('//', '//:wrong@');
    expect(await refusalOf(wrong)).toEqual(thrice('redis_unsuitable password'));
    const manager = managerAt(server.url.replace('//', '//:secret@'));
    await manager.ready();
    await manager.close();
  });

  test('E6 one that is a replica, or evicts', async () => {
    await using replica = await RedisServer.start('--replicaof', '127.0.0.1 1');
    expect(await refusalOf(replica.url)).toEqual(thrice('redis_unsuitable read_only'));
    await using evicting = await RedisServer.start('--maxmemory-policy', 'allkeys-lru');
    expect(await refusalOf(evicting.url)).toEqual(thrice('redis_unsuitable eviction'));
  });

  test('E6 one that is too old', async () => {
    await using server = await RedisServer.start();
    await using proxy = await CutProxy.to(server.port, (text) =>
      text.replace(/redis_version:\d\.\d/, 'redis_version:5.0'),
    );
    expect(await refusalOf(proxy.url)).toEqual(thrice('redis_unsuitable version'));
  });

  test('E6 one with keys of another version', async () => {
    await using server = await RedisServer.start();
    const probe = new Redis(server.url);
    await probe.set('bull:q:offstage:format', '3');
    probe.disconnect();
    const manager = managerAt(server.url, { queueName: 'q' });
    await expect(manager.ready()).rejects.toMatchObject({
      code: 'redis_unsuitable',
      details: { reason: 'format' },
    });
    await manager.close();
  });

  test('E6 one that is not there: unavailable, and the next call asks again', async () => {
    const server = await RedisServer.start();
    await server.stop();
    const manager = managerAt(server.url, { redisTimeoutMs: 50 });
    const alice = manager.forOwner('alice');
    await expect(alice.start(echo, {})).rejects.toMatchObject({ code: 'unavailable' });
    await server.start();
    await vi.waitUntil(() =>
      alice.list().then(
        () => true,
        () => false,
      ),
    );
    await manager.close();
    await server[Symbol.asyncDispose]();
  });

  test('E6 one whose memory is full takes no job, and loses no end', async () => {
    await using server = await RedisServer.start();
    await using queue = new ServedQueue(server.url);
    let finish = (): void => {};
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const slow = handle(echo, async ({ input }) => {
      await gate;
      return input;
    });
    const alice = queue.manager([slow]).forOwner('alice');
    await queue.serve([slow]);
    const { id } = await alice.start(echo, { n: 1 });
    await vi.waitUntil(async () => (await alice.get(id))?.status === 'running');
    const probe = new Redis(server.url);
    await probe.config('SET', 'maxmemory', '1');
    await expect(alice.start(echo, {})).rejects.toMatchObject({
      code: 'redis_unsuitable',
      details: { reason: 'memory' },
    });
    finish();
    await vi.waitUntil(() => queue.errors.length > 0);
    expect((await alice.list()).map(({ status }) => status)).toEqual(['running']);
    await probe.config('SET', 'maxmemory', '0');
    probe.disconnect();
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', result: { n: 1 } });
  });
});

describe('E5 releases beside each other', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start('--appendfsync', 'no');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  // The first form of a record, whole. Whatever was added since, an older release leaves out.
  const oldest = [
    ...['owner', 'name', 'start', 'rev', 'fence', 'rest', 'spec', 'retryOf', 'state', 'input'],
  ];

  async function makeOldest(probe: Redis, key: string): Promise<void> {
    const values = await probe.hmgetBuffer(key, ...oldest);
    await probe.del(key);
    await probe.hset(key, ...oldest.flatMap((field, index) => [field, values[index] ?? '']));
  }

  test.each([
    ['of an older release', makeOldest],
    ['of a newer release', (probe: Redis, key: string) => probe.hset(key, 'colour', 'blue')],
  ])('E5 a record %s is a job like others', async (_, change) => {
    await using queue = new ServedQueue(server.url);
    const manager = queue.manager([echoing]);
    const told: string[] = [];
    manager.on('succeeded', ({ job }) => told.push(job.id));
    const alice = manager.forOwner('alice');
    const { id } = await alice.start(echo, { n: 1 }, { idempotencyKey: 'once' });
    const stopped = await alice.start(echo, { n: 2 });
    const probe = new Redis(server.url);
    const keyOf = (of: string): string => `bull:${queue.queueName}:offstage:job:${of}`;
    for (const each of [id, stopped.id]) {
      await change(probe, keyOf(each));
      const state = JSON.parse((await probe.hget(keyOf(each), 'state')) ?? '');
      await probe.hset(keyOf(each), 'state', JSON.stringify({ ...state, later: { form: 2 } }));
    }
    probe.disconnect();
    expect(await alice.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
    expect((await alice.start(echo, { n: 1 }, { idempotencyKey: 'once' })).id).toBe(id);
    expect(await alice.cancel(stopped.id)).toBe(true);
    await queue.serve([echoing]);
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', result: { n: 1 } });
    expect(Object.keys((await alice.get(id)) ?? {})).not.toContain('later');
    await vi.waitUntil(() => told.includes(id));
    expect((await alice.list()).map(({ status }) => status).toSorted()).toEqual([
      'canceled',
      'succeeded',
    ]);
    expect(await alice.consume(id)).toBe(true);
    expect(queue.errors).toEqual([]);
  });
});

describe('E5 what is asked wrongly', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start('--appendfsync', 'no');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('E5 J4 owners, keys and ids with whatever means something in a key stay apart', async () => {
    await using queue = new ServedQueue(server.url);
    const manager = queue.manager([echoing]);
    await queue.serve([echoing]);
    const long = 'x'.repeat(5000);
    const names = [
      ...['a', 'a:b', 'a:', ':', '*', '{a}', '=a', '#a', 'A', 'ä', 'a\u0308', '\ud800', '\ud801'],
      ...['\0', '\n', '"', '\\', '\\"', '__proto__', long, `${long}y`],
    ];
    const ids = await Promise.all(
      names.map(async (name) => {
        const options = {
          exclusivityKey: name.slice(-1000),
          idempotencyKey: name.slice(-255).toWellFormed(),
        };
        return (await manager.forOwner(name).start(echo, name, options)).id;
      }),
    );
    expect(new Set(ids).size).toBe(names.length);
    for (const [index, name] of names.entries()) {
      const client = manager.forOwner(name);
      const id = ids[index] ?? '';
      expect((await client.wait(id)).result).toBe(name);
      expect((await client.list()).map((view) => view.id)).toEqual([id]);
      expect(await client.get(ids[(index + 1) % ids.length] ?? '')).toBe(undefined);
      for (const strange of [`${id}:`, `*`, `${id}\0`, '[a-z]*', 'order', 'format', `x${id}`]) {
        expect(await client.get(strange)).toBe(undefined);
        expect(await client.cancel(strange)).toBe(false);
        expect(await client.consume(strange)).toBe(false);
      }
    }
  });

  test('E5 J3 a key that named a start with other options is refused as in one process', async () => {
    await using queue = new ServedQueue(server.url);
    const alice = queue.manager([echoing]).forOwner('alice');
    const at = Date.now() + 3_600_000;
    const starts: readonly StartOptions[] = [
      {},
      { priority: 1 },
      { delayMs: 3_600_000 },
      { startAt: at },
      { startAt: at + 1 },
      { exclusivityKey: 'k' },
      { exclusivityKey: 'k', onConflict: 'queue' },
      { exclusivityKey: 'k', onConflict: 'join' },
    ];
    for (const [index, first] of starts.entries()) {
      const idempotencyKey = `key ${index}`;
      // So that each is a job of its own, whatever else holds its key.
      const exclusivity = first.exclusivityKey === undefined ? {} : { exclusivityKey: `k${index}` };
      const { id } = await alice.start(echo, 1, { ...first, ...exclusivity, idempotencyKey });
      for (const [other, second] of starts.entries()) {
        const same = second.exclusivityKey === undefined ? {} : { exclusivityKey: `k${index}` };
        const again = alice.start(echo, 1, { ...second, ...same, idempotencyKey });
        if (other === index) expect((await again).id).toBe(id);
        else await expect(again).rejects.toMatchObject({ code: 'idempotency_key_reused' });
      }
    }
    const plain = { priority: 0, delayMs: 0, idempotencyKey: 'key 0' };
    const moment = { startAt: new Date(at), idempotencyKey: 'key 3' };
    for (const same of [plain, moment]) await alice.start(echo, 1, same);
    expect(await alice.list()).toHaveLength(starts.length);
  });

  test('E5 what a script is given arrives as it is, whatever it is and however long', async () => {
    const base = 'bull:packed:offstage:';
    const link = new RedisLink({ connection: { url: server.url }, base, clock: systemClock });
    const given = [
      '',
      'a',
      'é𝄞\n',
      'x'.repeat(31),
      'x'.repeat(32),
      '界'.repeat(70_000),
      7,
      2 ** 43,
    ];
    const bytes = [Buffer.alloc(0), Buffer.from([0, 255, 10]), Buffer.alloc(1_200_000, 200)];
    const echoed = script('echo', 'return ARGV');
    const calls = [[], given, bytes, [...given, ...bytes, ...given]];
    for (const round of [1, 2]) {
      const replies = await Promise.all(calls.map((call) => link.run(echoed, call)));
      expect(replies, `round ${round}`).toEqual(
        calls.map((call) =>
          call.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))),
        ),
      );
    }
    link.close();
  });

  test('E5 J3 of starts of one turn, those that are refused are refused alone', async () => {
    await using queue = new ServedQueue(server.url);
    const alice = queue.manager([echoing], { maxQueued: 100 }).forOwner('alice');
    const starts = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) =>
        alice.start(echo, n, { exclusivityKey: `${n - (n % 2)}` }),
      ),
    );
    const codes = starts.map((each) => (each.status === 'rejected' ? each.reason.code : 'ok'));
    // The first of each key holds it.
    expect(codes).toEqual(Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? 'ok' : 'conflict')));
    const full = await Promise.allSettled([1, 2].map((n) => alice.start(echo, n)));
    expect(full.map((each) => each.status === 'rejected' && each.reason.code)).toEqual([
      'queue_full',
      'queue_full',
    ]);
    await queue.serve([echoing]);
    for (const [n, each] of starts.entries()) {
      if (each.status === 'rejected') continue;
      expect(await alice.wait(each.value.id)).toMatchObject({ status: 'succeeded', result: n });
    }
  });

  test('E6 of calls of one turn, the one that Redis cannot do fails alone', async () => {
    await using queue = new ServedQueue(server.url);
    const alice = queue.manager([echoing]).forOwner('alice');
    const ids: string[] = [];
    for (const n of [0, 1, 2]) ids.push((await alice.start(echo, n)).id);
    const probe = new Redis(server.url);
    await probe.set(`bull:${queue.queueName}:offstage:job:${ids[1]}`, 'no record');
    probe.disconnect();
    const looks = await Promise.allSettled(ids.map((id) => alice.get(id)));
    expect(looks.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('E5 K8 inputs, results and states that are too large or cannot be carried', async () => {
    await using queue = new ServedQueue(server.url);
    const making = defineJob({ ...echo, name: 'making' });
    const made = handle(making, async ({ input, save }) => {
      const codes: string[] = [];
      for (const state of ['x'.repeat(300_000), () => 1]) {
        await save(state).catch((error) => codes.push(error.code));
      }
      if (input === 'codes') return codes;
      return input === 'function' ? () => 1 : 'x'.repeat(2 ** 21);
    });
    const alice = queue.manager([echoing, made]).forOwner('alice');
    await queue.serve([echoing, made]);
    await expect(alice.start(echo, 'x'.repeat(2 ** 21))).rejects.toMatchObject({
      code: 'too_large',
      details: { field: 'input' },
    });
    await expect(alice.start(echo, { a: [() => 1] })).rejects.toMatchObject({
      code: 'not_serializable',
      details: { field: 'input.a[0]' },
    });
    expect(await alice.list()).toEqual([]);
    const run = async (input: string) => alice.wait((await alice.start(making, input)).id);
    expect(await run('codes')).toMatchObject({ result: ['too_large', 'not_serializable'] });
    expect(await run('function')).toMatchObject({ failure: { code: 'not_serializable' } });
    expect(await run('large')).toMatchObject({ status: 'failed' });
    expect(queue.errors.map((error) => Reflect.get(Object(error), 'code'))).toContain('too_large');
  });

  test('E1 K5 a job that this worker has no handler for waits for one that has, and is told', async () => {
    await using queue = new ServedQueue(server.url);
    const othering = handle(other, () => 'done');
    const alice = queue.manager([othering]).forOwner('alice');
    await queue.serve([echoing]);
    const { id } = await alice.start(other, {});
    await vi.waitUntil(() => queue.errors.length > 0);
    expect(queue.errors[0]).toMatchObject({
      code: 'unknown_definition',
      details: { name: 'other' },
    });
    expect(await alice.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
    await queue.serve([othering]);
    expect(await alice.wait(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  test('E1 K5 a job that was passed on is offered to a worker that joins, however long it was put off', async () => {
    await using queue = new ServedQueue(server.url);
    const othering = handle(other, () => 'done');
    const alice = queue.manager([othering]).forOwner('alice');
    await queue.serve([echoing]);
    const { id } = await alice.start(other, {});
    const raw = new Redis(server.url);
    try {
      // Put off until the next day, in BullMQ's own list, the next time that it goes back.
      const list = `bull:${queue.queueName}:delayed`;
      const tomorrow = String((Date.now() + 86_400_000) * 0x1000);
      const putOff = async () => (await raw.zadd(list, 'XX', 'CH', tomorrow, id)) === 1;
      await vi.waitUntil(putOff, { interval: 1 });
      await queue.serve([othering]);
      expect(await alice.wait(id, { timeoutMs: 20_000 })).toMatchObject({ status: 'succeeded' });
    } finally {
      raw.disconnect();
    }
  });

  test.each([
    ['limits["echo"].concurrency', 'invalid_option', { limits: { echo: { concurrency: 0 } } }],
    ['limits["echo"]', 'invalid_option', { limits: { echo: { perowner: 1 } } }],
    ['limits', 'invalid_option', { limits: 2 }],
    ['maxKeptBytes', 'not_supported', { maxKeptBytes: 1 }],
    ['executor', 'not_supported', { executor: {} }],
    ['journal', 'not_supported', { journal: {} }],
    ['queueName', 'invalid_option', { queueName: 'a:b' }],
    ['queueName', 'invalid_option', { queueName: '' }],
    ['prefix', 'invalid_option', { prefix: 'a b' }],
    ['connection', 'invalid_option', { connection: undefined }],
    ['connection', 'invalid_option', { connection: 'redis://127.0.0.1:1' }],
    ['connection', 'not_supported', { connection: 'postgres://127.0.0.1/jobs' }],
    ['connection', 'not_supported', { connection: { url: 'postgresql://127.0.0.1/jobs' } }],
    ['connection', 'not_supported', { connection: { connectionString: 'postgres://a/b' } }],
    ['definitions', 'invalid_option', { definitions: undefined }],
    ['definitions', 'invalid_option', { definitions: [null] }],
    ['definitions', 'invalid_option', { definitions: [{}] }],
    ['clock', 'invalid_option', { clock: {} }],
    ['clock', 'invalid_option', { clock: 5 }],
    ['keepInputs', 'invalid_option', { keepInputs: 'yes' }],
    ['ttlMs', 'invalid_option', { ttlMs: 0 }],
    ['redisTimeoutMs', 'invalid_option', { redisTimeoutMs: 0 }],
    ['redisTimeoutMs', 'invalid_option', { redisTimeoutMs: Number.NaN }],
    ['progressCapacity', 'invalid_option', { progressCapacity: 0 }],
    ['progressCapacity', 'invalid_option', { progressCapacity: 1e9 }],
    ['maxQueued', 'invalid_option', { maxQueued: 0.5 }],
  ])('E1 the option %s of a manager is refused with %s', (option, code, options) => {
    expect(() => managerAt('redis://127.0.0.1:1', options)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ option }) }),
    );
  });

  test('E1 what BullMQ cannot do is refused by name', async () => {
    await using queue = new ServedQueue(server.url);
    const manager = queue.manager([echoing]);
    const alice: JobClient = manager.forOwner('alice');
    await expect(alice.start(echo, {}, { transfer: [] })).rejects.toMatchObject({
      code: 'not_supported',
      details: { option: 'transfer' },
    });
    expect(() =>
      serveBullJobs({
        connection: {},
        queueName: 'q',
        definitions: [echo],
        executor: new InlineExecutor([echoing]),
        ...{ limits: {} },
      }),
    ).toThrow(expect.objectContaining({ code: 'not_supported' }));
  });
});

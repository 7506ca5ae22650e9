import { defineJob, handle } from '@offstage/core';
import { hostileValues } from '@offstage/core/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { type EitherEngine, overRedis } from '../fixtures/both-engines.ts';
import { RedisServer } from '../fixtures/redis-server.ts';

// What is large takes long, and differs here by its way through Redis alone: see `returns`, and the long form.
const isLarge = (name: string): boolean => /50 MB|huge|100,000/.test(name);
const makers = new Map(hostileValues().map(({ name, make }) => [name, make]));
const names = (how: string): readonly string[] =>
  [...makers.keys()].filter(
    (name) => how === 'returns' || process.env.OFFSTAGE_LONG === '1' || !isLarge(name),
  );
const made = (name: string): unknown => makers.get(name)?.();

const definition = defineJob({
  name: 'hostile',
  input: z.object({ name: z.string(), how: z.string() }),
  result: z.unknown(),
  phases: ['work'],
});
const taking = defineJob({
  name: 'taking',
  input: z.unknown(),
  result: z.unknown(),
  phases: ['work'],
});
const jobs = [
  handle(
    definition,
    async ({ input: { name, how }, report, save }) => {
      switch (how) {
        case 'throws':
          throw made(name);
        case 'rejects':
          return Promise.reject(made(name));
        case 'returns':
          return made(name);
        case 'saves':
          await save(made(name));
          return 'saved';
        case 'discards':
          throw new Error('so that it discards');
        default:
          report(made(name) as never);
          report({ phase: 'work', percent: made(name), message: made(name) } as never);
          return 'reported';
      }
    },
    {
      discard: ({ input: { name, how } }) => {
        if (how === 'discards') throw made(name);
      },
    },
  ),
  handle(taking, () => 'taken'),
];

let redis: RedisServer;
let engine: EitherEngine;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
  engine = await overRedis(redis.url, jobs);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const codes = /^(canceled|succeeded|handler_failed|not_serializable|too_large|y+ .*)$/;

test.each(['throws', 'rejects', 'returns', 'saves', 'discards', 'reports'])(
  'F1 E1 a handler that %s what is hostile ends its job once, and the next one runs',
  async (how) => {
    const alice = engine.of(`alice ${how}`);
    const endOf = async (name: string): Promise<void> => {
      const { id } = await alice.start(definition, { name, how });
      const end = await alice.wait(id, { timeoutMs: 30_000 });
      expect([name, end.failure?.code ?? end.status]).toEqual([name, expect.stringMatching(codes)]);
      if (end.status !== 'failed') return;
      const told = engine.errors.find(({ reference }) => reference === end.failure.reference);
      const source = { jobId: id, name: 'hostile', owner: `alice ${how}` };
      expect([name, told]).toMatchObject([name, source]);
    };
    await Promise.all(names(how).map(endOf));
    const { id } = await alice.start(taking, 1);
    expect((await alice.wait(id)).status).toBe('succeeded');
    await vi.waitUntil(async () => (await alice.activity()).running === 0);
  },
);

test('F1 E1 an input that is hostile starts no job, or one that ends', async () => {
  const alice = engine.of('alice');
  for (const name of names('starts')) {
    const answer = await alice.start(taking, made(name)).then(
      ({ id }) => alice.wait(id, { timeoutMs: 30_000 }).then(({ status }) => status),
      ({ code }) => code,
    );
    expect([name, answer]).toEqual([
      name,
      expect.stringMatching(/^(succeeded|not_serializable|too_large|invalid_input)$/),
    ]);
  }
});

test('F1 E1 listeners and watchers may throw, and reject with, what is hostile', async () => {
  const alice = engine.of('alice');
  for (const name of names('listens')) {
    const before = engine.errors.length;
    const stops = [
      engine.manager.on('succeeded', () => {
        throw made(name);
      }),
      alice.watch?.(undefined, () => Promise.reject(made(name)) as never),
    ];
    const { id } = await alice.start(taking, 1);
    expect((await alice.wait(id)).status).toBe('succeeded');
    await vi.waitUntil(() => engine.errors.length >= before + 2, { interval: 1 });
    for (const stop of stops) stop?.();
    expect([name, await alice.consume(id)]).toEqual([name, true]);
  }
});

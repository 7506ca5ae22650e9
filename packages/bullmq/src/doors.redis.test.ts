import { defineJob, handle, InlineExecutor, OffstageError } from '@offstage/core';
import {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  simulatedClock,
} from '@offstage/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { type EitherEngine, inOneProcess, overRedis } from '../fixtures/both-engines.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { BullJobManager, serveBullJobs } from './index.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;
type Door = (given: Untyped, engine: EitherEngine) => unknown;

const plain = defineJob({
  name: 'plain',
  input: z.unknown(),
  result: z.unknown(),
  phases: ['work'],
});
const job = handle(plain, () => 'x');
const definition = { ...plain, timeoutMs: 1000, retry: { attempts: 2 } };
const schedule = {
  everyMs: 60_000,
  timezone: 'UTC',
  definition: plain,
  input: 1,
  owner: 'alice',
  catchUp: 'last',
};
const startOptions = { onConflict: 'queue', delayMs: 5, priority: 1 };

let redis: RedisServer;
const engines: EitherEngine[] = [];
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
  engines.push(await inOneProcess([job]), await overRedis(redis.url, [job]));
});
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'fine';
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : `uncoded: ${String(error)}`;
  }
}

const doors: readonly (readonly [what: string, given: readonly HostileOptions[], door: Door])[] = [
  ['forOwner', hostileArguments(), (given, { of }) => of(given)],
  ['on, event', hostileArguments(), (given, { manager }) => manager.on(given, () => {})()],
  ['on, listener', hostileArguments(), (given, { manager }) => manager.on('started', given)()],
  ['start', hostileOptions({ ...definition }), (given, { of }) => of('alice').start(given, 1)],
  [
    'start, retry',
    hostileOptions({ attempts: 2, delayMs: 5, factor: 2, maxDelayMs: 10 }),
    (given, { of }) => of('alice').start({ ...plain, retry: given }, 1),
  ],
  [
    'start, options',
    hostileOptions(startOptions),
    (given, { of }) => of('alice').start(plain, 1, given),
  ],
  [
    'start, exclusivityKey',
    hostileArguments(),
    (given, { of }) =>
      of('alice').start(plain, 1, { exclusivityKey: given, onConflict: given && 'queue' }),
  ],
  [
    'start, idempotencyKey',
    hostileArguments(),
    (given, { of }) => of('alice').start(plain, 1, { idempotencyKey: given }),
  ],
  ['start, at', hostileOptions({ startAt: 5 }), (given, { of }) => of('a').start(plain, 1, given)],
  ['get', hostileArguments(), (given, { of }) => of('alice').get(given)],
  ['poll', hostileArguments(), (given, { of }) => of('alice').poll(given)],
  [
    'poll, options',
    hostileOptions({ after: 0, limit: 1, definition: plain }),
    (given, { of }) => of('alice').poll('id', given),
  ],
  ['pollMany', hostileArguments(), (given, { of }) => of('alice').pollMany(given)],
  [
    'pollMany, request',
    hostileOptions({ id: 'id', after: 0, limit: 1 }),
    (given, { of }) => of('alice').pollMany([given]),
  ],
  [
    'list',
    hostileOptions({ status: 'queued', name: 'x', limit: 1, before: 'id', results: true }),
    (given, { of }) => of('alice').list(given),
  ],
  ['list, status', hostileArguments(), (given, { of }) => of('alice').list({ status: [given] })],
  ['cancel', hostileArguments(), (given, { of }) => of('alice').cancel(given)],
  ['retry', hostileArguments(), (given, { of }) => of('alice').retry(given)],
  ['consume', hostileArguments(), (given, { of }) => of('alice').consume(given)],
  ['wait', hostileArguments(), (given, { of }) => of('alice').wait(given)],
  [
    'wait, options',
    hostileOptions({ timeoutMs: 5, signal: new AbortController().signal }),
    (given, { of }) => of('alice').wait('id', given),
  ],
  ['watch', hostileArguments(), (given, { of }) => of('alice').watch?.(given, () => {})()],
  ['watch, onChange', hostileArguments(), (given, { of }) => of('a').watch?.(undefined, given)()],
  [
    'schedules.set, id',
    hostileArguments(),
    (given, { manager }) => manager.schedules.set(given, schedule as Untyped),
  ],
  [
    'schedules.set',
    hostileOptions(schedule),
    (given, { manager }) => manager.schedules.set('nightly', given),
  ],
  [
    'schedules.set, definition',
    hostileOptions({ ...definition }),
    (given, { manager }) =>
      manager.schedules.set('nightly', { ...schedule, definition: given } as Untyped),
  ],
  ['schedules.get', hostileArguments(), (given, { manager }) => manager.schedules.get(given)],
  ['schedules.pause', hostileArguments(), (given, { manager }) => manager.schedules.pause(given)],
  ['schedules.resume', hostileArguments(), (given, { manager }) => manager.schedules.resume(given)],
  ['schedules.runNow', hostileArguments(), (given, { manager }) => manager.schedules.runNow(given)],
  ['schedules.remove', hostileArguments(), (given, { manager }) => manager.schedules.remove(given)],
];

// What Redis keeps is bounded, and its schedules are of definitions that the manager has.
const beyondRedis: ReadonlyMap<string, string> = new Map([
  ...['timezone', 'input', 'owner'].map(
    (field) => [`schedules.set: ${field} is a text of a megabyte`, 'too_large'] as const,
  ),
  ['schedules.set, definition: name is a number as text', 'unknown_definition'],
]);

describe('E1 F1 what plain JavaScript may pass is answered as in one process, and always by a code', () => {
  test.each(doors)('E1 F1 %s', async (what, given, door) => {
    const [inOne, redis] = engines;
    for (const { name, options } of given) {
      const answers = [];
      for (const engine of [inOne, redis]) {
        answers.push(engine && (await outcomeOf(() => door(options, engine))));
      }
      const wanted = beyondRedis.get(`${what}: ${name}`) ?? answers[0];
      expect([name, answers[1]]).toEqual([name, wanted]);
      expect([name, answers[1]]).toEqual([name, expect.stringMatching(/^[a-z][a-z_]*$/)]);
    }
  });
});

const queue = { connection: { url: 'redis://127.0.0.1:1' }, queueName: 'q', definitions: [plain] };
const made: readonly (readonly [string, readonly HostileOptions[], (given: Untyped) => unknown])[] =
  [
    [
      'BullJobManager',
      hostileOptions({
        ...queue,
        prefix: 'bull',
        progressCapacity: 10,
        ttlMs: 1000,
        maxKeptPerOwner: 10,
        maxQueued: 10,
        maxActivePerOwner: 10,
        limits: {},
        keepInputs: true,
        redisTimeoutMs: 50,
        clock: simulatedClock(),
      }),
      (given) => new BullJobManager(given).close(),
    ],
    [
      'BullJobManager, connection',
      hostileOptions({ url: 'redis://127.0.0.1:1' }),
      (given) => new BullJobManager({ ...queue, connection: given }).close(),
    ],
    [
      'BullJobManager, definition',
      hostileOptions({ ...definition }),
      (given) => new BullJobManager({ ...queue, definitions: [given] }).close(),
    ],
    [
      'BullJobManager, shutdown',
      hostileOptions({ graceMs: 0, keep: true }),
      async (given) => {
        const manager = new BullJobManager({ ...queue, redisTimeoutMs: 1 });
        try {
          await manager.shutdown(given);
        } finally {
          await manager.close();
        }
      },
    ],
    [
      'serveBullJobs',
      hostileOptions({
        ...queue,
        executor: new InlineExecutor([job]),
        prefix: 'bull',
        concurrency: 1,
        rate: { max: 1, perMs: 1 },
        lockMs: 1000,
        clock: simulatedClock(),
        random: () => 0,
      }),
      async (given) => {
        const served = serveBullJobs(given);
        served.on('error', () => {});
        served.ready().catch(() => {});
        await served.shutdown({ graceMs: 0 });
      },
    ],
  ];

test.each(made)('E1 F1 %s refuses what it cannot use by a code', async (_what, given, make) => {
  for (const { name, options } of given) {
    const outcome = await outcomeOf(() => make(options));
    expect([name, outcome]).toEqual([name, expect.stringMatching(/^[a-z][a-z_]*$/)]);
  }
});

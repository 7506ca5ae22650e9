import { defineJob, handle } from '@offstage/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { CutProxy } from '../fixtures/cut-proxy.ts';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start('--appendfsync', 'no');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const input = z.object({ n: z.number(), fails: z._default(z.boolean(), false) });
const define = (name: string) =>
  defineJob({
    ...{ name, input, result: z.unknown(), phases: ['work'] },
    retry: { attempts: 3, delayMs: 1 },
  });
const free = define('free');
const limited = define('limited');

const limits = { limited: { concurrency: 2, perOwner: 1, rate: { max: 3, perMs: 20 } } };

/** A process whose connections all go at once, after so many answers of Redis, and come back. */
async function cutAfter(answers: number): Promise<void> {
  let left = answers;
  await using proxy = await CutProxy.to(server.port, (text) => {
    left -= 1;
    if (left !== 0) return text;
    proxy.cut();
    proxy.mend();
    return '';
  });
  await using queue = new ServedQueue(server.url);
  const begun: string[] = [];
  const jobs = [free, limited].map((definition) =>
    handle(definition, async ({ input: { n, fails }, attempt, save, saved, report }) => {
      begun.push(`${n} ${attempt}`);
      report({ phase: 'work', percent: n });
      if (attempt === 1) await save(n);
      if (fails && attempt === 1) throw new Error('again');
      return [n, attempt, saved ?? null];
    }),
  );
  const connection = { url: proxy.url };
  const manager = queue.manager(jobs, { limits, connection });
  // Whatever is to be found by a lock that ends is found too late.
  await queue.serve(jobs, { connection, concurrency: 3, lockMs: 3_600_000 });
  const alice = manager.forOwner('alice');
  const bob = manager.forOwner('bob');
  const queued = { exclusivityKey: 'k', onConflict: 'queue' } as const;
  const started = await Promise.all([
    alice.start(free, { n: 1 }),
    alice.start(free, { n: 2, fails: true }, queued),
    alice.start(free, { n: 3 }, { ...queued, delayMs: 5 }),
    bob.start(free, { n: 4 }, { priority: 3 }),
    alice.start(limited, { n: 5 }),
    alice.start(limited, { n: 6, fails: true }, queued),
    bob.start(limited, { n: 7 }),
    bob.start(limited, { n: 8 }, { idempotencyKey: 'once' }),
  ]);
  const ends = await Promise.all(
    started.map(async ({ id }, index) =>
      (index === 3 || index > 5 ? bob : alice).wait(id, { timeoutMs: 30_000 }),
    ),
  ).catch((error) => {
    throw new Error(`at ${answers}: ${error} ${JSON.stringify(begun)}`);
  });
  const results = ends.map(({ status, attempt, result, failure }) => [
    status,
    attempt,
    result ?? failure,
  ]);
  const wanted = started.map((_, index) => {
    const n = index + 1;
    const attempt = n === 2 || n === 6 ? 2 : 1;
    return ['succeeded', attempt, [n, attempt, attempt === 2 ? n : null]];
  });
  expect([answers, results]).toEqual([answers, wanted]);
  expect([answers, begun.toSorted()]).toEqual([
    answers,
    ['1 1', '2 1', '2 2', '3 1', '4 1', '5 1', '6 1', '6 2', '7 1', '8 1'],
  ]);
}

// All of them are the long form.
const isLong = process.env.OFFSTAGE_LONG === '1';
const points = Array.from({ length: 120 }, (_, n) => n + 1).filter((n) => isLong || n % 20 === 7);

test('E6 A1 A7 A10 wherever the connections of a process go, each attempt begins once, and none is spent', async () => {
  const lanes = Array.from({ length: 4 }, async () => {
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      await cutAfter(point);
    }
  });
  await Promise.all(lanes);
});

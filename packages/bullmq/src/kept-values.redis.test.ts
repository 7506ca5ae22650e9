import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { memoryJournal } from '@offstage/core/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { type EitherEngine, overRedis } from '../fixtures/both-engines.ts';
import { RedisServer } from '../fixtures/redis-server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const mebibyte = 1024 * 1024;
const values: Readonly<Record<string, () => unknown>> = {
  'a text of over a mebibyte': () => 'x'.repeat(mebibyte + 1),
  'much that is small': () => Array.from({ length: 200_000 }, (_, n) => `number ${n}`),
  'bytes of over a mebibyte': () => ({ pages: [new Uint8Array(mebibyte)] }),
  'a function': () => () => 1,
  'a function within': () => ({ uploads: [{ open: () => 1 }] }),
  'a symbol': () => Symbol('secret'),
  'a promise': () => ({ later: Promise.resolve(1) }),
  'what throws as it is read': () => ({
    get secret() {
      throw new Error('a secret');
    },
  }),
};

const keeping = defineJob({
  name: 'keeping',
  input: z.any(),
  result: z.any(),
  phases: ['work'],
  retry: { attempts: 3, delayMs: 0 },
});
// How many bytes a value takes, each engine counts by itself.
const codeOf = (error: unknown) => {
  const { code, message, details: { bytes: _, ...details } = {} } = Object(error);
  return { code, message: message.replace(/takes [\d,]+ bytes/, 'takes bytes'), details };
};
const keepingIt = handle(keeping, async ({ input: { as, what }, save }) => {
  const value = values[what]?.();
  if (as === 'result') return value;
  return save(value).catch(codeOf);
});

let redis: RedisServer;
const kept = new JobManager({
  executor: new InlineExecutor([keepingIt]),
  journal: memoryJournal(),
});
const told: unknown[] = [];
kept.on('error', ({ error }) => told.push(error));
let remote: EitherEngine;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
  remote = await overRedis(redis.url, [keepingIt]);
});
afterAll(async () => {
  await kept.shutdown();
  await remote[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

test.each(Object.keys(values))(
  'E1 K8 W7 what cannot be kept is told as by a journal: %s',
  async (what) => {
    const answers = [];
    for (const [of, errors] of [
      [(owner: string) => kept.forOwner(owner), told],
      [remote.of, remote.errors.map(({ error }) => error)],
    ] as const) {
      const alice = of('alice');
      const before = errors.length;
      const { failure, attempt } = await alice.wait(
        (await alice.start(keeping, { as: 'result', what })).id,
      );
      const saved = await alice.wait((await alice.start(keeping, { as: 'saved', what })).id);
      const start = alice.start(keeping, values[what]?.());
      answers.push([
        { ...failure, reference: typeof failure?.reference, attempt },
        saved.result,
        await start.catch(codeOf),
      ]);
      const full = of === remote.of ? remote.errors.at(-1)?.error : errors.at(before);
      expect(full).toMatchObject({ code: failure?.code, details: { field: expect.any(String) } });
      expect(String(full)).not.toMatch(/journal/);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers.flat()[0]).toMatchObject({
      code: expect.stringMatching(/^(too_large|not_serializable)$/),
      attempt: 1,
    });
  },
);

import {
  defineJob,
  handle,
  type JobClient,
  NonRetriableError,
  OffstageError,
  PublicError,
  type TerminalJobView,
} from '@offstage/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { type EitherEngine, inOneProcess, overRedis } from '../fixtures/both-engines.ts';
import { RedisServer } from '../fixtures/redis-server.ts';

const any = { input: z.any(), result: z.any(), phases: ['work', 'rest'] } as const;
const echo = defineJob({ name: 'echo', ...any });
const strict = defineJob({ ...any, name: 'strict', input: z.object({ n: z.number() }) });
const held = defineJob({ name: 'held', ...any });
const failing = defineJob({ name: 'failing', ...any });
const retrying = defineJob({ name: 'retrying', ...any, retry: { attempts: 3, delayMs: 0 } });
const later = defineJob({ name: 'later', ...any, retry: { attempts: 2, delayMs: 10_000_000 } });
const timed = defineJob({
  name: 'timed',
  ...any,
  timeoutMs: 30,
  retry: { attempts: 2, delayMs: 0 },
});
const discarding = defineJob({ name: 'discarding', ...any });
const reporting = defineJob({ name: 'reporting', ...any });
const saving = defineJob({ name: 'saving', ...any, retry: { attempts: 3, delayMs: 0 } });

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** What handlers tell, by owner: the text that a script gives them. */
const notes = new Map<string, unknown[]>();
const note = (of: string, what: unknown): void => {
  notes.set(of, [...(notes.get(of) ?? []), what]);
};

const jobs = [
  handle(echo, ({ input }) => input),
  handle(strict, ({ input }) => input),
  handle(held, async ({ signal, report }) => {
    report({ phase: 'work', percent: 1 });
    await stopped(signal);
    throw signal.reason;
  }),
  handle(failing, ({ input }) => {
    if (input === 'public') throw new PublicError('busy', 'The archive is busy.');
    if (input === 'coded') throw new OffstageError('locked', 'It is locked.');
    if (input === 'text') throw 'a text';
    throw new TypeError('a secret');
  }),
  handle(retrying, ({ input, attempt, report }) => {
    report({ phase: 'work', percent: 10 * attempt });
    if (input === 'final') throw new NonRetriableError('no');
    if (attempt < input) throw new PublicError('busy', 'Busy.');
    return attempt;
  }),
  handle(later, () => {
    throw new PublicError('busy', 'Busy.');
  }),
  handle(timed, async ({ signal }) => {
    await stopped(signal);
    throw signal.reason;
  }),
  handle(
    discarding,
    ({ input }) => {
      if (input.fails) throw new PublicError('busy', 'Busy.');
      return 'done';
    },
    { discard: ({ input, outcome }) => note(input.of, outcome) },
  ),
  handle(reporting, ({ input, report }) => {
    for (const each of input) report(each);
  }),
  handle(saving, async ({ input, attempt, saved, save }) => {
    note(input, saved);
    await save({ attempt, at: new Date(0) });
    if (attempt < 3) throw new Error('again');
    return saved;
  }),
];

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

type Script = (alice: JobClient, engine: EitherEngine, of: string) => Promise<unknown>;

const answerOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    const { code, message, details } = error as OffstageError;
    return { code, message, details };
  }
};
const patience = { interval: 2 };
const run = async (alice: JobClient, ...start: Parameters<JobClient['start']>) =>
  alice.wait((await alice.start(...start)).id);
const begun = (alice: JobClient, id: string) =>
  vi.waitUntil(async () => (await alice.get(id))?.progress?.seq === 1, patience);
const atRest = (alice: JobClient) =>
  vi.waitUntil(async () => {
    const { queued, running } = await alice.activity();
    return queued + running === 0;
  }, patience);

const scripts: Readonly<Record<string, Script>> = {
  async 'ends, views and what is told of errors'(alice, { errors }, of) {
    const ends: TerminalJobView[] = [];
    for (const input of ['public', 'coded', 'text', 'secret'])
      ends.push(await run(alice, failing, input));
    for (const input of [1, 3, 9, 'final']) ends.push(await run(alice, retrying, input));
    ends.push(await run(alice, timed, 1));
    const told = errors
      .filter(({ owner }) => owner === of)
      .map(({ error, reference, ...source }) => {
        const end = ends.find(({ failure, lastFailure }) =>
          [failure, lastFailure].some((each) => each?.reference === reference),
        );
        return { message: String(error), ...source, shownAt: end?.id };
      });
    return [ends, told];
  },

  async 'saved states'(alice, _engine, of) {
    return [await run(alice, saving, of), notes.get(of)];
  },

  async 'what waits for another attempt'(alice) {
    const { id } = await alice.start(later, 1);
    await vi.waitUntil(async () => (await alice.get(id))?.attempt === 2, patience);
    const { availableAt, ...shown } = (await alice.get(id)) ?? {};
    const cancels = [await alice.cancel(id), await alice.cancel(id)];
    return [shown, typeof availableAt, cancels, await alice.wait(id), await alice.activity()];
  },

  async 'a cancel, a release, and what is asked of either after'(alice) {
    const { id } = await alice.start(held, 1);
    await begun(alice, id);
    const running = await alice.get(id);
    const asked = [await alice.cancel(id), (await alice.get(id))?.cancelRequested];
    const end = await alice.wait(id);
    const after = [await alice.cancel(id), await alice.consume(id), await alice.consume(id)];
    const gone = [await alice.get(id), await alice.poll(id, { after: 5 }), await alice.cancel(id)];
    return [running, asked, end, after, gone, await answerOf(() => alice.wait(id))];
  },

  async discards(alice, _engine, of) {
    const ends = [
      await run(alice, discarding, { of, fails: true }),
      await run(alice, discarding, { of }),
    ];
    const { id } = await alice.start(discarding, { of }, { delayMs: 10_000_000 });
    await alice.cancel(id);
    ends.push(await alice.wait(id));
    await atRest(alice);
    return [ends, notes.get(of)];
  },

  async 'retries by hand, under their key'(alice, _engine, of) {
    const keys = [`k"\\ä\n${of}`, `${of}${'long'.repeat(200)}`];
    const answers = [];
    for (const exclusivityKey of keys) {
      const first = await run(alice, failing, 'public', { exclusivityKey, priority: 5 });
      await atRest(alice);
      const holder = await alice.start(held, 1, { exclusivityKey });
      answers.push(
        await answerOf(() => alice.retry(first.id)),
        await answerOf(() => alice.retry(holder.id)),
      );
      await alice.cancel(holder.id);
      await alice.wait(holder.id);
      await atRest(alice);
      const again = await alice.retry(first.id);
      answers.push([again.retryOf === first.id, await alice.wait(again.id)]);
      answers.push(await answerOf(() => alice.retry('no-such-job-as-this')));
    }
    return [answers, await answerOf(async () => alice.retry((await run(alice, echo, 1)).id))];
  },

  async 'keys that are held'(alice, engine, of) {
    const [key, bob] = [`key of ${of.slice(0, 500)}`, engine.of(`bob of ${of}`)];
    const start = (who: JobClient, onConflict: 'reject' | 'join' | 'queue' | 'replace') =>
      answerOf(() => who.start(held, onConflict, { exclusivityKey: key, onConflict }));
    const holder = await alice.start(held, 1, { exclusivityKey: key });
    await begun(alice, holder.id);
    const answers = [];
    for (const how of ['reject', 'join', 'queue'] as const) {
      answers.push(await start(alice, how), await start(bob, how));
    }
    answers.push(await start(bob, 'replace'));
    const before = [await alice.list(), await bob.list()];
    answers.push(await start(alice, 'replace'), await alice.wait(holder.id));
    await vi.waitUntil(
      async () => (await alice.list({ status: 'running' }))[0]?.progress?.seq === 1,
      patience,
    );
    const after = [await alice.list(), await bob.list()];
    for (const who of [alice, bob]) for (const { id } of await who.list()) await who.cancel(id);
    await atRest(alice);
    return [answers, before, after];
  },

  async 'starts under a key of their own'(alice) {
    const once = { idempotencyKey: 'once' };
    const first = await alice.start(strict, { n: 1 }, once);
    await alice.wait(first.id);
    const same = async (input: unknown, options = {}) =>
      answerOf(
        async () =>
          (await alice.start(strict, input as never, { ...once, ...options })).id === first.id,
      );
    const answers = [await same({ n: 1 }), await same({ n: 2 }), await same({ n: 'x' })];
    answers.push(await same({ n: 1 }, { priority: 1 }), await same({ n: 1 }, { delayMs: 1 }));
    answers.push(await answerOf(() => alice.start(echo, { n: 1 }, once)));
    await alice.consume(first.id);
    return [answers, await same({ n: 'x' }), await same({ n: 2 })];
  },

  async 'reports, and reading them'(alice) {
    const good = Array.from({ length: 7 }, (_, n) => ({
      phase: 'work',
      percent: n,
      message: `${n}`,
    }));
    const { id } = await run(alice, reporting, [
      ...good,
      { phase: 'nowhere' },
      { phase: 'rest', percent: 150, message: 'a\u0000b\n'.repeat(200) },
      { phase: 'rest', percent: -1 },
      null,
      { phase: 'rest', percent: Number.NaN, message: 5 },
    ]);
    const cursors = [undefined, 0, 3, 9, 10, 99, -1, 1.5, Number.NaN, Infinity, 2 ** 60];
    const limits = [undefined, 0, 1, 3, 99, -1, 0.5, 1.5, Number.NaN, Infinity];
    const read = [];
    for (const after of cursors) {
      for (const limit of limits) read.push(await alice.poll(id, { after, limit }));
    }
    return [read, await alice.pollMany([{ id, after: 9 }, { id: 'none' }, { id }])];
  },

  async lists(alice, engine) {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await run(alice, echo, n)).id);
    ids.push((await run(alice, failing, 'public')).id);
    const filters = [
      ...[{}, { limit: 2 }, { results: true }, { status: 'failed' }, { name: 'echo', limit: 1 }],
      ...[{ status: ['failed', 'succeeded'], before: ids[4] }, { status: [] }, { before: ids[0] }],
      ...[{ name: '' }, { before: 'none' }, { limit: 0 }, { status: 'lost' }, { before: 5 }],
    ];
    const answers = [];
    for (const filter of filters) answers.push(await answerOf(() => alice.list(filter as never)));
    answers.push(await answerOf(() => engine.of('mallory').list({ before: ids[2] })));
    return answers;
  },

  async waits(alice) {
    const { id } = await alice.start(held, 1);
    const leaving = AbortSignal.abort(new OffstageError('canceled', 'mine'));
    const all = [
      { timeoutMs: 0 },
      { timeoutMs: 5 },
      { signal: leaving },
      { signal: leaving, timeoutMs: 0 },
    ];
    const answers = [];
    for (const options of all) answers.push(await answerOf(() => alice.wait(id, options)));
    await alice.cancel(id);
    answers.push(await alice.wait(id));
    for (const options of all) answers.push(await answerOf(() => alice.wait(id, options)));
    return answers;
  },

  async 'who sees what'(alice, engine, of) {
    const mallory = engine.of(`${of}x`);
    const { id } = await run(alice, echo, 1);
    const [seen, others] = [await mallory.get(id), await mallory.list()];
    const asked = [await mallory.cancel(id), await mallory.consume(id)];
    return [
      seen,
      others,
      asked,
      await answerOf(() => mallory.wait(id)),
      await mallory.poll(id),
      await alice.get(id),
    ];
  },

  async 'what is late'(alice) {
    const answers = [];
    for (const options of [
      { startAt: 8.64e15 },
      { delayMs: 8e15 },
      { delayMs: 2 ** 31, priority: 1e6 },
    ]) {
      const { id } = await alice.start(echo, 1, options);
      answers.push([
        (await alice.list())[0]?.status,
        await alice.cancel(id),
        await alice.cancel(id),
      ]);
      const { availableAt, ...end } = await alice.wait(id);
      answers.push([end, Math.round(((availableAt ?? 0) - Date.now()) / 1e10)]);
    }
    for (const options of [
      { startAt: -8.64e15 },
      { startAt: new Date(0) },
      { delayMs: 0.5, priority: -1e6 },
    ]) {
      const { availableAt, ...end } = await run(alice, echo, 1, options);
      answers.push([end, availableAt === null]);
    }
    return answers;
  },
};

const owners = [
  'alice',
  ' ',
  '*',
  'a:b',
  '{a}',
  'a\nb',
  '\0',
  '\ud800',
  '"\\',
  '=a',
  '#a',
  '😀',
  '__proto__',
  'x'.repeat(5000),
];

/** Ids by the order in which they come up; moments and references by that they are there. */
function alike(value: unknown): unknown {
  const ids = new Map<string, string>();
  const walk = (at: unknown, key = ''): unknown => {
    if (typeof at === 'string' && /^[\w-]{22}$/.test(at)) {
      if (!ids.has(at)) ids.set(at, `id ${ids.size}`);
      return ids.get(at);
    }
    if (key === 'reference') return typeof at;
    if (typeof at === 'string') return at.replace(/\(reference [\w-]+\)/, '(reference)');
    if (typeof at === 'number' && /^(at|.*At)$/.test(key)) return at > 1e12 && 'a moment';
    if (Array.isArray(at)) return at.map((each) => walk(each));
    if (typeof at !== 'object' || at === null || at instanceof Date) return at;
    return Object.fromEntries(Object.entries(at).map(([name, each]) => [name, walk(each, name)]));
  };
  return walk(value);
}

describe('E1 E5 one script is answered alike in one process and over Redis', () => {
  const engines: EitherEngine[] = [];
  beforeAll(async () => {
    const options = { keepInputs: true, concurrency: 8 };
    engines.push(await inOneProcess(jobs, options), await overRedis(redis.url, jobs, options));
  });
  afterAll(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
  });

  const bothAnswer = async (
    script: Script | undefined,
    owner: string,
  ): Promise<readonly unknown[]> => {
    const answers = [];
    for (const engine of engines) {
      notes.clear();
      answers.push(alike(await script?.(engine.of(owner), engine, owner)));
    }
    return answers;
  };

  test.each(Object.entries(scripts))('E1 E5 %s', async (name, script) => {
    const [inOne, remote] = await bothAnswer(script, name);
    expect(remote).toEqual(inOne);
  });

  test.each(owners.map((owner) => [JSON.stringify(owner).slice(0, 20), owner]))(
    'E1 E5 J4 an owner is one, and no other one: %s',
    async (_text, owner) => {
      for (const name of [
        'who sees what',
        'starts under a key of their own',
        'keys that are held',
      ]) {
        const [inOne, remote] = await bothAnswer(scripts[name], owner);
        expect(remote).toEqual(inOne);
      }
    },
  );
});

test('E1 E5 J15 maintenance, leases and what stands in their way are told alike', async () => {
  const tell = async (make: () => Promise<EitherEngine>): Promise<unknown> => {
    await using engine = await make();
    const [alice, { manager }] = [engine.of('alice'), engine];
    const { id } = await alice.start(held, 1);
    await begun(alice, id);
    const answers = [await alice.activity(), await manager.activity()];
    answers.push((await answerOf(() => manager.enterMaintenance())) as never);
    await alice.cancel(id);
    await alice.wait(id);
    await atRest(alice);
    const lease = await manager.enterForeground();
    answers.push(
      await alice.activity(),
      (await answerOf(() => manager.enterMaintenance())) as never,
    );
    await lease.release();
    await lease.release();
    const maintenance = await manager.enterMaintenance();
    for (const call of [
      () => alice.start(echo, 1),
      () => alice.retry(id),
      () => manager.enterForeground(),
      () => manager.enterMaintenance(),
      () => alice.activity(),
    ]) {
      answers.push((await answerOf(call)) as never);
    }
    await maintenance.release();
    answers.push((await run(alice, echo, 1)) as never);
    return alike([
      answers,
      await engine.shutdown({ graceMs: 100 }),
      await answerOf(() => alice.start(echo, 1)),
    ]);
  };
  const options = { keepInputs: true, concurrency: 1 };
  const inOne = await tell(() => inOneProcess(jobs, options));
  expect(await tell(() => overRedis(redis.url, jobs, options))).toEqual(inOne);
});

import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InlineExecutor } from './inline-executor.ts';
import { defineJob } from './job-definition.ts';
import { handle } from './job-handler.ts';
import { plain, stage, stageWith } from './job-manager.test-support.ts';

const shape = { input: z.number(), result: z.string(), phases: ['work'] } as const;

describe('options of a start', () => {
  const year = 31_536_000_000;
  const refused: readonly (readonly [option: string, given: unknown])[] = [
    ...[Number.NaN, Infinity, -Infinity, -1, '5', null, 9e15].map((v) => ['delayMs', v] as const),
    ...[Number.NaN, Infinity, 'tomorrow', new Date('none')].map((v) => ['startAt', v] as const),
    ...[0.5, -1.5, Number.NaN, Infinity, 1e9, '1'].map((v) => ['priority', v] as const),
    ...['', 'k'.repeat(1 << 20), 5, {}].map((v) => ['exclusivityKey', v] as const),
    ...['wait', null, 1].map((v) => ['onConflict', v] as const),
  ];

  test.each(refused.map(([option, given], n) => [option, String(given).slice(0, 20), n] as const))(
    'A5 A6 A8 %s of %s is refused by name, and nothing is left behind (%i)',
    async (option, _, n) => {
      const { alice, manager, clock } = stage();
      const key = option === 'onConflict' ? { exclusivityKey: 'k' } : {};
      const options = { ...key, [option]: refused[n]?.[1] };
      await expect(alice.start(plain, 1, options)).rejects.toMatchObject({
        code: 'invalid_option',
        details: { option },
      });
      expect(await alice.list()).toEqual([]);
      expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
      expect(clock.pending).toBe(0);
    },
  );

  test('A5 a delay of a year, beyond what a timer holds, begins when it has passed', async () => {
    const { alice, executor, clock } = stage();
    const { id } = await alice.start(plain, 1, { delayMs: year });
    await clock.advance(year - 1);
    expect(executor.runs).toEqual([]);
    await clock.advance(1);
    expect((await alice.get(id))?.status).toBe('running');
  });

  test('A6 a negative priority goes behind', async () => {
    const { alice, executor } = stage({ slots: 1 });
    const first = await alice.start(plain, 1);
    const behind = await alice.start(plain, 2, { priority: -5 });
    const before = await alice.start(plain, 3);
    executor.runOf(first.id).return();
    expect((await alice.get(before.id))?.status).toBe('running');
    expect((await alice.get(behind.id))?.status).toBe('queued');
  });
});

const noOptions: readonly (readonly [what: string, given: unknown])[] = [
  ['null', null],
  ['a text', 'fast'],
  ['a number', 3],
];

test.each(noOptions)(
  'J3 options that are %s are refused by name, by a promise that rejects',
  async (_, given) => {
    const { alice, manager } = stage();
    const { id } = await alice.start(plain, 1);
    // What plain JavaScript may pass.
    const options = given as object;
    const calls = [
      () => alice.start(plain, 1, options),
      () => alice.poll(id, options),
      () => alice.poll('unknown', options),
      () => alice.pollMany([options as { id: string }]),
      () => alice.pollMany(options as []),
      () => alice.list(options),
      () => alice.wait(id, options),
      () => manager.shutdown(options),
    ];
    for (const [at, call] of calls.entries()) {
      expect([at, await call().catch(codeFrom)]).toEqual([at, 'invalid_option']);
    }
    expect(await alice.list()).toHaveLength(1);
    expect(manager.activity().accepting).toBe(true);
  },
);

test('J17 a signal that is none is refused by name', async () => {
  const { alice } = stage();
  const { id } = await alice.start(plain, 1);
  for (const signal of [{}, 'stop', 5, { aborted: true }]) {
    await expect(alice.wait(id, { signal: signal as AbortSignal })).rejects.toMatchObject({
      code: 'invalid_option',
      details: { option: 'signal' },
    });
  }
});

test('J17 a list of jobs in a status that there is none of is refused by name', async () => {
  const { alice } = stage();
  for (const status of ['nope', ['queued', '__proto__'], null, [undefined]]) {
    await expect(alice.list({ status: status as 'queued' })).rejects.toMatchObject({
      code: 'invalid_option',
      details: { option: 'status' },
    });
  }
  expect(await alice.list({ status: ['queued', 'running'] })).toEqual([]);
});

test('F1 J17 options that throw when they are read reject, and throw nothing', async () => {
  const { alice, manager } = stage();
  const { id } = await alice.start(plain, 1);
  const refuse = (): never => {
    throw new Error('do not look');
  };
  const options = Object.defineProperties(
    {},
    Object.fromEntries(
      ['signal', 'timeoutMs', 'after', 'limit', 'status', 'delayMs', 'transfer', 'graceMs'].map(
        (name) => [name, { get: refuse }],
      ),
    ),
  );
  for (const call of [
    () => alice.start(plain, 1, options),
    () => alice.poll(id, options),
    () => alice.list(options),
    () => alice.wait(id, options),
    () => manager.shutdown(options),
  ]) {
    const error = await call().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_option', cause: { message: 'do not look' } });
  }
  expect(await alice.list()).toHaveLength(1);
  expect(manager.activity().accepting).toBe(true);
});

test('A5 F1 a Date of another realm is a moment, and what only looks like one is refused', async () => {
  const { alice, clock, executor } = stage();
  const at = clock.now() + 1000;
  const { id } = await alice.start(plain, 1, { startAt: runInNewContext(`new Date(${at})`) });
  const fakes = [new Proxy(new Date(at), {}), { getTime: () => at }, Object.create(Date.prototype)];
  for (const startAt of fakes) {
    await expect(alice.start(plain, 1, { startAt })).rejects.toMatchObject({
      code: 'invalid_option',
      details: { option: 'startAt' },
    });
  }
  await clock.advance(1000);
  expect(executor.runs).toHaveLength(1);
  expect((await alice.get(id))?.status).toBe('running');
});

test('A7 limits of zero, or of nothing at all, are refused by the manager', () => {
  for (const limit of [{ concurrency: 0 }, { perOwner: 0 }, { rate: { max: 0, perMs: 1000 } }]) {
    expect(() => stage({ limits: { [plain.name]: limit } })).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    );
  }
});

test('A9 a schedule of no cron or no time zone is refused, and no timer is left', async () => {
  const { manager, clock } = stage();
  const rest = { definition: plain, input: 1, owner: 'system' } as const;
  const faulty = [{ cron: 'every night' }, { cron: '* * * * *', timezone: 'Mars/Olympus' }];
  for (const options of faulty) {
    await expect(manager.schedules.set('x', { ...options, ...rest })).rejects.toMatchObject({
      code: 'invalid_option',
    });
  }
  expect(await manager.schedules.list()).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('A2 F1 a delay that was changed to a year after its error was made counts as none', async () => {
  const { alice, executor, clock } = stage({ random: () => 0.5 });
  const flaky = defineJob({ name: 'flaky.plain', ...shape, retry: { attempts: 2 } });
  const mark = Symbol.for('offstage.error.retryAfter');
  for (const afterMs of [31_536_000_000, Number.NaN, -1, 'soon', undefined]) {
    const { id } = await alice.start(flaky, 1);
    executor.runOf(id).throw(Object.assign(new Error('busy'), { [mark]: true, afterMs }));
    expect((await alice.get(id))?.availableAt).toBe(clock.now() + 500);
    await clock.advance(500);
    executor.runOf(id).return();
  }
});

test('A1 ten thousand retries at once wait by one timer, come back apart, and each runs once more', async () => {
  const count = 10_000;
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const flaky = defineJob({ name: 'flaky', ...shape, retry: { attempts: 2, delayMs: 60_000 } });
  const begun = new Map<number, number>();
  const work = handle(flaky, ({ input, attempt }) => {
    begun.set(attempt, (begun.get(attempt) ?? 0) + 1);
    if (attempt === 1) throw new Error(`not yet: ${input}`);
    return 'done';
  });
  const { alice, clock, manager } = stageWith(new InlineExecutor([work]), {
    random,
    concurrency: 100,
    maxKeptPerOwner: count,
  });
  for (let i = 0; i < count; i++) await alice.start(flaky, i);
  await clock.advance(0);
  expect(manager.activity()).toMatchObject({ queued: count, running: 0 });
  expect(clock.pending).toBe(1);
  await clock.advance(30_000);
  // Spread evenly: about half of them are back after half of the longest delay.
  expect(begun.get(2)).toBeGreaterThan(0.45 * count);
  expect(begun.get(2)).toBeLessThan(0.55 * count);
  await clock.advance(30_000);
  expect([...begun]).toEqual([
    [1, count],
    [2, count],
  ]);
});

const codeFrom = (error: unknown): unknown => Reflect.get(Object(error), 'code') ?? String(error);

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { hostileValues } from '../testing/hostile-values.ts';
import { settle } from '../testing/simulated-clock.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import { defineJob } from './job-definition.ts';
import { codeOf, plain, stage } from './job-manager.test-support.ts';
import { JobManager } from './job-manager.ts';

const schemaOf = (validate: (value: unknown) => unknown): StandardSchema => ({
  '~standard': {
    version: 1,
    vendor: 'test',
    // What a schema in plain JavaScript may do.
    validate: validate as StandardSchema['~standard']['validate'],
  },
});

const anything = schemaOf((value) => ({ value }));
const definition = (change: { input?: StandardSchema; result?: StandardSchema }) =>
  defineJob({ name: 'work.plain', input: anything, result: anything, phases: ['work'], ...change });

/** What a schema does with a hostile value, and whether a good value stays one. */
const schemas: Readonly<Record<string, (make: () => unknown) => (value: unknown) => unknown>> = {
  'answers with it': (make) => make,
  'resolves to it': (make) => async () => make(),
  'throws it': (make) => () => {
    throw make();
  },
  'rejects with it': (make) => () => Promise.reject(make()),
  'calls it issues': (make) => () => ({ issues: make() ?? null }),
  'calls it issues later': (make) => async () => ({ issues: make() ?? null }),
  'has it among issues': (make) => () => ({ issues: [make(), { message: make() }] }),
  'has it in a path': (make) => () => ({ issues: [{ message: 'no', path: [make(), null] }] }),
  'has it in a path later': (make) => async () => ({ issues: [{ message: 'no', path: [make()] }] }),
  'has it for a path': (make) => () => ({ issues: [{ message: 'no', path: make() }] }),
  'has it in a key': (make) => () => ({ issues: [{ message: 'no', path: [{ key: make() }] }] }),
};

describe.each(Object.keys(schemas))('a schema that %s', (how) => {
  const validateWith = (make: () => unknown) => schemas[how]?.(make) ?? (() => undefined);

  test('F1 J2 of a result ends the job, and the next one runs', async () => {
    const { alice, executor, errors } = stage({ slots: 1 });
    for (const { name, make } of hostileValues()) {
      const job = await alice.start(definition({ result: schemaOf(validateWith(make)) }), 1);
      executor.runOf(job.id).return();
      const end = await alice.wait(job.id);
      expect([name, end.failure?.code ?? 'succeeded']).toEqual([
        name,
        expect.stringMatching(/^(invalid_result|succeeded)$/),
      ]);
      if (end.status !== 'failed') continue;
      const error = errors.at(-1);
      expect(error?.reference).toBe(end.failure.reference);
      expect(String(error?.error).length).toBeLessThan(70_000);
    }
    const last = await alice.start(plain, 1);
    executor.runOf(last.id).return();
    expect(await alice.wait(last.id)).toMatchObject({ status: 'succeeded' });
  });

  test('F1 J3 of an input refuses it, or lets it through', async () => {
    const { alice, manager } = stage();
    for (const { name, make } of hostileValues()) {
      const starting = alice.start(definition({ input: schemaOf(validateWith(make)) }), 1);
      const code = await codeOf(starting);
      expect([name, code ?? 'started']).toEqual([
        name,
        expect.stringMatching(/^(invalid_input|started)$/),
      ]);
      if (code === undefined) await alice.cancel((await starting).id);
    }
    expect(manager.activity().accepting).toBe(true);
  });
});

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a path of null', { issues: [{ message: 'no', path: [null] }] }],
  ['no list of issues', { issues: 'many' }],
  ['issues that are null', { issues: null }],
])(
  'F1 J2 an async schema that resolves to %s refuses the result, and says why to the log',
  async (_, answer) => {
    const { alice, executor, errors } = stage();
    const job = await alice.start(definition({ result: schemaOf(async () => answer) }), 1);
    executor.runOf(job.id).return();
    expect(await alice.wait(job.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'invalid_result' },
    });
    expect(errors).toHaveLength(1);
  },
);

test('F1 J2 a promise of a schema counts as one, whatever realm it is of', async () => {
  const { alice, executor } = stage();
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is to be tried.
  const late = { then: (resolve: (value: unknown) => void) => resolve({ value: 'late' }) };
  const job = await alice.start(definition({ result: schemaOf(() => late) }), 1);
  executor.runOf(job.id).return('early');
  expect(await alice.wait(job.id)).toMatchObject({ result: 'late' });
});

describe('whoever listens', () => {
  test.each(['throw', 'reject with', 'return', 'resolve to'])(
    'F1 J16 a listener and a watcher may %s whatever they like',
    async (how) => {
      const { manager, alice, executor } = stage();
      let current: unknown;
      const act = (): unknown => {
        if (how === 'throw') throw current;
        if (how === 'reject with') return Promise.reject(current);
        return how === 'return' ? current : Promise.resolve().then(() => current);
      };
      for (const event of ['started', 'progress', 'failed', 'canceled', 'released'] as const) {
        manager.on(event, act);
      }
      manager.on('error', act);
      for (const { name, make } of hostileValues()) {
        current = make();
        const job = await alice.start(plain, 1);
        const unwatch = [alice.watch?.(job.id, act), alice.watch?.(undefined, act)];
        executor.runOf(job.id).report();
        await settle();
        executor.runOf(job.id).throw(current);
        expect([name, (await alice.wait(job.id)).status]).toEqual([name, 'failed']);
        await settle();
        for (const stop of unwatch) stop?.();
        expect(await alice.consume(job.id)).toBe(true);
      }
      expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
    },
  );

  test('F1 F2 the printer of errors prints every value, and of long texts the beginning', async () => {
    const printed: unknown[][] = [];
    const print = vi.spyOn(console, 'error').mockImplementation((...args: unknown[]) => {
      printed.push(args);
    });
    onTestFinished(() => print.mockRestore());
    const executor = new FakeExecutor();
    const alice = new JobManager({ executor }).forOwner('alice');
    for (const { name, make } of hostileValues()) {
      const job = await alice.start(plain, 1);
      executor.runOf(job.id).throw(make());
      const { failure } = await alice.wait(job.id);
      const news = printed.at(-1)?.[1];
      expect([name, Reflect.get(Object(news), 'reference')]).toEqual([name, failure?.reference]);
    }
    const texts = printed
      .map(([, news]) => Reflect.get(Object(news), 'error'))
      .filter((error) => typeof error === 'string');
    expect(texts.every((text) => text.length <= 65_536)).toBe(true);
  });

  test('F1 an error that cannot be printed is described, and a console that fails is left alone', async () => {
    const printed: unknown[] = [];
    let fails = 1;
    const print = vi.spyOn(console, 'error').mockImplementation((_, news: unknown) => {
      fails -= 1;
      if (fails >= 0) throw new Error('cannot print');
      printed.push(Reflect.get(Object(news), 'error'));
    });
    onTestFinished(() => print.mockRestore());
    const executor = new FakeExecutor();
    const alice = new JobManager({ executor }).forOwner('alice');
    const fail = async (): Promise<void> => {
      const job = await alice.start(plain, 1);
      executor.runOf(job.id).throw({ [Symbol.toStringTag]: 'Draft' });
      expect(await alice.wait(job.id)).toMatchObject({ status: 'failed' });
    };
    await fail();
    expect(printed).toEqual(['[object Draft]']);
    fails = 2;
    await fail();
    expect(printed).toHaveLength(1);
  });
});

test('F2 J11 the text of a public error is bounded', async () => {
  const { alice, executor } = stage();
  const job = await alice.start(plain, 1);
  const error = Object.assign(new Error('x'.repeat(1_000_000)), {
    [Symbol.for('offstage.error.public')]: true,
    code: 'y'.repeat(1_000_000),
  });
  executor.runOf(job.id).throw(error);
  const { failure } = await alice.wait(job.id);
  expect(failure?.message.length).toBe(65_536);
  expect(failure?.code.length).toBe(200);
});

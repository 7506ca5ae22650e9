import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { OffstageError } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { settle } from '../testing/simulated-clock.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import { defineJob } from './job-definition.ts';
import { codeOf, plain, stage, tidy } from './job-manager.test-support.ts';
import { JobManager } from './job-manager.ts';
import type { JobManagerOptions } from './job-manager-options.ts';
import type { JobId, ProgressEvent } from './job-view.ts';

describe('options', () => {
  test.each<[string, object]>([
    ['executor', { executor: undefined }],
    ['executor', { executor: {} }],
    ['concurrency', { concurrency: 0 }],
    ['concurrency', { concurrency: 1.5 }],
    ['concurrency', { concurrency: 3 }],
    ['progressCapacity', { progressCapacity: 0 }],
    ['progressCapacity', { progressCapacity: Number.NaN }],
    ['ttlMs', { ttlMs: 0 }],
    ['ttlMs', { ttlMs: -1 }],
    ['ttlMs', { ttlMs: '1h' }],
    ['maxQueued', { maxQueued: -1 }],
    ['maxActivePerOwner', { maxActivePerOwner: 0 }],
    ['randomId', { randomId: 'id' }],
    ['clock', { clock: { now: 1 } }],
  ])('J3 a bad %s is refused by name: %o', (name, options) => {
    const all = { executor: new FakeExecutor(2), ...options } as unknown as JobManagerOptions;
    expect(() => new JobManager(all)).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringContaining(name),
      }),
    );
  });

  test.each(['', undefined, null, 7])('J3 the owner %o is refused', (owner) => {
    expect(() => stage().manager.forOwner(owner as string)).toThrow(
      expect.objectContaining({ code: 'invalid_owner' }),
    );
  });

  test('J3 ids are unguessable unless a test makes them', async () => {
    const jobs = new JobManager({ executor: new FakeExecutor() }).forOwner('alice');
    const ids = new Set<string>();
    for (let count = 0; count < 500; count += 1) ids.add((await jobs.start(plain, count)).id);
    expect(ids.size).toBe(500);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  });
});

describe('start', () => {
  test('J3 resolves to a frozen view', async () => {
    const { alice, clock } = stage({ startMs: 1000 });
    const job = await alice.start(plain, 1);
    expect(Object.isFrozen(job)).toBe(true);
    expect(job).toEqual({
      id: 'id-1',
      name: 'work.plain',
      phases: ['prepare', 'work'],
      status: 'running',
      attempt: 1,
      maxAttempts: 1,
      availableAt: null,
      lastFailure: null,
      retryOf: null,
      cancelRequested: false,
      progress: null,
      droppedReports: 0,
      createdAt: clock.now(),
      startedAt: clock.now(),
      endedAt: null,
      result: undefined,
      failure: undefined,
    });
  });

  const nothingLeft = async ({ alice, executor, manager }: ReturnType<typeof stage>) => {
    expect(await alice.list()).toEqual([]);
    expect(executor.runs).toEqual([]);
    expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
  };

  test('J2 input off its schema is refused with its issues, and nothing is left behind', async () => {
    const here = stage();
    const start = here.alice.start(plain, 'one' as unknown as number, { exclusivityKey: 'k' });
    await expect(start).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('expected number'),
    });
    await nothingLeft(here);
    await here.alice.start(plain, 1, { exclusivityKey: 'k' });
  });

  const slowly: StandardSchema<string, number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        await settle();
        return value === 'bad' ? { issues: [{ message: 'is bad' }] } : { value: Number(value) };
      },
    },
  };

  test('J2 schemas may take their time, and the handler receives what they made', async () => {
    const { alice, executor } = stage();
    const slow = defineJob({ name: 'slow.plain', input: slowly, result: slowly, phases: ['a'] });
    expect(await codeOf(alice.start(slow, 'bad'))).toBe('invalid_input');
    const job = await alice.start(slow, '7');
    expect(executor.runOf(job.id).task.input).toBe(7);
    executor.runOf(job.id).return('8');
    expect(await alice.wait(job.id)).toMatchObject({ status: 'succeeded', result: 8 });
  });

  test('J2 a schema that throws refuses the input and keeps the cause', async () => {
    const cause = new RangeError('broken');
    const throws: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw cause;
        },
      },
    };
    const broken = defineJob({ name: 'broken', input: throws, result: throws, phases: ['a'] });
    await expect(stage().alice.start(broken, 1)).rejects.toMatchObject({
      code: 'invalid_input',
      cause,
    });
  });

  test('J2 a definition without a handler is refused', async () => {
    const here = stage();
    const unknown = defineJob({ ...plain, name: 'unknown' });
    expect(await codeOf(here.alice.start(unknown, 1))).toBe('unknown_definition');
    expect(await codeOf(here.alice.start(undefined as unknown as typeof plain, 1))).toBe(
      'unknown_definition',
    );
    await nothingLeft(here);
  });

  test.each([{ exclusivityKey: '' }, { exclusivityKey: 7 }, { transfer: 'all' }])(
    'J3 bad start options are refused: %o',
    async (options) => {
      const here = stage();
      expect(await codeOf(here.alice.start(plain, 1, options as object))).toBe('invalid_option');
      await nothingLeft(here);
    },
  );

  test('J3 an id that is there already is refused', async () => {
    const { alice } = stage({ randomId: () => 'same' });
    await alice.start(plain, 1);
    expect(await codeOf(alice.start(plain, 2))).toBe('invalid_option');
    expect(await alice.list()).toHaveLength(1);
  });

  test('J3 W4 an executor that cannot load fails the start with its cause, and is asked again', async () => {
    const here = stage();
    const cause = new SyntaxError('entry');
    here.executor.readiness.push(Promise.reject(cause));
    const both = [here.alice.start(plain, 1), here.bob.start(plain, 1)];
    for (const start of both) {
      await expect(start).rejects.toMatchObject({ code: 'executor_failed', cause });
    }
    await nothingLeft(here);
    expect((await here.alice.start(plain, 1)).status).toBe('running');
    await here.alice.start(plain, 2);
    expect(here.executor.readyCalls).toBe(2);
  });

  test('J3 an executor_failed of the executor passes as it is', async () => {
    const { alice, executor } = stage();
    const failed = new OffstageError('executor_failed', 'The entry cannot load.');
    executor.readiness.push(Promise.reject(failed));
    await expect(alice.start(plain, 1)).rejects.toBe(failed);
  });

  test('J3 an executor that throws when it is handed a job fails that job', async () => {
    const { alice, executor, errors } = stage();
    executor.run = () => {
      throw new Error('no place');
    };
    const job = await alice.start(plain, 1);
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'executor_failed' } });
    expect(errors).toHaveLength(1);
    expect(await alice.consume(job.id)).toBe(true);
  });
});

describe('limits', () => {
  test('J3 queue_full: as many may wait as maxQueued, and a free slot needs no place', async () => {
    const { alice, executor } = stage({ slots: 1, maxQueued: 0 });
    const first = await alice.start(plain, 1);
    expect(await codeOf(alice.start(plain, 2))).toBe('queue_full');
    executor.runOf(first.id).return();
    expect((await alice.start(plain, 3)).status).toBe('running');
  });

  test('J3 queue_full: an owner may have maxActivePerOwner, others are not affected', async () => {
    const { alice, bob, executor } = stage({ slots: 1, maxActivePerOwner: 2 });
    const first = await alice.start(plain, 1);
    await alice.start(plain, 2);
    expect(await codeOf(alice.start(plain, 3))).toBe('queue_full');
    await bob.start(plain, 1);
    executor.runOf(first.id).return();
    await alice.start(plain, 3);
  });

  test('J8 an executor without a bound runs 4 handlers at once, or as many as are wished', async () => {
    for (const [concurrency, running] of [
      [undefined, 4],
      [9, 9],
    ] as const) {
      const executor = new FakeExecutor(Number.POSITIVE_INFINITY);
      const manager = new JobManager({ executor, concurrency });
      const jobs = manager.forOwner('alice');
      for (let n = 0; n < 10; n += 1) await jobs.start(plain, n);
      expect(manager.activity()).toMatchObject({ running, queued: 10 - running });
    }
  });

  test('J8 at most concurrency handlers run, the rest in the order of their start', async () => {
    const { alice, bob, executor } = stage({ slots: 3, concurrency: 2 });
    for (let index = 0; index < 6; index += 1) {
      await (index % 2 === 0 ? alice : bob).start(plain, index);
    }
    for (let index = 0; index < 6; index += 1) executor.runs[index]?.return();
    expect(executor.runs.map(({ task }) => task.input)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(executor.mostAtOnce).toBe(2);
  });

  test('J8 a canceled queued job leaves the queue at once', async () => {
    const { alice, executor } = stage({ slots: 1, maxQueued: 1 });
    const first = await alice.start(plain, 1);
    const second = await alice.start(plain, 2);
    await alice.cancel(second.id);
    const third = await alice.start(plain, 3);
    executor.runOf(first.id).return();
    expect(executor.runs.map(({ task }) => task.jobId)).toEqual([first.id, third.id]);
  });

  test('J8 a slot is held until the discard of its job has run', async () => {
    const { alice, executor } = stage({ slots: 1 });
    executor.holdDiscards = true;
    const first = await alice.start(tidy, 1);
    await alice.start(tidy, 2);
    executor.runOf(first.id).throw();
    await settle();
    expect(executor.runs).toHaveLength(1);
    executor.discards[0]?.finish();
    await settle();
    expect(executor.runs).toHaveLength(2);
  });

  test('J8 a job that a listener starts does not overtake the one that is handed over', async () => {
    const { manager, alice, bob, executor } = stage({ slots: 2 });
    const off = manager.on('started', () => {
      off();
      void bob.start(plain, 2);
    });
    await bob.start(tidy, 0).then((job) => executor.runOf(job.id).return());
    await alice.start(plain, 1);
    expect(executor.runs.map(({ task }) => task.input)).toEqual([0, 2, 1]);
  });
});

describe('exclusivity', () => {
  test('J7 a key admits one queued or running job across all owners', async () => {
    const { alice, bob, executor } = stage({ slots: 1 });
    const running = await alice.start(plain, 1, { exclusivityKey: 'a' });
    const queued = await alice.start(plain, 2, { exclusivityKey: 'b' });
    expect(await codeOf(bob.start(plain, 3, { exclusivityKey: 'a' }))).toBe('conflict');
    expect(await codeOf(bob.start(plain, 3, { exclusivityKey: 'b' }))).toBe('conflict');
    await alice.cancel(queued.id);
    executor.runOf(running.id).return();
    await bob.start(plain, 3, { exclusivityKey: 'a' });
    await bob.start(plain, 3, { exclusivityKey: 'b' });
  });

  test('J7 J4 a conflict names the key and nothing of its holder', async () => {
    const { alice, bob } = stage();
    await alice.start(plain, 1, { exclusivityKey: 'corpus' });
    const error: unknown = await bob
      .start(plain, 1, { exclusivityKey: 'corpus' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'conflict', details: { exclusivityKey: 'corpus' } });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/alice|id-1/);
  });

  test('J6 J7 a handler that ignores its signal keeps its key and its slot', async () => {
    const { alice, executor } = stage({ slots: 1 });
    const job = await alice.start(plain, 1, { exclusivityKey: 'k' });
    await alice.cancel(job.id);
    await alice.start(plain, 2);
    expect(await codeOf(alice.start(plain, 3, { exclusivityKey: 'k' }))).toBe('conflict');
    expect(await alice.get(job.id)).toMatchObject({ status: 'running', cancelRequested: true });
    expect(executor.runs).toHaveLength(1);
    executor.runOf(job.id).obey();
    await alice.start(plain, 3, { exclusivityKey: 'k' });
    expect(executor.runs).toHaveLength(2);
  });

  test('J7 J9 a key is free when the wait ends, or when the discard has run', async () => {
    const { alice, executor } = stage();
    executor.holdDiscards = true;
    const kept = await alice.start(tidy, 1, { exclusivityKey: 'k' });
    executor.runOf(kept.id).throw();
    await alice.wait(kept.id);
    expect(await codeOf(alice.start(tidy, 2, { exclusivityKey: 'k' }))).toBe('conflict');
    executor.discards[0]?.finish();
    await settle();
    const next = await alice.start(tidy, 2, { exclusivityKey: 'k' });
    executor.runOf(next.id).return();
    await alice.wait(next.id);
    await alice.start(tidy, 3, { exclusivityKey: 'k' });
  });

  test('J7 who hears of the end may take the key at once', async () => {
    const { manager, alice, executor } = stage();
    const job = await alice.start(plain, 1, { exclusivityKey: 'k' });
    let again: Promise<unknown> | undefined;
    manager.on('succeeded', () => {
      again ??= alice.start(plain, 2, { exclusivityKey: 'k' });
    });
    executor.runOf(job.id).return();
    expect(await again).toMatchObject({ status: 'running' });
  });
});

test('J2 types flow from the definition to start, wait, get and poll', async () => {
  const { alice, executor } = stage();
  const ingest = defineJob({
    name: 'ingest.plain',
    input: z.object({ uploads: z.array(z.string()) }),
    result: z.object({ version: z.string() }).transform(({ version }) => ({ version, n: 1 })),
    phases: ['save', 'index'],
  });
  // @ts-expect-error: uploads is a list.
  expect(await codeOf(alice.start(ingest, { uploads: 'a.pdf' }))).toBe('invalid_input');
  const job = await alice.start(ingest, { uploads: ['a.pdf'] });
  type Result = { version: string; n: number };
  type Phase = 'save' | 'index';
  expectTypeOf(job.id).toEqualTypeOf<JobId<Result, Phase>>();
  expectTypeOf(job.progress).toEqualTypeOf<ProgressEvent<Phase> | null>();
  executor.runOf(job.id).return({ version: 'v1' });
  const end = await alice.wait(job.id);
  if (end.status !== 'succeeded') throw new Error(end.status);
  expectTypeOf(end.result).toEqualTypeOf<Result>();
  expect(end.result).toEqual({ version: 'v1', n: 1 });
  const { events, job: polled } = await alice.poll(job.id);
  expectTypeOf(events).toEqualTypeOf<readonly ProgressEvent<Phase>[]>();
  if (polled?.status === 'succeeded') expectTypeOf(polled.result).toEqualTypeOf<Result>();
  const got = await alice.get(job.id as string);
  expectTypeOf(got?.result).toEqualTypeOf<unknown>();
});

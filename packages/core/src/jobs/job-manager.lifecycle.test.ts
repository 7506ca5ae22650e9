import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { deferred } from '../testing/deferred.ts';
import { memoryJournal } from '../testing/memory-journal.ts';
import { settle } from '../testing/simulated-clock.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import { defineJob } from './job-definition.ts';
import { again, codeOf, hasty, plain, stage, tidy } from './job-manager.test-support.ts';
import { JobManager } from './job-manager.ts';

const text = { version: 1, vendor: 'test' } as const;

describe('shutdown', () => {
  test.each([
    ['without a journal', {}],
    ['with one that is not to keep it', { journal: memoryJournal(), definitions: [again] }],
  ] as const)(
    'J14 A1 an attempt that had timed out and fails during it is not put back for another one, %s',
    async (_, options) => {
      const { manager, alice, executor, clock } = stage({ ...options });
      const { id } = await alice.start(again, 1);
      await settle();
      await clock.advance(1000);
      expect(executor.runOf(id).stops).toEqual(['timeout']);
      const waiting = alice.wait(id);
      const report = manager.shutdown({ keep: false });
      executor.runOf(id).throw();
      expect((await waiting).status).toBe('canceled');
      expect(await report).toEqual({ settled: 1, abandoned: 0 });
      expect([executor.runs.length, executor.discards.length]).toEqual([1, 1]);
    },
  );

  test('J14 closes admission, cancels everything, and reports when all have settled', async () => {
    const { manager, alice, bob, executor, clock } = stage({ slots: 1 });
    const running = await alice.start(plain, 1);
    const queued = await bob.start(plain, 2);
    const report = manager.shutdown();
    expect(await bob.get(queued.id)).toMatchObject({ status: 'canceled' });
    expect(await alice.get(running.id)).toMatchObject({ status: 'running', cancelRequested: true });
    expect(executor.runOf(running.id).stops).toEqual(['shutdown']);
    expect(await codeOf(alice.start(plain, 3))).toBe('manager_closed');
    expect(manager.activity().accepting).toBe(false);
    executor.runOf(running.id).obey();
    expect(await report).toEqual({ settled: 2, abandoned: 0 });
    expect(executor.shutdowns).toEqual([0]);
    expect(executor.runs).toHaveLength(1);
    await clock.advance(5000);
    expect(await alice.get(running.id)).toMatchObject({ status: 'canceled' });
  });

  test('J14 after the grace the rest is marked canceled, and what it returns is dropped', async () => {
    const { manager, alice, executor, clock, news, errors } = stage();
    const job = await alice.start(tidy, 1, { exclusivityKey: 'k' });
    const waiting = alice.wait(job.id);
    const report = manager.shutdown({ graceMs: 100 });
    await clock.advance(99);
    expect(executor.shutdowns).toEqual([]);
    await clock.advance(1);
    expect(await report).toEqual({ settled: 0, abandoned: 1 });
    expect(await waiting).toMatchObject({ status: 'canceled', cancelRequested: true });
    expect(await alice.consume(job.id)).toBe(false);
    expect(executor.discards).toEqual([]);
    executor.runOf(job.id).report('late');
    executor.runOf(job.id).return('late');
    await settle();
    expect(await alice.get(job.id)).toMatchObject({ status: 'canceled', progress: null });
    expect(executor.discards).toMatchObject([{ task: { outcome: { status: 'canceled' } } }]);
    expect(news).toEqual([`started ${job.id}`, `canceled ${job.id}`]);
    expect(errors).toEqual([]);
    expect(await alice.consume(job.id)).toBe(true);
  });

  test('J14 what an abandoned handler throws later is dropped too', async () => {
    const { manager, alice, executor, clock, errors } = stage();
    const job = await alice.start(plain, 1);
    const report = manager.shutdown({ graceMs: 0 });
    await clock.advance(0);
    expect(await report).toEqual({ settled: 0, abandoned: 1 });
    executor.runOf(job.id).throw();
    expect(errors).toEqual([]);
    expect(await alice.get(job.id)).toMatchObject({ status: 'canceled' });
    expect(manager.activity()).toMatchObject({ running: 0 });
  });

  test('J14 is idempotent', async () => {
    const { manager, executor } = stage();
    const first = manager.shutdown();
    expect(manager.shutdown({ graceMs: 1 })).toBe(first);
    expect(await first).toEqual({ settled: 0, abandoned: 0 });
    await manager.shutdown();
    expect(executor.shutdowns).toEqual([0]);
  });

  test('J14 a bad graceMs is refused and nothing is shut down', async () => {
    const { manager, alice } = stage();
    for (const graceMs of [-1, Number.NaN, '5' as unknown as number]) {
      expect(await codeOf(manager.shutdown({ graceMs }))).toBe('invalid_option');
    }
    await alice.start(plain, 1);
  });

  test('J14 waits for discards within the grace', async () => {
    const { manager, alice, executor, clock } = stage({ slots: 1 });
    executor.holdDiscards = true;
    await alice.start(tidy, 1);
    await alice.start(tidy, 2);
    const report = manager.shutdown({ graceMs: 100 });
    executor.runs[0]?.obey();
    await clock.advance(50);
    expect(executor.shutdowns).toEqual([]);
    for (const discard of executor.discards) discard.finish();
    expect(await report).toEqual({ settled: 2, abandoned: 0 });
  });

  test('F5 J9 the discard of a job that was given up while its schema answers runs at once, and once', async () => {
    const answers = deferred<{ readonly value: string }>();
    const slow = { ...text, validate: () => answers.promise };
    const definition = defineJob({
      name: 'tidy',
      input: z.number(),
      result: { '~standard': slow },
      phases: ['work'],
    });
    const { manager, alice, executor, clock } = stage();
    const job = await alice.start(definition, 1);
    executor.runOf(job.id).return('late');
    const report = manager.shutdown({ graceMs: 100 });
    await clock.advance(100);
    expect(await report).toEqual({ settled: 0, abandoned: 1 });
    expect(executor.discards).toMatchObject([{ task: { jobId: job.id } }]);
    answers.resolve({ value: 'late' });
    await settle();
    expect(executor.discards).toHaveLength(1);
    expect(await alice.consume(job.id)).toBe(true);
  });

  test('F5 the executor of these tests refuses what real ones refuse', async () => {
    const { manager, alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).return();
    await manager.shutdown();
    const task = {
      jobId: 'late',
      name: 'tidy',
      input: 1,
      outcome: { status: 'canceled' },
    } as const;
    expect(await codeOf(executor.discard(task))).toBe('executor_failed');
  });

  test('J14 a discard that is still at work after the grace is no handler that was abandoned', async () => {
    const { manager, alice, executor, clock, news } = stage();
    executor.holdDiscards = true;
    const job = await alice.start(tidy, 1);
    executor.runOf(job.id).obey();
    const report = manager.shutdown({ graceMs: 100 });
    await clock.advance(100);
    expect(await report).toEqual({ settled: 1, abandoned: 0 });
    expect(news).toEqual([`started ${job.id}`, `canceled ${job.id}`]);
  });

  test('J14 an executor that cannot end is reported', async () => {
    const { manager, executor, errors } = stage();
    const error = new Error('stuck');
    executor.shutdown = () => Promise.reject(error);
    expect(await manager.shutdown()).toEqual({ settled: 0, abandoned: 0 });
    expect(errors).toMatchObject([{ error }]);
  });

  test('J14 nothing is left that keeps the process alive', async () => {
    const { manager, alice, executor, clock } = stage({ ttlMs: Number.POSITIVE_INFINITY });
    const job = await alice.start(hasty, 1);
    const report = manager.shutdown();
    executor.runOf(job.id).obey();
    await report;
    expect(clock.pending).toBe(0);
  });
});

describe('activity', () => {
  test('J15 jobs, leases and maintenance in one look; an owner sees its own jobs counted', async () => {
    const { manager, alice, bob } = stage({ slots: 1 });
    await alice.start(plain, 1);
    await bob.start(plain, 2);
    using _lease = manager.enterForeground();
    const common = { foregroundLeases: 1, maintenance: false, accepting: true };
    expect(manager.activity()).toEqual({ queued: 1, running: 1, ...common });
    expect(await alice.activity()).toEqual({ queued: 0, running: 1, ...common });
    expect(await bob.activity()).toEqual({ queued: 1, running: 0, ...common });
    expect(await manager.forOwner('carol').activity()).toEqual({
      queued: 0,
      running: 0,
      ...common,
    });
  });

  test('J15 maintenance is refused while a job is queued, runs, or is being discarded', async () => {
    const { manager, alice, executor } = stage({ slots: 1 });
    const refused = expect.objectContaining({ code: 'conflict' });
    executor.holdDiscards = true;
    const job = await alice.start(tidy, 1);
    expect(() => manager.enterMaintenance()).toThrow(refused);
    executor.runOf(job.id).throw();
    expect(manager.activity()).toMatchObject({ queued: 0, running: 1 });
    expect(() => manager.enterMaintenance()).toThrow(refused);
    executor.discards[0]?.finish();
    await settle();
    expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
    manager.enterMaintenance().release();
  });

  test('J15 while maintenance is held new jobs and leases are refused, and nothing is left', async () => {
    const { manager, alice, executor } = stage();
    {
      using _maintenance = manager.enterMaintenance();
      expect(await alice.activity()).toMatchObject({ maintenance: true, accepting: false });
      expect(await codeOf(alice.start(plain, 1, { exclusivityKey: 'k' }))).toBe('admission_paused');
      expect(() => manager.enterForeground()).toThrow(
        expect.objectContaining({ code: 'admission_paused' }),
      );
    }
    expect(executor.runs).toEqual([]);
    await alice.start(plain, 1, { exclusivityKey: 'k' });
  });
});

describe('events', () => {
  test('J16 tells the life of every job of all owners, until it is unsubscribed', async () => {
    const { manager, alice, bob, executor } = stage({ slots: 3 });
    const heard: string[] = [];
    const offs = (['started', 'succeeded', 'failed', 'canceled'] as const).map((name) =>
      manager.on(name, ({ owner, job }) => heard.push(`${name} ${owner} ${job.status}`)),
    );
    const [a, b] = await Promise.all([alice.start(plain, 1), bob.start(plain, 2)]);
    executor.runOf(a.id).throw();
    executor.runOf(b.id).return();
    expect(heard).toEqual([
      'started alice running',
      'started bob running',
      'failed alice failed',
      'succeeded bob succeeded',
    ]);
    for (const off of offs) off();
    await alice.start(plain, 3);
    expect(heard).toHaveLength(4);
  });

  test('J16 progress comes with its event and the view that holds it', async () => {
    const { manager, alice, executor } = stage();
    const job = await alice.start(plain, 1);
    const heard: unknown[] = [];
    manager.on('progress', ({ event, job: view }) => heard.push(event, view.progress));
    executor.runOf(job.id).report('half');
    expect(heard).toMatchObject([{ message: 'half' }, { message: 'half' }]);
    expect(heard[0]).toBe(heard[1]);
  });

  test('J16 a listener that throws or rejects is reported and harms neither job nor listeners', async () => {
    const { manager, alice, executor, errors } = stage();
    const heard: string[] = [];
    manager.on('started', () => {
      throw new Error('sync');
    });
    manager.on('started', async () => {
      throw new Error('async');
    });
    manager.on('started', () => heard.push('started'));
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).return();
    await settle();
    expect(heard).toEqual(['started']);
    expect(await alice.get(job.id)).toMatchObject({ status: 'succeeded' });
    expect(errors.map(({ error }) => (error as Error).message)).toEqual(['sync', 'async']);
  });

  test('J16 an error listener that throws ends the matter', async () => {
    const { manager, alice, executor, errors } = stage();
    manager.on('error', () => {
      throw new Error('log is full');
    });
    manager.on('error', async () => {
      throw new Error('log is full');
    });
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).throw();
    await settle();
    expect(errors).toHaveLength(1);
    expect(await alice.get(job.id)).toMatchObject({ status: 'failed' });
  });

  test('J16 an error that nobody listens for is printed, with its reference', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => print.mockRestore());
    const executor = new FakeExecutor();
    const alice = new JobManager({ executor }).forOwner('alice');
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).throw();
    const { failure } = await alice.wait(job.id);
    expect(print).toHaveBeenCalledExactlyOnceWith(
      'Offstage:',
      expect.objectContaining({ reference: failure?.reference, error: expect.any(Error) }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { JobCanceledError, OffstageError, PublicError } from '../foundation/errors.ts';
import { settle } from '../testing/simulated-clock.ts';
import type { DiscardTask } from './job-executor.ts';
import { codeOf, hasty, plain, stage, tidy } from './job-manager.test-support.ts';

describe('cancel', () => {
  test('J5 a running job is asked to stop, says so at once, and ends canceled', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    const run = executor.runOf(job.id);
    expect(await alice.cancel(job.id)).toBe(true);
    expect(run.stops).toEqual(['canceled']);
    expect(await alice.get(job.id)).toMatchObject({ status: 'running', cancelRequested: true });
    expect(await alice.cancel(job.id)).toBe(true);
    expect(run.stops).toEqual(['canceled']);
    run.obey();
    expect(await alice.get(job.id)).toMatchObject({ status: 'canceled', cancelRequested: true });
    expect(await alice.cancel(job.id)).toBe(false);
  });

  test('J5 a queued job is canceled without its handler ever running', async () => {
    const { alice, executor, news } = stage({ slots: 1 });
    const first = await alice.start(plain, 1);
    const second = await alice.start(plain, 2);
    expect(await alice.cancel(second.id)).toBe(true);
    expect(await alice.get(second.id)).toMatchObject({ status: 'canceled', startedAt: null });
    executor.runOf(first.id).return();
    expect(executor.runs).toHaveLength(1);
    expect(news).toEqual([`started ${first.id}`, `canceled ${second.id}`, `succeeded ${first.id}`]);
  });

  test('J5 success wins over a late cancel', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    await alice.cancel(job.id);
    executor.runOf(job.id).return('made it');
    expect(await alice.wait(job.id)).toMatchObject({
      status: 'succeeded',
      result: 'made it',
      cancelRequested: true,
    });
  });

  test('J5 a late cancel does not undo a success', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).return();
    const end = await alice.get(job.id);
    expect(await alice.cancel(job.id)).toBe(false);
    expect(await alice.get(job.id)).toBe(end);
  });

  test('J5 an error after a cancel is an error', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    await alice.cancel(job.id);
    executor.runOf(job.id).throw(new RangeError('disk'));
    expect(await alice.wait(job.id)).toMatchObject({ status: 'failed' });
  });

  test('J5 a handler may stop by itself', async () => {
    const { alice, executor, errors } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).obey();
    expect(await alice.wait(job.id)).toMatchObject({ status: 'canceled', cancelRequested: false });
    expect(errors).toEqual([]);
  });

  test('J5 a cancel while a job is handed over reaches its handler', async () => {
    const { manager, alice, executor } = stage();
    manager.on('started', ({ job }) => void alice.cancel(job.id));
    const job = await alice.start(plain, 1);
    expect(executor.runOf(job.id).stops).toEqual(['canceled']);
    expect(job.cancelRequested).toBe(true);
  });

  test('J5 a handler that settles twice is heard once', async () => {
    const { manager, alice, executor, news } = stage();
    const job = await alice.start(plain, 1);
    const run = executor.runOf(job.id);
    run.return('first');
    run.throw();
    run.report('late');
    run.drop();
    expect(await alice.get(job.id)).toMatchObject({ status: 'succeeded', result: 'first' });
    expect(news).toEqual([`started ${job.id}`, `succeeded ${job.id}`]);
    expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
    for (const input of [1, 2, 3]) await alice.start(plain, input);
    expect(executor.mostAtOnce).toBe(2);
  });
});

describe('timeout', () => {
  test('J6 timeoutMs asks to stop, and the job ends failed with code timeout', async () => {
    const { alice, executor, clock, errors } = stage();
    const job = await alice.start(hasty, 1);
    const run = executor.runOf(job.id);
    await clock.advance(999);
    expect(run.stops).toEqual([]);
    await clock.advance(1);
    expect(run.stops).toEqual(['timeout']);
    expect(await alice.get(job.id)).toMatchObject({ status: 'running', cancelRequested: true });
    run.obey();
    const end = await alice.wait(job.id);
    expect(end).toMatchObject({ status: 'failed', failure: { code: 'timeout' } });
    expect(errors).toMatchObject([{ reference: end.failure?.reference, jobId: job.id }]);
    expect(JobCanceledError.isInstance(errors[0]?.error)).toBe(true);
  });

  test('J6 the time counts from the start of running', async () => {
    const { alice, executor, clock } = stage({ slots: 1 });
    const first = await alice.start(plain, 1);
    const second = await alice.start(hasty, 2);
    await clock.advance(5000);
    executor.runOf(first.id).return();
    await clock.advance(999);
    expect(executor.runOf(second.id).stops).toEqual([]);
    await clock.advance(1);
    expect(executor.runOf(second.id).stops).toEqual(['timeout']);
  });

  test('J6 a result after the timeout succeeds', async () => {
    const { alice, executor, clock } = stage();
    const job = await alice.start(hasty, 1);
    await clock.advance(1000);
    executor.runOf(job.id).return();
    expect(await alice.wait(job.id)).toMatchObject({ status: 'succeeded' });
  });

  test('J6 the first reason stays', async () => {
    const { alice, executor, clock } = stage();
    const job = await alice.start(hasty, 1);
    await alice.cancel(job.id);
    await clock.advance(1000);
    expect(executor.runOf(job.id).stops).toEqual(['canceled']);
    executor.runOf(job.id).obey();
    expect(await alice.wait(job.id)).toMatchObject({ status: 'canceled' });
  });

  test('J6 the timer goes with the job', async () => {
    const { alice, executor, clock } = stage({ ttlMs: Number.POSITIVE_INFINITY });
    const job = await alice.start(hasty, 1);
    expect(clock.pending).toBe(1);
    executor.runOf(job.id).return();
    expect(clock.pending).toBe(0);
  });
});

describe('results and failures', () => {
  test('J2 a result off its schema fails the job, and its issues go to the log alone', async () => {
    const { alice, executor, errors } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).return({ secret: 1 });
    const end = await alice.wait(job.id);
    expect(end).toMatchObject({ status: 'failed', failure: { code: 'invalid_result' } });
    expect(end.failure?.message).not.toContain('string');
    expect(errors[0]?.reference).toBe(end.failure?.reference);
    expect(String(errors[0]?.error)).toContain('expected string');
  });

  test('J10 result or failure come with the terminal status, in one view', async () => {
    const { manager, alice, executor } = stage();
    const seen: string[] = [];
    const complete = (job: { status: string; result: unknown; failure: unknown }): boolean =>
      (job.result !== undefined) === (job.status === 'succeeded') &&
      (job.failure !== undefined) === (job.status === 'failed');
    for (const name of ['started', 'succeeded', 'failed', 'canceled'] as const) {
      manager.on(name, ({ job }) => {
        if (complete(job) && Object.isFrozen(job)) seen.push(job.status);
      });
    }
    const jobs = [1, 2].map(() => alice.start(plain, 1));
    const [one, two] = await Promise.all(jobs);
    executor.runOf(one?.id ?? '').return();
    executor.runOf(two?.id ?? '').throw();
    expect(seen).toEqual(['running', 'running', 'succeeded', 'failed']);
  });

  test('J10 a view is the same object until something changes', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    expect(await alice.get(job.id)).toBe(job);
    expect((await alice.poll(job.id)).job).toBe(job);
    executor.runOf(job.id).report();
    const reported = await alice.get(job.id);
    expect(reported).not.toBe(job);
    expect((await alice.list())[0]).toBe(reported);
    expect(job.progress).toBe(null);
  });

  test('J11 of an unknown error the class and a reference are shown; the log has all of it', async () => {
    const { alice, executor, errors } = stage();
    const error = new TypeError('cannot read /srv/app/.env');
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).throw(error);
    const end = await alice.wait(job.id);
    const reference = end.failure?.reference ?? '';
    expect(end.failure).toEqual({
      code: 'handler_failed',
      message: `TypeError (reference ${reference})`,
      reference,
    });
    expect(errors).toEqual([
      { error, reference, jobId: job.id, name: 'work.plain', owner: 'alice' },
    ]);
  });

  test('J11 a PublicError is shown, and in the log too', async () => {
    const { alice, executor, errors } = stage();
    const error = new PublicError('no_documents', 'None of the files could be read.');
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).throw(error);
    expect((await alice.wait(job.id)).failure).toMatchObject({
      code: 'no_documents',
      message: 'None of the files could be read.',
    });
    expect(errors[0]?.error).toBe(error);
  });

  test('J11 W4 an error of the executor has a code and a fixed text', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).throw(new OffstageError('worker_crashed', 'exit at /srv/x'));
    expect((await alice.wait(job.id)).failure).toMatchObject({
      code: 'worker_crashed',
      message: 'The thread that ran the job ended unexpectedly.',
    });
  });
});

describe('discard', () => {
  const outcomes = (discards: readonly { readonly task: DiscardTask }[]) =>
    discards.map(({ task }) => [task.jobId, task.input, task.outcome.status]);

  test('J9 runs once for every end but success, whether or not the handler ran', async () => {
    const { alice, executor } = stage({ slots: 3 });
    const jobs = await Promise.all([1, 2, 3, 4].map((input) => alice.start(tidy, input)));
    const [one, two, three, four] = jobs.map(({ id }) => id);
    await alice.cancel(four ?? '');
    executor.runOf(one ?? '').return();
    executor.runOf(two ?? '').throw();
    executor.runOf(three ?? '').obey();
    await settle();
    expect(outcomes(executor.discards)).toEqual([
      [four, 4, 'canceled'],
      [two, 2, 'failed'],
      [three, 3, 'canceled'],
    ]);
    expect(executor.discards[1]?.task.outcome).toEqual({
      status: 'failed',
      failure: (await alice.get(two ?? ''))?.failure,
    });
  });

  test('J9 a handler without a discard is not bothered', async () => {
    const { alice, executor } = stage();
    executor.runOf((await alice.start(plain, 1)).id).throw();
    await settle();
    expect(executor.discards).toEqual([]);
  });

  test('J9 J12 a canceled queued job is terminal at once; its key and itself wait for the discard', async () => {
    const { alice, executor } = stage({ slots: 1 });
    executor.holdDiscards = true;
    await alice.start(plain, 1);
    const job = await alice.start(tidy, 2, { exclusivityKey: 'k' });
    await alice.cancel(job.id);
    expect(await alice.get(job.id)).toMatchObject({ status: 'canceled' });
    expect(await alice.consume(job.id)).toBe(false);
    expect(await codeOf(alice.start(tidy, 3, { exclusivityKey: 'k' }))).toBe('conflict');
    executor.discards[0]?.finish();
    await settle();
    expect(await alice.consume(job.id)).toBe(true);
    await alice.start(tidy, 3, { exclusivityKey: 'k' });
  });

  test.each(['rejects', 'throws'])(
    'J9 a discard that %s is reported and changes nothing',
    async (how) => {
      const { alice, executor, errors } = stage();
      const error = new Error('disk');
      executor.discard = () => {
        if (how === 'throws') throw error;
        return Promise.reject(error);
      };
      const job = await alice.start(tidy, 1, { exclusivityKey: 'k' });
      executor.runOf(job.id).obey();
      await settle();
      expect(errors).toMatchObject([{ error, jobId: job.id, name: 'tidy', owner: 'alice' }]);
      expect(await alice.get(job.id)).toMatchObject({ status: 'canceled' });
      await alice.start(tidy, 2, { exclusivityKey: 'k' });
      expect(await alice.consume(job.id)).toBe(true);
    },
  );
});

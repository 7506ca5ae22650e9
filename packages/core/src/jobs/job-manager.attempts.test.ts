import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  NonRetriableError,
  OffstageError,
  PublicError,
  RetryAfterError,
} from '../foundation/errors.ts';
import { defineJob } from './job-definition.ts';
import { codeOf, plain, stage } from './job-manager.test-support.ts';

const shape = { input: z.number(), result: z.string(), phases: ['prepare', 'work'] } as const;
const retry = { attempts: 3, delayMs: 1000, factor: 2, maxDelayMs: 1500 } as const;
const flaky = defineJob({ name: 'flaky.plain', ...shape, retry });
const tidyFlaky = defineJob({ name: 'flaky', ...shape, retry });
const hastyFlaky = defineJob({ name: 'hasty.plain', ...shape, retry, timeoutMs: 100 });

const half = { random: () => 0.5 };

describe('attempts', () => {
  test('A1 a failed attempt puts the job back, with its failure and its time, and the job ends once', async () => {
    const { alice, executor, clock, news } = stage(half);
    const { id } = await alice.start(flaky, 1, { exclusivityKey: 'k' });
    const ended = alice.wait(id);
    executor.runOf(id).throw(new PublicError('busy', 'The archive is busy.'));
    expect(await alice.get(id)).toMatchObject({
      status: 'queued',
      attempt: 2,
      maxAttempts: 3,
      availableAt: clock.now() + 500,
      lastFailure: { code: 'busy', message: 'The archive is busy.' },
      endedAt: null,
    });
    expect(await codeOf(alice.start(plain, 1, { exclusivityKey: 'k' }))).toBe('conflict');
    await clock.advance(499);
    expect(executor.runs).toHaveLength(1);
    await clock.advance(1);
    expect(executor.runOf(id).task.attempt).toBe(2);
    expect(await alice.get(id)).toMatchObject({ status: 'running', availableAt: null });
    executor.runOf(id).return('done');
    expect(await ended).toMatchObject({ status: 'succeeded', attempt: 2, result: 'done' });
    expect(news).toEqual([`started ${id}`, `retrying ${id}`, `started ${id}`, `succeeded ${id}`]);
    await alice.start(plain, 1, { exclusivityKey: 'k' });
  });

  test('A1 delays grow by the factor up to the longest, and the last attempt is final', async () => {
    const { alice, executor, clock } = stage({ random: () => 0.999 });
    const { id } = await alice.start(flaky, 1);
    executor.runOf(id).throw();
    expect((await alice.get(id))?.availableAt).toBe(clock.now() + 999);
    await clock.advance(1000);
    executor.runOf(id).throw();
    expect((await alice.get(id))?.availableAt).toBe(clock.now() + 1499);
    await clock.advance(1500);
    executor.runOf(id).throw();
    expect(await alice.get(id)).toMatchObject({ status: 'failed', attempt: 3 });
    await clock.advance(10_000);
    expect(executor.runs).toHaveLength(3);
  });

  test('A1 a timeout counts for each attempt, and is a failure that another one may mend', async () => {
    const { alice, executor, clock } = stage(half);
    const { id } = await alice.start(hastyFlaky, 1);
    await clock.advance(100);
    expect(executor.runOf(id).stops).toEqual(['timeout']);
    executor.runOf(id).obey();
    expect(await alice.get(id)).toMatchObject({
      status: 'queued',
      cancelRequested: false,
      lastFailure: { code: 'timeout' },
    });
    await clock.advance(500);
    await clock.advance(99);
    expect(executor.runOf(id).stops).toEqual([]);
    executor.runOf(id).return('in time');
    expect(await alice.get(id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  test('A1 J9 discard runs once, at the end, whatever attempts came before', async () => {
    const { alice, executor, clock } = stage(half);
    const { id } = await alice.start(tidyFlaky, 1);
    for (const waitMs of [500, 750, 0]) {
      expect(executor.discards).toEqual([]);
      executor.runOf(id).throw();
      await clock.advance(waitMs);
    }
    expect(executor.discards.map(({ task }) => task.outcome.status)).toEqual(['failed']);
  });

  test('A2 what no other attempt would mend is final', async () => {
    const { alice, executor } = stage(half);
    const finals = [
      new NonRetriableError('closed', { cause: new PublicError('closed', 'It is closed.') }),
      new OffstageError('not_serializable', 'x'),
      new OffstageError('lock_unsupported', 'Locks of /private/folder are not to be had.'),
    ];
    for (const error of finals) {
      const { id } = await alice.start(flaky, 1);
      executor.runOf(id).throw(error);
      expect(await alice.get(id)).toMatchObject({ status: 'failed', attempt: 1 });
    }
    const { id } = await alice.start(flaky, 1);
    executor.runOf(id).return(7);
    expect(await alice.get(id)).toMatchObject({ failure: { code: 'invalid_result' } });
    const [, locks, , first] = await alice.list();
    expect(locks?.failure).toMatchObject({
      code: 'lock_unsupported',
      message: expect.not.stringContaining('/private'),
    });
    expect(first?.failure).toMatchObject({ code: 'closed', message: 'It is closed.' });
  });

  test('A2 a RetryAfterError sets the delay itself', async () => {
    const { alice, executor, clock } = stage(half);
    const { id } = await alice.start(flaky, 1);
    executor.runOf(id).throw(new RetryAfterError('busy', { afterMs: 86_400_000 }));
    expect((await alice.get(id))?.availableAt).toBe(clock.now() + 86_400_000);
    await clock.advance(86_400_000);
    expect(executor.runs).toHaveLength(2);
  });

  test('A2 a RetryAfterError of a year, or of no time at all, says what to do', () => {
    for (const afterMs of [31_536_000_000, -1, Number.NaN, Infinity]) {
      expect(() => new RetryAfterError('x', { afterMs })).toThrow(/NonRetriableError/);
    }
  });

  test('A2 a cancel is final, however the handler ends', async () => {
    const { alice, executor } = stage(half);
    const { id } = await alice.start(flaky, 1);
    await alice.cancel(id);
    executor.runOf(id).throw();
    expect((await alice.get(id))?.status).toBe('failed');
  });

  test('A3 numbers of events go on over attempts, and a late attempt reaches nothing', async () => {
    const { alice, executor, clock, news } = stage(half);
    const { id } = await alice.start(flaky, 1);
    const first = executor.runOf(id);
    first.report();
    first.report();
    first.throw();
    await clock.advance(500);
    first.report('late');
    first.drop();
    first.return('late');
    await expect(first.save('late')).rejects.toMatchObject({ code: 'canceled' });
    executor.runOf(id).report();
    const { events, job } = await alice.poll(id);
    expect(events.map(({ seq, attempt }) => [seq, attempt])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
    expect(job).toMatchObject({ status: 'running', droppedReports: 0 });
    expect(news.filter((each) => each.startsWith('succeeded'))).toEqual([]);
  });

  test('A4 a cancel between attempts ends the job at once, and nothing runs later', async () => {
    const { alice, executor, clock, manager } = stage(half);
    const { id } = await alice.start(tidyFlaky, 1);
    executor.runOf(id).throw();
    await clock.advance(0);
    expect(await alice.cancel(id)).toBe(true);
    expect((await alice.get(id))?.status).toBe('canceled');
    await clock.advance(10_000);
    expect(executor.runs).toHaveLength(1);
    expect(executor.discards).toHaveLength(1);
    expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
  });

  test('A1 a slot is free between attempts', async () => {
    const { alice, executor } = stage({ ...half, slots: 1 });
    const { id } = await alice.start(flaky, 1);
    const other = await alice.start(plain, 1);
    executor.runOf(id).throw();
    expect((await alice.get(other.id))?.status).toBe('running');
  });

  test('A10 what an attempt saved is what the next one finds', async () => {
    const { alice, executor, clock } = stage(half);
    const { id } = await alice.start(flaky, 1);
    expect(executor.runOf(id).task.saved).toBeUndefined();
    await executor.runOf(id).save({ page: 1 });
    await executor.runOf(id).save({ page: 2 });
    executor.runOf(id).throw();
    await clock.advance(500);
    expect(executor.runOf(id).task.saved).toEqual({ page: 2 });
  });

  test('J14 a shutdown ends what waits for another attempt', async () => {
    const { alice, executor, clock, manager } = stage(half);
    const { id } = await alice.start(flaky, 1);
    executor.runOf(id).throw();
    await clock.advance(0);
    await manager.shutdown();
    expect((await alice.get(id))?.status).toBe('canceled');
  });
});

describe('retry', () => {
  test('A11 starts a new job with the input and the key of one that failed, and names it', async () => {
    const { alice, executor } = stage({ keepInputs: true });
    const { id } = await alice.start(plain, 7, { exclusivityKey: 'k', priority: 3 });
    executor.runOf(id).throw();
    const again = await alice.retry(id);
    expect(again).toMatchObject({ retryOf: id, attempt: 1, status: 'running' });
    expect(again.id).not.toBe(id);
    expect(executor.runOf(again.id).task.input).toBe(7);
    expect(await codeOf(alice.start(plain, 1, { exclusivityKey: 'k' }))).toBe('conflict');
  });

  test('A11 what is active, has succeeded or has lost its input is not_retriable; what is foreign is not_found', async () => {
    const kept = stage({ keepInputs: true });
    const { id } = await kept.alice.start(plain, 1);
    expect(await codeOf(kept.alice.retry(id))).toBe('not_retriable');
    expect(await codeOf(kept.bob.retry(id))).toBe('not_found');
    expect(await codeOf(kept.alice.retry('no such job'))).toBe('not_found');
    kept.executor.runOf(id).return();
    expect(await codeOf(kept.alice.retry(id))).toBe('not_retriable');
    const { alice, executor } = stage();
    const lost = await alice.start(plain, 1);
    executor.runOf(lost.id).throw();
    expect(await codeOf(alice.retry(lost.id))).toBe('not_retriable');
  });
});

describe('bad input', () => {
  const bad: readonly unknown[] = [
    3,
    null,
    {},
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: 1001 },
    { attempts: 3, delay: 5 },
    { attempts: 3, delayMs: Number.NaN },
    { attempts: 3, delayMs: -1 },
    { attempts: 3, delayMs: Infinity },
    { attempts: 3, factor: 0 },
    { attempts: 3, delayMs: 2000, maxDelayMs: 1000 },
  ];

  test.each(bad.map((each) => [each]))('A1 retry of %j is an invalid_definition', (given) => {
    const define = (): unknown => defineJob({ name: 'x', ...shape, retry: given as never });
    expect(define).toThrow(expect.objectContaining({ code: 'invalid_definition' }));
  });

  test('A1 W7 buffers cannot be moved away from a job that may be attempted again', async () => {
    const { alice } = stage();
    expect(await codeOf(alice.start(flaky, 1, { transfer: [] }))).toBe('invalid_option');
  });
});

import { OffstageError } from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { codeOf, executorOf, gate, start } from '../../fixtures/harness.ts';

describe('a thread that fails', () => {
  test.each([
    ['exit', { code: 0 }, { reason: 'exit', exitCode: 0 }],
    ['exit', { code: 3 }, { reason: 'exit', exitCode: 3 }],
    ['throwLate', {}, { reason: 'uncaught_exception' }],
    ['rejectUnhandled', {}, { reason: 'unhandled_rejection' }],
  ])('W4 %s %j fails its job alone, and the thread is replaced', async (name, input, details) => {
    await using served = executorOf('faults', { threads: 2 });
    const { executor, errors } = served;
    const other = start(executor, 'hold');
    await other.begun;
    const outcome = await start(executor, name, input).outcome;
    expect(codeOf(outcome)).toBe('worker_crashed');
    expect(outcome).toMatchObject({ error: { details } });
    expect(await start(executor, 'echo', 'next').outcome).toEqual({
      type: 'returned',
      value: 'next',
    });
    other.stop();
    expect(await other.outcome).toEqual({ type: 'stopped' });
    expect(errors).toEqual([]);
  });

  test('W4 W5 the crash carries the error that nobody caught', async () => {
    await using served = executorOf('faults');
    const outcome = await start(served.executor, 'throwLate').outcome;
    const cause = outcome.type === 'threw' && Reflect.get(Object(outcome.error), 'cause');
    expect(cause).toBeInstanceOf(TypeError);
    expect(cause).toMatchObject({ message: 'too late', field: 7 });
  });

  test('W4 a heap that is exhausted fails its job alone', async () => {
    await using served = executorOf('faults', {
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
    });
    const outcome = await start(served.executor, 'exhaustHeap').outcome;
    expect(codeOf(outcome)).toBe('worker_crashed');
    expect(outcome).toMatchObject({ error: { details: { reason: 'out_of_memory' } } });
    expect(await start(served.executor, 'echo', 1).outcome).toEqual({ type: 'returned', value: 1 });
  });

  test.each([
    ['never ends', 'worker_crashed'],
    ['throws', undefined],
  ])(
    'W4 a thread whose listener of its own exit %s is ended a second later, and replaced',
    async (input, code) => {
      const clock = simulatedClock();
      await using served = executorOf('faults', { clock });
      await served.executor.ready();
      const run = start(served.executor, 'exitRefused', input);
      const next = start(served.executor, 'echo', 'next');
      await expect.poll(() => clock.pending).toBe(1);
      await clock.advance(1000);
      expect(codeOf(await run.outcome)).toBe(code);
      expect(await next.outcome).toEqual({ type: 'returned', value: 'next' });
    },
  );

  test('W3 the newest progress survives the crash of its thread', async () => {
    await using served = executorOf('faults');
    const run = start(served.executor, 'reportAndExit', { reports: 5000 });
    expect(codeOf(await run.outcome)).toBe('worker_crashed');
    expect(run.events.at(-1)).toMatchObject({ seq: 5000, message: 'Page 5000' });
  });

  test.each(['timer', 'immediate', 'rejection', 'exit'])(
    'W4 what a former job left behind harms no later job: %s',
    async (what) => {
      await using served = executorOf('faults');
      const { executor, errors } = served;
      const { buffer, open } = gate();
      const before = await start(executor, 'threadId').outcome;
      expect(await start(executor, 'leave', { what, gate: buffer }).outcome).toEqual({
        type: 'returned',
        value: 'ended',
      });
      const later = start(executor, 'hold');
      await later.begun;
      open();
      await expect.poll(() => errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({
        code: 'worker_crashed',
        details: { jobId: 'job-leave', leftover: true },
      });
      later.stop();
      expect(await later.outcome).toEqual({ type: 'stopped' });
      // Its thread has had its day: the next job gets another.
      expect(await start(executor, 'threadId').outcome).not.toEqual(before);
      expect(errors).toHaveLength(1);
    },
  );

  test('W4 a leftover that fails while the next job is on its way harms it neither', async () => {
    await using served = executorOf('faults', { threads: 2 });
    const { executor, errors } = served;
    for (const what of ['timer', 'exit', 'rejection', 'immediate']) {
      for (let round = 0; round < 5; round++) {
        const { buffer, open } = gate();
        await start(executor, 'leave', { what, gate: buffer }).outcome;
        open();
        const runs = [1, 2, 3].map((input) => start(executor, 'echo', input).outcome);
        expect(await Promise.all(runs)).toEqual(
          [1, 2, 3].map((value) => ({ type: 'returned', value })),
        );
      }
    }
    // A thread may end for one leftover before the next on it has failed.
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error.details).toMatchObject({ leftover: true });
  });

  test.each([
    ['runs on another', [], { type: 'returned', value: 'late' }, 1],
    ['fails if its input has moved there', [new ArrayBuffer(8)], { type: 'threw' }, 0],
  ])('W4 a job whose thread dies before it begins %s', async (_, transfer, outcome, told) => {
    await using served = executorOf('faults');
    const { executor, errors } = served;
    await executor.ready();
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const ambush = new BroadcastChannel('ambush');
    ambush.postMessage(flags.buffer);
    await expect.poll(() => Atomics.load(flags, 0)).toBe(1);
    const run = start(executor, 'echo', 'late', { transfer });
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
    ambush.close();
    expect(await run.outcome).toMatchObject(outcome);
    expect(errors).toHaveLength(told);
    expect(await start(executor, 'echo', 1).outcome).toEqual({ type: 'returned', value: 1 });
  });

  test('W4 J9 a discard whose thread ends rejects, and the next one runs', async () => {
    await using served = executorOf('faults');
    const discard = () =>
      served.executor.discard({
        jobId: 'job-1',
        name: 'discardExits',
        input: {},
        outcome: { status: 'canceled' },
      });
    const results = await Promise.allSettled([discard(), discard()]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'worker_crashed' } });
    }
    expect(await start(served.executor, 'echo', 1).outcome).toEqual({ type: 'returned', value: 1 });
  });

  test('W4 many crashes at once: each job ends once, and none runs twice', async () => {
    await using served = executorOf('faults', { threads: 2 });
    const runs = Array.from({ length: 12 }, (_, i) =>
      i % 3 === 0
        ? start(served.executor, 'exit', { code: i }).outcome
        : start(served.executor, 'echo', i).outcome,
    );
    const outcomes = await Promise.all(runs);
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 3 === 0) {
        expect(outcome).toMatchObject({ error: { details: { reason: 'exit', exitCode: i } } });
      } else expect(outcome).toEqual({ type: 'returned', value: i });
    }
  });

  test('W1 serveJobs outside of loading is refused with a code', async () => {
    await using served = executorOf('faults');
    expect(codeOf(await start(served.executor, 'serveLate').outcome)).toBe('executor_failed');
    const { serveJobs } = await import('../thread/index.ts');
    expect(() => serveJobs([])).toThrow(OffstageError);
  });
});

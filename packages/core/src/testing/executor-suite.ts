import { PublicError, type StopReason } from '../foundation/errors.ts';
import type { JobExecutor } from '../jobs/job-executor.ts';
import { attemptTests } from './executor-suite-attempts.ts';
import { hostileTests } from './executor-suite-hostile.ts';
import { codeOf, codeOfRejection, discardOf, errorOf, start } from './executor-suite-kit.ts';
import type { SuiteRunner } from './suite-runner.ts';

export interface ExecutorSuiteOptions {
  /** Names the executor in the titles. */
  readonly name: string;
  /** A fresh executor of `executorSuiteHandlers`, with two places or some more. The suite ends it. */
  create(): JobExecutor | Promise<JobExecutor>;
  /** Values cross a thread or a process, so what structured clone refuses is refused. */
  readonly clones: boolean;
}

/**
 * The executable form of the `JobExecutor` port: what every executor does alike (A2, A3, A10, F1, F2, F5,
 * J5, J9, P2, P5, W1, W5, W6, W7).
 *
 * @example
 * executorSuite({ describe, test, expect }, {
 *   name: 'InlineExecutor',
 *   create: () => new InlineExecutor(executorSuiteHandlers, { concurrency: 4 }),
 *   clones: false,
 * });
 */
export function executorSuite(runner: SuiteRunner, options: ExecutorSuiteOptions): void {
  const { describe, expect } = runner;
  const test = (title: string, body: (executor: JobExecutor) => Promise<void>): void =>
    runner.test(title, async () => {
      const executor = await options.create();
      try {
        await executor.ready();
        await body(executor);
      } finally {
        await executor.shutdown({ graceMs: 0 });
      }
    });

  describe(`${options.name} as a JobExecutor`, () => {
    test('W1 knows its handlers once it is ready', async (executor) => {
      expect(executor.handler('suite.echo')).toEqual({ discards: false });
      expect(executor.handler('suite.discard')).toEqual({ discards: true });
      expect(executor.handler('suite.unknown')).toBe(undefined);
      expect(executor.concurrency >= 2).toBe(true);
    });

    test('W1 runs a handler with its context and says what it returned', async (executor) => {
      const run = start(executor, { name: 'suite.context', jobId: 'job-7', attempt: 2 });
      expect(await run.outcome).toEqual({
        type: 'returned',
        value: { jobId: 'job-7', attempt: 2, isSignal: true, aborted: false },
      });
    });

    test('W1 settles once, and never within run itself', async (executor) => {
      const run = start(executor, { name: 'suite.echo', input: 1 });
      expect(run.settledWithinRun).toBe(false);
      await run.outcome;
      run.stop('canceled');
      await start(executor, { name: 'suite.echo' }).outcome;
      expect(run.settlements).toBe(1);
    });

    test('W1 fails a run of a handler that it does not have', async (executor) => {
      const run = start(executor, { name: 'suite.unknown' });
      expect(run.settledWithinRun).toBe(false);
      expect(codeOf(await run.outcome)).toBe('unknown_definition');
      expect(await codeOfRejection(executor.discard(discardOf('suite.unknown', {})))).toBe(
        'unknown_definition',
      );
    });

    test('W1 runs as many handlers at once as it says', async (executor) => {
      const runs = Array.from({ length: executor.concurrency }, () =>
        start(executor, { name: 'suite.wait' }),
      );
      await Promise.all(runs.map((run) => run.firstProgress));
      for (const run of runs) run.stop('canceled');
      for (const run of runs) expect(await run.outcome).toEqual({ type: 'stopped' });
    });

    test('W7 carries what structured clone carries, both ways', async (executor) => {
      const cyclic: { self?: unknown } = {};
      cyclic.self = cyclic;
      const values: readonly unknown[] = [
        undefined,
        null,
        'text \ud83d\ude00',
        -0,
        12n,
        [1, undefined, 3],
        new Date(5),
        /x/gi,
        new Map<unknown, unknown>([[{ a: 1 }, new Set([1, 'b'])]]),
        new Uint8Array([1, 2, 3]),
        new Float64Array([0.5]).buffer,
        { nested: { deep: [{ deeper: true }] } },
        cyclic,
      ];
      for (const value of values) {
        const outcome = await start(executor, { name: 'suite.echo', input: value }).outcome;
        expect(outcome).toEqual({ type: 'returned', value });
      }
    });

    test('W7 moves transferables, both ways', async (executor) => {
      const buffer = new Uint8Array([1, 2, 3]).buffer;
      const run = start(executor, {
        name: 'suite.transfer',
        input: { buffer },
        transfer: [buffer],
      });
      const outcome = await run.outcome;
      if (options.clones) expect(buffer.byteLength).toBe(0);
      expect(outcome).toEqual({
        type: 'returned',
        value: { buffer: new Uint8Array([1, 2, 3]).buffer },
      });
    });

    if (options.clones) {
      test('W7 names the field that cannot be carried, in the input', async (executor) => {
        const input = { uploads: [{ name: 'a' }, { open: () => undefined }] };
        const run = start(executor, { name: 'suite.echo', input });
        expect(run.settledWithinRun).toBe(false);
        const error = errorOf(await run.outcome);
        expect(error).toMatchObject({
          code: 'not_serializable',
          details: { field: 'input.uploads[1].open' },
        });
        expect(await start(executor, { name: 'suite.echo', input: 2 }).outcome).toEqual({
          type: 'returned',
          value: 2,
        });
      });

      test('W7 names the field that cannot be carried, in the result', async (executor) => {
        const outcome = await start(executor, { name: 'suite.returnFunction' }).outcome;
        expect(errorOf(outcome)).toMatchObject({
          code: 'not_serializable',
          details: { field: 'result.files[0].open' },
        });
      });
    }

    test('W5 an error keeps its class, message, stack, cause and own fields', async (executor) => {
      const error = errorOf(await start(executor, { name: 'suite.throw' }).outcome);
      expect(error instanceof RangeError).toBe(true);
      expect(error).toMatchObject({
        name: 'RangeError',
        message: 'Nothing could be written.',
        code: 'E_WRITE',
        attempts: 3,
        files: ['a', 'b'],
      });
      expect(String(Reflect.get(Object(error), 'stack')).includes('executor-suite-handlers')).toBe(
        true,
      );
      const cause: unknown = Reflect.get(Object(error), 'cause');
      expect(cause instanceof TypeError).toBe(true);
      expect(cause).toMatchObject({ message: 'The disk is gone.', path: '/data' });
    });

    test('W5 a PublicError stays one', async (executor) => {
      const error = errorOf(await start(executor, { name: 'suite.throwPublic' }).outcome);
      expect(PublicError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({
        code: 'no_documents',
        message: 'None of the files could be read.',
      });
    });

    test('W5 an AggregateError keeps its errors, and a thrown value stays a value', async (executor) => {
      const many = errorOf(await start(executor, { name: 'suite.throwMany' }).outcome);
      expect(many instanceof AggregateError).toBe(true);
      expect(many).toMatchObject({ errors: [{ message: 'one' }, { message: 'two' }] });
      for (const input of ['text', undefined, null, 0, { plain: true }]) {
        const outcome = await start(executor, { name: 'suite.throwValue', input }).outcome;
        expect(outcome).toEqual({ type: 'threw', error: input });
      }
    });

    for (const reason of ['canceled', 'timeout', 'shutdown'] satisfies StopReason[]) {
      test(`J5 J6 a stop aborts the signal with its reason: ${reason}`, async (executor) => {
        const run = start(executor, { name: 'suite.stopReason' });
        await run.firstProgress;
        run.stop(reason);
        expect(await run.outcome).toEqual({
          type: 'returned',
          value: { same: true, isCancel: true, reason },
        });
      });
    }

    test('J5 a handler that obeys its signal has stopped', async (executor) => {
      for (const name of ['suite.wait', 'suite.abortError']) {
        const run = start(executor, { name });
        await run.firstProgress;
        run.stop('canceled');
        expect(await run.outcome).toEqual({ type: 'stopped' });
      }
    });

    test('J5 a stop right after the start reaches the handler', async (executor) => {
      const run = start(executor, { name: 'suite.wait' });
      run.stop('canceled');
      expect(await run.outcome).toEqual({ type: 'stopped' });
    });

    test('J5 the first reason wins', async (executor) => {
      const run = start(executor, { name: 'suite.stopReason' });
      run.stop('timeout');
      run.stop('canceled');
      expect(await run.outcome).toMatchObject({ type: 'returned', value: { reason: 'timeout' } });
    });

    test('J5 a result after a stop is a result', async (executor) => {
      const run = start(executor, { name: 'suite.succeedAnyway' });
      await run.firstProgress;
      run.stop('canceled');
      expect(await run.outcome).toEqual({ type: 'returned', value: 'published' });
    });

    test('J5 a handler may cancel itself', async (executor) => {
      const run = start(executor, { name: 'suite.cancelItself' });
      expect(await run.outcome).toEqual({ type: 'stopped' });
    });

    test('J5 a stop never reaches the next run', async (executor) => {
      const first = start(executor, { name: 'suite.wait' });
      await first.firstProgress;
      first.stop('canceled');
      await first.outcome;
      first.stop('canceled');
      for (let i = 0; i < 2 * executor.concurrency; i++) {
        const next = await start(executor, { name: 'suite.context' }).outcome;
        expect(next).toMatchObject({ type: 'returned', value: { aborted: false } });
      }
    });

    test('P2 P5 progress comes in order, numbered without holes, before the end', async (executor) => {
      const run = start(executor, { name: 'suite.report', input: { reports: 50 } });
      expect(await run.outcome).toEqual({ type: 'returned', value: 50 });
      expect(run.eventsAtSettlement).toBe(50);
      expect(run.events.map((event) => event.seq)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
      expect(run.events[49]).toMatchObject({ phase: 'work', percent: 100, message: 'Page 50' });
      expect(run.events.every((event) => Number.isFinite(event.at))).toBe(true);
    });

    test('P2 what is malformed is repaired, or dropped and counted', async (executor) => {
      const run = start(executor, { name: 'suite.malformed' });
      expect(await run.outcome).toEqual({ type: 'returned', value: undefined });
      expect(run.dropped).toBe(8);
      expect(
        run.events.map(({ seq, phase, percent, message }) => [seq, phase, percent, message]),
      ).toEqual([
        [1, 'prepare', null, ''],
        [2, 'work', 100, 'a b c'],
        [3, 'work', 0, 'x'.repeat(199)],
        [4, 'work', null, 'y'.repeat(200)],
        [5, 'work', null, ''],
        [6, 'finish', null, 'Grüße, 世界  !'],
      ]);
    });

    test('P1 P4 of a flood the newest is kept, in order', async (executor) => {
      const reports = 100_000;
      const run = start(executor, { name: 'suite.report', input: { reports } });
      expect(await run.outcome).toEqual({ type: 'returned', value: reports });
      const seqs = run.events.map((event) => event.seq);
      expect(seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] ?? 0))).toBe(true);
      expect(run.events.every((event) => event.message === `Page ${event.seq}`)).toBe(true);
      expect(run.events.at(-1)).toMatchObject({ seq: reports, percent: 100 });
    });

    test('P2 each run counts its own progress', async (executor) => {
      for (const reports of [3, 2, 0, 5]) {
        const run = start(executor, { name: 'suite.report', input: { reports } });
        await run.outcome;
        expect(run.events.map((event) => event.seq)).toEqual(
          Array.from({ length: reports }, (_, i) => i + 1),
        );
      }
    });

    test('P5 a report after the end is ignored', async (executor) => {
      const run = start(executor, { name: 'suite.reportLater' });
      await run.outcome;
      await start(executor, { name: 'suite.report', input: { reports: 1 } }).outcome;
      await start(executor, { name: 'suite.wait' }).stopAndWait();
      expect(run.events.map((event) => event.message)).toEqual(['in time']);
    });

    test('J9 discard runs once and gets the input', async (executor) => {
      const counter = new SharedArrayBuffer(4);
      await executor.discard(discardOf('suite.discard', { counter }));
      expect(new Int32Array(counter)[0]).toBe(1);
    });

    test('J9 a discard that fails says so', async (executor) => {
      const counter = new SharedArrayBuffer(4);
      const task = discardOf('suite.discard', { counter, fail: true });
      const error = await executor.discard(task).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ message: 'job-1 is still there.', status: 'canceled' });
      expect(new Int32Array(counter)[0]).toBe(1);
    });

    test('J9 a discard gets its turn while all places are taken', async (executor) => {
      const runs = Array.from({ length: executor.concurrency }, () =>
        start(executor, { name: 'suite.wait' }),
      );
      const counter = new SharedArrayBuffer(4);
      const discards = [1, 2, 3].map(() =>
        executor.discard(discardOf('suite.discard', { counter })),
      );
      for (const run of runs) await run.stopAndWait();
      await Promise.all(discards);
      expect(new Int32Array(counter)[0]).toBe(3);
    });

    test('W6 a shutdown lets what runs finish within the grace', async (executor) => {
      const run = start(executor, { name: 'suite.wait' });
      await run.firstProgress;
      const ended = executor.shutdown({ graceMs: 600_000 });
      run.stop('shutdown');
      expect(await run.outcome).toEqual({ type: 'stopped' });
      await ended;
    });

    test('W6 a shutdown cuts off what ignores its signal', async (executor) => {
      const run = start(executor, { name: 'suite.wait' });
      await run.firstProgress;
      const ended = [executor.shutdown({ graceMs: 0 }), executor.shutdown({ graceMs: 0 })];
      expect(codeOf(await run.outcome)).toBe('worker_crashed');
      await Promise.all(ended);
      expect(run.settlements).toBe(1);
    });

    test('F5 J9 a discard asked for as a shutdown cuts its run off runs when the handler is gone', async (executor) => {
      const counter = new SharedArrayBuffer(8);
      const cells = new Int32Array(counter);
      const task = discardOf('suite.discardLate', { counter });
      let onBegun = (): void => {};
      const begun = new Promise<void>((resolve) => {
        onBegun = resolve;
      });
      const discarded = new Promise<void>((resolve, reject) => {
        executor.run(
          { ...task, attempt: 1, progressCapacity: 10 },
          {
            progress: onBegun,
            dropped: () => {},
            saved: async () => {},
            settled: () => executor.discard(task).then(resolve, reject),
          },
        );
      });
      await begun;
      await executor.shutdown({ graceMs: 0 });
      Atomics.store(cells, 1, 1);
      await discarded;
      expect(cells[0]).toBe(1);
    });

    test('W6 after a shutdown nothing runs', async (executor) => {
      await executor.shutdown({ graceMs: 0 });
      expect(codeOf(await start(executor, { name: 'suite.echo' }).outcome)).toBe('executor_failed');
      const counter = new SharedArrayBuffer(4);
      expect(await codeOfRejection(executor.discard(discardOf('suite.discard', { counter })))).toBe(
        'executor_failed',
      );
    });

    attemptTests(test, expect);
    hostileTests(test, expect, options.clones);
  });
}

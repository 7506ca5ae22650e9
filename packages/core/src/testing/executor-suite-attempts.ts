import { NonRetriableError, PublicError, RetryAfterError } from '../foundation/errors.ts';
import type { JobExecutor } from '../jobs/job-executor.ts';
import { faultyStateCodes } from './executor-suite-handlers.ts';
import { errorOf, start } from './executor-suite-kit.ts';
import type { SuiteRunner } from './suite-runner.ts';

type ExecutorTest = (title: string, body: (executor: JobExecutor) => Promise<void>) => void;

/** What goes from one attempt of a job to the next, and what does not (A2, A3, A10). */
export function attemptTests(test: ExecutorTest, expect: SuiteRunner['expect']): void {
  test('A10 what is saved reaches the next attempt, as a copy', async (executor) => {
    const states = ['page 1', undefined, 0, [new Date(5), 7n], new Uint8Array([1, 2])];
    const first = start(executor, { name: 'suite.save', input: { states } });
    expect((await first.outcome).type).toBe('threw');
    expect(first.saves).toEqual([...states, { pages: [1] }]);
    const saved = first.saves.at(-1);
    for (const attempt of [2, 3]) {
      const next = start(executor, { name: 'suite.saved', attempt, saved });
      expect(await next.outcome).toEqual({ type: 'returned', value: { pages: [1] } });
    }
    expect(saved).toEqual({ pages: [1] });
  });

  test('A10 where nothing was saved the next attempt finds nothing', async (executor) => {
    const run = start(executor, { name: 'suite.saved', attempt: 2 });
    expect(await run.outcome).toEqual({ type: 'returned', value: undefined });
    expect(run.saves).toEqual([]);
  });

  test('A10 what a handler saves and does not wait for is kept before it ends', async (executor) => {
    const run = start(executor, { name: 'suite.saveAndThrow', input: { page: 3 } });
    expect((await run.outcome).type).toBe('threw');
    expect(run.saves).toEqual([{ page: 3 }]);
  });

  test('A10 W7 a state up to 256 KiB is kept whole', async (executor) => {
    const state = { text: 'x'.repeat(200_000), map: new Map([[1, new Set(['a'])]]) };
    const run = start(executor, { name: 'suite.save', input: { states: [state] } });
    await run.outcome;
    expect(run.saves[0]).toEqual(state);
  });

  test('A10 what is too large or cannot be cloned is a coded error in the handler', async (executor) => {
    for (const [state, code] of Object.entries(faultyStateCodes)) {
      const run = start(executor, { name: 'suite.saveFaulty', input: { state } });
      expect([state, await run.outcome]).toEqual([state, { type: 'returned', value: code }]);
      expect([state, run.saves]).toEqual([state, ['fine']]);
    }
  });

  test('A2 W5 NonRetriableError and RetryAfterError arrive as themselves', async (executor) => {
    const final = errorOf(await start(executor, { name: 'suite.throwFinal' }).outcome);
    expect(NonRetriableError.isInstance(final)).toBe(true);
    expect(RetryAfterError.isInstance(final)).toBe(false);
    expect(final).toMatchObject({ name: 'AccountClosedError', message: 'The account is closed.' });
    expect(PublicError.isInstance(Reflect.get(Object(final), 'cause'))).toBe(true);
    for (const afterMs of [0, 0.5, 2_592_000_000]) {
      const input = { afterMs };
      const later = errorOf(
        await start(executor, { name: 'suite.throwRetryAfter', input }).outcome,
      );
      expect(RetryAfterError.isInstance(later)).toBe(true);
      expect(NonRetriableError.isInstance(later)).toBe(false);
      expect(later).toMatchObject({ name: 'RetryAfterError', afterMs, cause: { code: 'busy' } });
    }
  });

  test('A3 A10 what an attempt does after its end reaches nobody', async (executor) => {
    const counter = new SharedArrayBuffer(8);
    const cells = new Int32Array(counter);
    const late = start(executor, { name: 'suite.late', input: { counter } });
    expect((await late.outcome).type).toBe('threw');
    // In all places, so that one of them is where the first attempt was.
    const next = Array.from({ length: executor.concurrency }, () =>
      start(executor, { name: 'suite.wait', attempt: 2 }),
    );
    await Promise.all(next.map((run) => run.firstProgress));
    Atomics.store(cells, 0, 1);
    while (Atomics.load(cells, 1) === 0) {
      await new Promise<void>((resolve) => setTimeout(resolve));
    }
    expect(cells[1]).toBe(2);
    for (const run of next) {
      expect(await run.stopAndWait()).toEqual({ type: 'stopped' });
      expect(run.events.map(({ seq, message }) => [seq, message])).toEqual([[1, 'waiting']]);
    }
    expect(late.events.map(({ message }) => message)).toEqual(['in time']);
    expect([...late.saves, ...next.flatMap((run) => run.saves)]).toEqual([]);
    expect([late.settlements, late.dropped]).toEqual([1, 0]);
  });
}

// Timers are in every platform that handlers run on; no library declares them for all.
declare function setTimeout(callback: () => void): unknown;

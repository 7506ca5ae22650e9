import { describe, expect, test } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { deferred } from '../testing/deferred.ts';
import { executorSuite } from '../testing/executor-suite.ts';
import { executorSuiteHandlers } from '../testing/executor-suite-handlers.ts';
import { settle, simulatedClock } from '../testing/simulated-clock.ts';
import { InlineExecutor } from './inline-executor.ts';
import { defineJob } from './job-definition.ts';
import type { JobHost, JobOutcome, JobTask, ReportedProgress } from './job-executor.ts';
import { handle } from './job-handler.ts';

executorSuite(
  { describe, test, expect },
  {
    name: 'InlineExecutor',
    create: () => new InlineExecutor(executorSuiteHandlers, { concurrency: 4 }),
    clones: false,
  },
);

const schema: StandardSchema = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};
const definition = defineJob({ name: 'test', input: schema, result: schema, phases: ['only'] });
const task: JobTask = {
  jobId: 'job-1',
  name: 'test',
  attempt: 1,
  input: undefined,
  progressCapacity: 100,
};
const hostWith = (heard: Partial<JobHost>): JobHost => ({
  progress: () => {},
  dropped: () => {},
  saved: async () => {},
  settled: () => {},
  ...heard,
});

describe('InlineExecutor', () => {
  test('J2 two handlers of one name are refused', () => {
    const job = handle(definition, () => undefined);
    expect(() => new InlineExecutor([job, job])).toThrow(
      expect.objectContaining({ code: 'invalid_definition' }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('J8 a concurrency of %s is refused', (concurrency) => {
    expect(() => new InlineExecutor([], { concurrency })).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    );
  });

  test('J5 a handler that asks for its signal only after the stop finds it aborted', async () => {
    const gate = deferred<void>();
    let reason: unknown;
    const executor = new InlineExecutor([
      handle(definition, async (context) => {
        await gate.promise;
        reason = context.signal.reason;
        context.signal.throwIfAborted();
      }),
    ]);
    const outcome = deferred<JobOutcome>();
    const run = executor.run(task, hostWith({ settled: outcome.resolve }));
    await settle();
    run.stop('timeout');
    gate.resolve();
    expect(await outcome.promise).toEqual({ type: 'stopped' });
    expect(reason).toMatchObject({ code: 'timeout', reason: 'timeout' });
  });

  test('J5 a stop before the handler begins is in the signal, of which a spread has a copy; the first reason wins', async () => {
    const seen: unknown[] = [];
    const executor = new InlineExecutor([
      handle(definition, (context) => {
        const { signal } = { ...context };
        seen.push(signal === context.signal, signal.aborted, signal.reason);
        signal.throwIfAborted();
      }),
    ]);
    const outcome = deferred<JobOutcome>();
    const run = executor.run(task, hostWith({ settled: outcome.resolve }));
    run.stop('canceled');
    run.stop('timeout');
    expect(await outcome.promise).toEqual({ type: 'stopped' });
    expect(seen).toEqual([true, true, expect.objectContaining({ reason: 'canceled' })]);
  });

  test('W6 the grace of a shutdown is timed by the clock, and a late result is dropped', async () => {
    const clock = simulatedClock(1000);
    const gate = deferred<void>();
    const events: ReportedProgress[] = [];
    const outcomes: JobOutcome[] = [];
    const executor = new InlineExecutor(
      [
        handle(definition, async ({ report }) => {
          report({ phase: 'only' });
          await gate.promise;
          report({ phase: 'only' });
        }),
      ],
      { clock },
    );
    const host = hostWith({
      progress: (event) => events.push(event),
      settled: (outcome) => outcomes.push(outcome),
    });
    executor.run(task, host);
    let ended = false;
    void executor.shutdown({ graceMs: 100 }).then(() => {
      ended = true;
    });
    await clock.advance(99);
    expect([ended, outcomes.length]).toEqual([false, 0]);
    await clock.advance(1);
    expect(ended).toBe(true);
    expect(outcomes).toMatchObject([{ type: 'threw', error: { code: 'worker_crashed' } }]);
    gate.resolve();
    await settle();
    expect(outcomes).toHaveLength(1);
    expect(events).toEqual([{ seq: 1, at: 1000, phase: 'only', percent: null, message: '' }]);
    expect(clock.pending).toBe(0);
  });
});

import { OffstageError } from '../foundation/errors.ts';
import type { JobExecutor, JobOutcome } from '../jobs/job-executor.ts';
import { JobManager } from '../jobs/job-manager.ts';
import { executorSuiteHandlers, type HostileWay, hostileWays } from './executor-suite-handlers.ts';
import { discardOf, errorOf, type StartedRun, start } from './executor-suite-kit.ts';
import { hostileValues } from './hostile-values.ts';
import type { SuiteRunner } from './suite-runner.ts';

type Test = (title: string, body: (executor: JobExecutor) => Promise<void>) => void;

/** The part of the executor suite that runs the table of hostile values (F1, F2). */
export function hostileTests(test: Test, expect: SuiteRunner['expect'], clones: boolean): void {
  const values = hostileValues();

  const settlesOnce = async (name: string, run: StartedRun): Promise<JobOutcome> => {
    const outcome = await run.outcome;
    expect([name, run.settledWithinRun, run.settlements]).toEqual([name, false, 1]);
    return outcome;
  };

  // As many as it can run at once: no place was lost.
  const allPlacesWork = async (executor: JobExecutor): Promise<void> => {
    const places = Math.min(executor.concurrency, 4);
    const runs = Array.from({ length: places }, () => start(executor, { name: 'suite.wait' }));
    await Promise.all(runs.map((run) => run.firstProgress));
    for (const run of runs) run.stop('canceled');
    for (const run of runs) expect(await run.outcome).toEqual({ type: 'stopped' });
  };

  for (const way of hostileWays) {
    test(`F1 F2 a handler may ${way} whatever it likes: it settles once, and the next one runs`, async (executor) => {
      for (const { name } of values) {
        const input = { value: name, way };
        const run = start(executor, { name: 'suite.hostile', input });
        const outcome = await settlesOnce(name, run);
        if (clones) expectCarried(expect, name, way, outcome);
        if (way === 'report') expect(outcome).toEqual({ type: 'returned', value: 'reported' });
        const isThrown = way.startsWith('throw') || way === 'reject with';
        if (isThrown) expect([name, outcome.type === 'returned']).toEqual([name, false]);
      }
      await allPlacesWork(executor);
    });
  }

  test('F1 an input may be whatever it likes', async (executor) => {
    for (const { name, make } of values) {
      for (const [field, input] of [
        ['input', make()],
        ['input.files[1].content', { files: [{}, { content: make() }] }],
      ] as const) {
        const outcome = await settlesOnce(name, start(executor, { name: 'suite.echo', input }));
        if (!clones || outcome.type === 'returned') continue;
        const error = errorOf(outcome);
        const code = OffstageError.isInstance(error) ? error.code : String(error);
        const named = String(Reflect.get(Object(error), 'details')?.field);
        // What is only just not too deep for its way there may be so for its way back.
        const isNamed = named.startsWith(field) || (isDeep(name) && /^(input|result)/.test(named));
        expect([name, code, isNamed]).toEqual([name, 'not_serializable', true]);
      }
    }
    await allPlacesWork(executor);
  });

  test('F1 a list of what moves with an input may be whatever it likes', async (executor) => {
    for (const { name, make } of values) {
      const transfer = [make()];
      await settlesOnce(name, start(executor, { name: 'suite.echo', input: { a: 1 }, transfer }));
    }
    await allPlacesWork(executor);
  });

  test('F1 a discard may do whatever it likes, with whatever input: it ends', async (executor) => {
    const ends = (input: unknown): Promise<unknown> =>
      executor.discard(discardOf('suite.hostile', input)).then(
        () => 'done',
        () => 'failed',
      );
    for (const { name, make } of values) {
      expect(['done', 'failed'].includes(String(await ends(make())))).toBe(true);
      for (const way of ['return', 'throw', 'reject with', 'throw as a cause'] as const) {
        expect(['done', 'failed'].includes(String(await ends({ value: name, way })))).toBe(true);
      }
    }
    await allPlacesWork(executor);
  });

  test('F1 J1 with a manager every such job ends, tells why, and frees its key', async (executor) => {
    const manager = new JobManager({ executor, concurrency: 2 });
    const heard: string[] = [];
    manager.on('error', ({ reference }) => heard.push(reference));
    const owner = manager.forOwner('alice');
    const job = executorSuiteHandlers.find(({ definition }) => definition.name === 'suite.hostile');
    if (job === undefined) throw new OffstageError('not_found', 'The suite misses a handler.');
    for (const { name } of values) {
      for (const way of ['return', 'throw'] as const) {
        const input = { value: name, way };
        const { id } = await owner.start(job.definition, input, { exclusivityKey: 'one' });
        const end = await owner.wait(id);
        const isTold = end.status !== 'failed' || heard.includes(end.failure.reference);
        expect([name, isTold]).toEqual([name, true]);
        await atRest(() => owner.consume(id));
      }
    }
    const { queued, running } = manager.activity();
    expect({ queued, running }).toEqual({ queued: 0, running: 0 });
    await allPlacesWork(executor);
  });
}

async function atRest(consume: () => Promise<boolean>): Promise<void> {
  // Until the discard has run; each turn lets messages of threads arrive.
  while (!(await consume())) await new Promise<void>((resolve) => setTimeout(resolve));
}

// Their bottom is too far down to be named.
const isDeep = (name: string): boolean => name.includes('deep') || name.includes('wide');

/** An error that came from another thread is bounded; a value that could not come says so. */
function expectCarried(
  expect: SuiteRunner['expect'],
  name: string,
  way: HostileWay,
  outcome: JobOutcome,
): void {
  if (outcome.type !== 'threw') return;
  let at: unknown = outcome.error;
  for (let depth = 0; at instanceof Error; depth++) {
    for (const text of [at.name, at.message, at.stack ?? '']) {
      expect([name, way, String(text).length <= 65_536]).toEqual([name, way, true]);
    }
    if (depth === 100) return;
    at = at.cause;
  }
  if (typeof at === 'string') expect([name, way, at.length <= 65_536]).toEqual([name, way, true]);
}

// Timers are in every platform that handlers run on; no library declares them for all.
declare function setTimeout(callback: () => void): unknown;

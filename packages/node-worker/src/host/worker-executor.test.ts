import { executorSuite } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { codeOf, executorOf, fixture, start } from '../../fixtures/harness.ts';
import { WorkerExecutor } from './worker-executor.ts';
import type { WorkerExecutorOptions } from './worker-executor-options.ts';

executorSuite(
  { describe, test, expect },
  {
    name: 'WorkerExecutor',
    create: () => new WorkerExecutor({ entry: fixture('suite'), threads: 2 }),
    clones: true,
  },
);

describe('WorkerExecutor', () => {
  test.each<[string, Partial<WorkerExecutorOptions>]>([
    ['threads', { threads: 0 }],
    ['threads', { threads: 1.5 }],
    ['loadTimeoutMs', { loadTimeoutMs: 0 }],
    ['entry', { entry: 'https://example.com/jobs.js' }],
    ['entry', { entry: '' }],
    ['entry', { entry: new URL('blob:nodedata:1') }],
  ])('W1 an option out of form is refused: %s', (option, options) => {
    expect(() => new WorkerExecutor({ entry: fixture('faults'), ...options })).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringContaining(option),
      }),
    );
  });

  test.each(['faults.worker.js', 'faults.worker.ts'])(
    'W1 an entry may be named as source or as build: %s',
    async (file) => {
      const entry = new URL(file, fixture('faults'));
      const executor = new WorkerExecutor({ entry: entry.pathname });
      await executor.ready();
      expect(await start(executor, 'echo', 1).outcome).toEqual({ type: 'returned', value: 1 });
      await executor.shutdown({ graceMs: 0 });
    },
  );

  test('W1 a TypeScript entry may import its neighbours by their built names', async () => {
    await using served = executorOf('js-imports');
    await served.executor.ready();
    expect(served.executor.handler('echo')).toEqual({ discards: false });
  });

  test('W1 threads are spawned when they are needed, and one that is idle is used again', async () => {
    await using served = executorOf('faults', { threads: 3 });
    const { executor } = served;
    await executor.ready();
    const ids = new Set<unknown>();
    for (let i = 0; i < 5; i++) {
      const outcome = await start(executor, 'threadId').outcome;
      ids.add(outcome.type === 'returned' && outcome.value);
    }
    expect(ids.size).toBe(1);
  });

  test('W1 a run before ready waits for the thread', async () => {
    await using served = executorOf('faults');
    expect(await start(served.executor, 'echo', 'early').outcome).toEqual({
      type: 'returned',
      value: 'early',
    });
    await served.executor.ready();
    expect(served.executor.handler('echo')).toEqual({ discards: false });
  });

  test('W2 a synchronous loop sees the stop', async () => {
    await using served = executorOf('faults');
    const run = start(served.executor, 'loop');
    await run.begun;
    run.stop('timeout');
    expect(await run.outcome).toEqual({ type: 'stopped' });
  });

  test('W2 J6 a shutdown ends a loop that never looks, and the process is not held', async () => {
    await using served = executorOf('faults');
    const run = start(served.executor, 'loop');
    await run.begun;
    await served.executor.shutdown({ graceMs: 0 });
    expect(codeOf(await run.outcome)).toBe('worker_crashed');
  });

  test('W7 a transfer list that holds what cannot be moved fails the run alone', async () => {
    await using served = executorOf('faults');
    const bad = start(served.executor, 'echo', { a: 1 }, { transfer: [{ no: 'transferable' }] });
    expect(codeOf(await bad.outcome)).toBe('not_serializable');
    expect(await start(served.executor, 'echo', 2).outcome).toEqual({ type: 'returned', value: 2 });
  });

  test('W1 env, name and execArgv reach the thread', async () => {
    await using served = executorOf('environment', {
      env: { OFFSTAGE_TEST: 'yes' },
      execArgv: ['--conditions=@offstage/source', '--no-warnings'],
    });
    const outcome = await start(served.executor, 'environment').outcome;
    expect(outcome).toMatchObject({
      type: 'returned',
      value: { env: 'yes', execArgv: expect.arrayContaining(['--no-warnings']) },
    });
  });

  test('W4 an option that Node.js refuses fails the start', async () => {
    await using served = executorOf('faults', { execArgv: ['--no-such-option'] });
    await expect(served.executor.ready()).rejects.toMatchObject({ code: 'executor_failed' });
    expect(codeOf(await start(served.executor, 'echo').outcome)).toBe('executor_failed');
  });
});

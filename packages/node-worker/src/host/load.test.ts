import { OffstageError } from '@offstage/core';
import { describe, expect, test } from 'vitest';
import { codeOf, executorOf, start } from '../../fixtures/harness.ts';
import { WorkerExecutor } from './worker-executor.ts';

describe('an entry that cannot load', () => {
  test.each([
    ['broken-throws', 'no database'],
    ['broken-after', 'failed after serveJobs'],
    ['broken-syntax', 'broken-syntax'],
    ['broken-unserved', 'never called serveJobs'],
    ['broken-exits', 'exit code 5'],
    ['broken-awaits', 'top-level await'],
    ['broken-twice', 'called twice'],
    ['broken-duplicate', 'echo'],
    ['broken-missing', 'broken-missing'],
  ])('W4 %s fails the start once, with the cause', async (name, message) => {
    await using served = executorOf(name);
    const error = await served.executor.ready().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(OffstageError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'executor_failed',
      message: expect.stringContaining(message),
    });
    expect(served.errors).toEqual([]);
  });

  test('W4 W5 the cause is the error itself', async () => {
    await using served = executorOf('broken-throws');
    await expect(served.executor.ready()).rejects.toMatchObject({
      cause: { message: 'no database', code: 'E_NO_DATABASE' },
    });
  });

  test('W4 an entry that hangs while loading is given up', async () => {
    await using served = executorOf('broken-hangs', { loadTimeoutMs: 100 });
    await expect(served.executor.ready()).rejects.toMatchObject({
      code: 'executor_failed',
      details: { reason: 'load_timeout' },
    });
  });

  test('W4 it is loaded once per call, and never in a loop', async () => {
    const loads = new BroadcastChannel(`loads-${process.pid}`);
    let loaded = 0;
    loads.onmessage = () => {
      loaded += 1;
    };
    const source = `
      const loads = new BroadcastChannel('loads-${process.pid}');
      loads.postMessage('load');
      await new Promise(setImmediate);
      throw new Error('no');`;
    await using served = executorOf('faults', {
      entry: new URL(`data:text/javascript,${encodeURIComponent(source)}`),
      threads: 4,
    });
    const { executor } = served;
    const first = executor.ready();
    expect(executor.ready()).toBe(first);
    await expect(first).rejects.toMatchObject({ code: 'executor_failed' });
    const runs = [1, 2, 3].map(() => start(executor, 'echo').outcome);
    for (const outcome of await Promise.all(runs)) expect(codeOf(outcome)).toBe('executor_failed');
    await expect(executor.ready()).rejects.toMatchObject({ code: 'executor_failed' });
    // One for ready, one for each thread that the three runs wanted, one for the second ready.
    await expect.poll(() => loaded).toBe(5);
    loads.close();
  });

  test('W6 a shutdown while it loads ends the thread', async () => {
    await using served = executorOf('broken-hangs');
    const ready = served.executor.ready();
    const run = start(served.executor, 'echo');
    await served.executor.shutdown({ graceMs: 0 });
    await expect(ready).rejects.toMatchObject({ code: 'executor_failed' });
    expect(codeOf(await run.outcome)).toBe('worker_crashed');
    await expect(served.executor.ready()).rejects.toMatchObject({ code: 'executor_failed' });
  });

  test('W1 a path is relative to the working directory', async () => {
    const executor = new WorkerExecutor({ entry: './no-such-file.js' });
    await expect(executor.ready()).rejects.toMatchObject({
      message: expect.stringContaining(process.cwd()),
    });
  });
});

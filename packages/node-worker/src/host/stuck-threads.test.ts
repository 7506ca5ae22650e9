import { JobManager } from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { blockingPipe } from '../../fixtures/blocking-pipe.ts';
import { executorOf, start } from '../../fixtures/harness.ts';
import { stuck } from '../../fixtures/jobs.ts';
import { hasStuckThreads } from './stuck-threads.ts';

const told = { code: 'worker_crashed', details: { reason: 'stuck' } };

describe.skipIf(process.platform === 'win32')('a thread that nothing ends', () => {
  test('W6 J14 the shutdown of its manager ends within the grace and five seconds, and says so', async () => {
    using pipe = blockingPipe();
    const clock = simulatedClock();
    const { executor } = executorOf('faults', { clock });
    const manager = new JobManager({ executor, clock });
    const errors: unknown[] = [];
    manager.on('error', ({ error }) => errors.push(error));
    const owner = manager.forOwner('alice');
    const { id } = await owner.start(stuck, { pipe: pipe.path });
    await expect.poll(pipe.isRead).toBe(true);
    const ending = manager.shutdown({ graceMs: 500 });
    await clock.advance(500);
    expect(await owner.get(id)).toMatchObject({ status: 'canceled' });
    await clock.advance(4999);
    expect(errors).toEqual([]);
    await clock.advance(1);
    expect(await ending).toEqual({ settled: 0, abandoned: 1 });
    expect(errors).toContainEqual(expect.objectContaining(told));
    expect(hasStuckThreads()).toBe(true);
    pipe.release();
    await expect.poll(hasStuckThreads).toBe(false);
  });

  test('W6 its executor ends as well, its run once, and what the thread does later reaches nobody', async () => {
    using pipe = blockingPipe();
    const clock = simulatedClock();
    const { executor, errors } = executorOf('faults', { clock });
    await executor.ready();
    const run = start(executor, 'stuck', { pipe: pipe.path });
    await expect.poll(pipe.isRead).toBe(true);
    const ending = executor.shutdown({ graceMs: 0 });
    await clock.advance(5000);
    await ending;
    const outcome = await run.outcome;
    expect(outcome).toMatchObject({ type: 'threw', error: { code: 'worker_crashed' } });
    pipe.release();
    await expect.poll(hasStuckThreads).toBe(false);
    expect(errors).toMatchObject([told]);
    expect(clock.pending).toBe(0);
  });

  test('W4 an entry that reads it as it loads fails the start', async () => {
    using pipe = blockingPipe();
    const clock = simulatedClock();
    const source = `process.getBuiltinModule('node:fs').readFileSync(${JSON.stringify(pipe.path)}, 'utf8')`;
    const entry = `data:text/javascript,${encodeURIComponent(source)}`;
    const { executor, errors } = executorOf('faults', { clock, entry, loadTimeoutMs: 5000 });
    const refused = executor.ready().catch(({ code, details }) => [code, details.reason]);
    await expect.poll(pipe.isRead).toBe(true);
    await clock.advance(10_000);
    expect(await refused).toEqual(['executor_failed', 'load_timeout']);
    expect(errors).toMatchObject([told]);
    await executor.shutdown({ graceMs: 0 });
    pipe.release();
    await expect.poll(hasStuckThreads).toBe(false);
  });
});

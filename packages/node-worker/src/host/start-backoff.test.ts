import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JobManager } from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { executorOf, fixture, start } from '../../fixtures/harness.ts';
import { echo, exit, hold } from '../../fixtures/jobs.ts';
import { StartBackoff } from './start-backoff.ts';
import type { WorkerExecutorOptions } from './worker-executor-options.ts';

const moduleOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
const serve = `import { serveJobs } from ${moduleOf('../thread/index.ts')};`;

/** An executor whose one thread has loaded and ended, and whose entry can be taken away. */
async function deployment(options: Partial<WorkerExecutorOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'offstage-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'entry.mjs');
  await writeFile(path, `import ${JSON.stringify(fixture('faults').href)};`);
  const served = executorOf('faults', { entry: pathToFileURL(path), ...options });
  onTestFinished(() => served.executor.shutdown({ graceMs: 0 }));
  await served.executor.ready();
  return {
    ...served,
    crash: () => start(served.executor, 'exit', { code: 1 }).outcome,
    takeAway: () => rename(path, `${path}.away`),
    bringBack: () => rename(`${path}.away`, path),
    /** What is deployed halfway: it loads, and has other handlers. */
    write: (source: string) => writeFile(path, source),
  };
}

describe('an entry that is missing for a moment', () => {
  test('F4 costs none of two hundred jobs that wait', async () => {
    const { executor, errors, crash, takeAway, bringBack } = await deployment({ threads: 2 });
    await crash();
    await takeAway();
    const runs = Array.from({ length: 200 }, (_, index) => start(executor, 'echo', index).outcome);
    await expect.poll(() => errors.length).toBeGreaterThan(2);
    await bringBack();
    const outcomes = await Promise.all(runs);
    expect(outcomes).toEqual(outcomes.map((_, value) => ({ type: 'returned', value })));
    expect(errors[0]).toMatchObject({ code: 'executor_failed' });
  });

  test('F4 nor with a manager, which tells its log', async () => {
    const { executor, takeAway, bringBack } = await deployment({ threads: 2 });
    const manager = new JobManager({ executor });
    const errors: unknown[] = [];
    manager.on('error', ({ error }) => errors.push(error));
    const owner = manager.forOwner('alice');
    for (const _ of [1, 2]) await owner.wait((await owner.start(exit, { code: 1 })).id);
    await takeAway();
    const jobs = await Promise.all(
      Array.from({ length: 200 }, (_, index) => owner.start(echo, index)),
    );
    await expect.poll(() => errors.length).toBeGreaterThan(3);
    await bringBack();
    const ends = await Promise.all(jobs.map(({ id }) => owner.wait(id)));
    expect(ends.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  });

  test('F4 J5 a job that waits for a thread to be had is canceled at once', async () => {
    const { executor, errors, crash, takeAway } = await deployment({ clock: simulatedClock() });
    await crash();
    await takeAway();
    const manager = new JobManager({ executor });
    manager.on('error', ({ error }) => errors.push(error as never));
    const owner = manager.forOwner('alice');
    const job = await owner.start(hold, 1);
    await expect.poll(() => errors.length).toBe(1);
    await owner.cancel(job.id);
    expect(await owner.wait(job.id)).toMatchObject({ status: 'canceled' });
    expect(await manager.shutdown()).toEqual({ settled: 0, abandoned: 0 });
  });

  test('F4 one that serves no handlers for a moment costs none either', async () => {
    const { executor, errors, crash, takeAway, bringBack, write } = await deployment();
    await crash();
    await takeAway();
    await write(`${serve} serveJobs([]);`);
    const runs = Array.from({ length: 20 }, (_, index) => start(executor, 'echo', index).outcome);
    await expect.poll(() => errors.length).toBeGreaterThan(1);
    await bringBack();
    const outcomes = await Promise.all(runs);
    expect(outcomes).toEqual(outcomes.map((_, value) => ({ type: 'returned', value })));
    expect(errors[0]).toMatchObject({ code: 'executor_failed', details: { name: 'echo' } });
  });

  test('F4 a thread of such an entry runs what it serves, and is replaced for what it lacks', async () => {
    const clock = simulatedClock();
    const { executor, errors, crash, takeAway, bringBack, write } = await deployment({ clock });
    await crash();
    await takeAway();
    await write(`${serve} import { handle } from ${moduleOf('../../../core/src/index.ts')};
      import { echo } from ${moduleOf('../../fixtures/jobs.ts')};
      serveJobs([handle(echo, () => 'new')]);`);
    expect(await start(executor, 'echo', 1).outcome).toEqual({ type: 'returned', value: 'new' });
    const lacking = start(executor, 'threadId').outcome;
    await expect.poll(() => errors.length).toBe(1);
    await bringBack();
    await clock.advance(100);
    expect(await lacking).toMatchObject({ type: 'returned' });
    expect(await start(executor, 'unheardOf').outcome).toMatchObject({
      type: 'threw',
      error: { code: 'unknown_definition' },
    });
  });

  test('F4 the next attempt comes after the wait, and takes along all that waits', async () => {
    const clock = simulatedClock();
    const { executor, errors, crash, takeAway, bringBack } = await deployment({ clock });
    await crash();
    await takeAway();
    const runs = [1, 2, 3].map((input) => start(executor, 'echo', input).outcome);
    await expect.poll(() => errors.length).toBe(1);
    await clock.advance(99);
    await bringBack();
    await clock.advance(1);
    expect(await Promise.all(runs)).toEqual(
      [1, 2, 3].map((value) => ({ type: 'returned', value })),
    );
    expect(errors).toHaveLength(1);
  });
});

const waits = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000];

test('F4 F6 the wait is measured, whatever the clock is set to', async () => {
  const clock = simulatedClock();
  let retries = 0;
  const backoff = new StartBackoff(clock, () => {
    retries += 1;
  });
  expect(backoff.mayStart(true)).toBe(true);
  for (const [index, waitMs] of waits.entries()) {
    expect(backoff.failed()).toBe(index > 9);
    clock.setWallClock(index % 2 === 0 ? 1e12 : 0);
    expect(backoff.mayStart(false)).toBe(false);
    expect(clock.pending).toBe(0);
    expect(backoff.mayStart(true)).toBe(false);
    expect(backoff.mayStart(true)).toBe(false);
    await clock.advance(waitMs - 1);
    expect(retries).toBe(index);
    await clock.advance(1);
    expect(retries).toBe(index + 1);
    expect(backoff.mayStart(true)).toBe(true);
  }
  backoff.succeeded();
  expect(backoff.mayStart(true)).toBe(true);
  expect(clock.pending).toBe(0);
});

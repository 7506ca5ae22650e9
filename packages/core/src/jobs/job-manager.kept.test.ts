import { describe, expect, test } from 'vitest';
import { again, againTidy, life, quiet } from './job-manager.kept.test-support.ts';
import { codeOf, plain, tidy } from './job-manager.test-support.ts';

describe('jobs that are kept', () => {
  test('K2 a job whose start resolved is there after a loss of power, and goes on', async () => {
    const before = life({ slots: 1 });
    await before.manager.ready();
    const first = await before.alice.start(again, 1);
    const job = await before.alice.start(plain, 7, { priority: 3, exclusivityKey: 'k' });
    const after = before.cutPower();
    await after.manager.ready();
    expect(await after.alice.get(job.id)).toMatchObject({ name: 'work.plain', attempt: 1 });
    expect(await codeOf(after.alice.start(plain, 1, { exclusivityKey: 'k' }))).toBe('conflict');
    await quiet();
    // Higher in priority than the one that was interrupted.
    const run = after.executor.runOf(job.id);
    expect(run.task).toMatchObject({ input: 7, attempt: 1 });
    run.return('ok');
    expect(await after.alice.wait(job.id)).toMatchObject({ status: 'succeeded', result: 'ok' });
    const last = after.cutPower();
    expect(await last.alice.get(job.id)).toMatchObject({ status: 'succeeded', result: 'ok' });
    expect((await last.alice.get(first.id))?.endedAt).toBeNull();
    expect(await last.bob.get(job.id)).toBeUndefined();
  });

  test('K3 what ran goes on as its next attempt, or ends interrupted when none is left', async () => {
    const before = life();
    const job = await before.alice.start(again, 1);
    const only = await before.alice.start(tidy, 2);
    await quiet();
    expect(before.executor.runOf(job.id).task.attempt).toBe(1);
    await before.executor.runOf(job.id).save({ done: 3 });
    const after = before.kill();
    await after.manager.ready();
    await quiet();
    expect(after.executor.runOf(job.id).task).toMatchObject({ attempt: 2, saved: { done: 3 } });
    expect(await after.alice.get(job.id)).toMatchObject({
      attempt: 2,
      lastFailure: { code: 'interrupted' },
    });
    expect(await after.alice.get(only.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'interrupted' },
    });
    expect(after.executor.discards.map(({ task }) => task.jobId)).toEqual([only.id]);
    const last = after.kill();
    await last.manager.ready();
    await quiet();
    expect(last.executor.discards).toEqual([]);
  });

  test('K3 a job that ends its process does so as often as it has attempts, and is discarded until that is kept', async () => {
    let process = life();
    const job = await process.alice.start(againTidy, 1);
    for (const attempt of [1, 2, 3]) {
      await process.manager.ready();
      await quiet();
      expect(process.executor.runOf(job.id).task.attempt).toBe(attempt);
      expect(process.executor.discards).toEqual([]);
      process = process.kill();
    }
    for (const isCutOff of [true, true, false]) {
      process.executor.holdDiscards = isCutOff;
      await process.manager.ready();
      await quiet();
      expect(process.executor.runs).toEqual([]);
      expect(await process.alice.get(job.id)).toMatchObject({
        status: 'failed',
        attempt: 3,
        failure: { code: 'interrupted' },
      });
      expect(process.executor.discards.map(({ task }) => task.jobId)).toEqual([job.id]);
      process = process.kill();
    }
    await process.manager.ready();
    await quiet();
    expect(process.executor.discards).toEqual([]);
  });

  test('K4 a shutdown puts back what obeys, spends no attempt, and the next start goes on', async () => {
    const before = life({ slots: 1 });
    const running = await before.alice.start(againTidy, 1);
    const waiting = await before.alice.start(plain, 2);
    await quiet();
    const waits = codeOf(before.alice.wait(waiting.id));
    const ending = before.manager.shutdown();
    expect(before.executor.runOf(running.id).stops).toEqual(['shutdown']);
    before.executor.runOf(running.id).obey();
    expect(await ending).toEqual({ settled: 1, abandoned: 0 });
    expect(await waits).toBe('manager_closed');
    expect(before.executor.discards).toEqual([]);
    const after = before.next();
    await after.manager.ready();
    await quiet();
    expect(after.executor.runOf(running.id).task.attempt).toBe(1);
    after.executor.runOf(running.id).return('ok');
    await after.alice.wait(running.id);
    await quiet();
    after.executor.runOf(waiting.id).return('ok');
    expect((await after.alice.wait(waiting.id)).status).toBe('succeeded');
    expect(before.errors).toEqual([]);
    expect(after.errors).toEqual([]);
  });
});

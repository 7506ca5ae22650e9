import { JobManager, type ManagerError } from '@offstage/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executorOf, gate, start } from '../../fixtures/harness.ts';
import * as jobs from '../../fixtures/jobs.ts';

function managerOf(threads: number) {
  const { executor } = executorOf('faults', { threads });
  const manager = new JobManager({ executor });
  const errors: ManagerError[] = [];
  manager.on('error', (error) => errors.push(error));
  return {
    manager,
    errors,
    client: manager.forOwner('alice'),
    [Symbol.asyncDispose]: async () => {
      await manager.shutdown({ graceMs: 0 });
    },
  };
}

describe('JobManager with threads', () => {
  test('W4 J7 J11 a crash fails the job, tells the log alone why, and frees its key', async () => {
    await using it = managerOf(1);
    const options = { exclusivityKey: 'corpus' };
    const { id } = await it.client.start(jobs.throwLate, {}, options);
    const view = await it.client.wait(id);
    expect(view).toMatchObject({ status: 'failed', failure: { code: 'worker_crashed' } });
    expect(JSON.stringify(view)).not.toContain('too late');
    expect(it.errors).toMatchObject([
      {
        jobId: id,
        reference: view.failure?.reference,
        error: { cause: { message: 'too late', field: 7 } },
      },
    ]);
    const next = await it.client.start(jobs.echo, 1, options);
    expect(await it.client.wait(next.id)).toMatchObject({ status: 'succeeded', result: 1 });
  });

  test('W2 J5 a cancel reaches a synchronous loop', async () => {
    await using it = managerOf(1);
    const { id } = await it.client.start(jobs.loop, {});
    await expect.poll(async () => (await it.client.get(id))?.progress?.message).toBe('looping');
    expect(await it.client.cancel(id)).toBe(true);
    expect(await it.client.wait(id)).toMatchObject({ status: 'canceled', cancelRequested: true });
  });

  test('W4 J16 what a settled job left behind is told to the manager', async () => {
    await using it = managerOf(1);
    const { buffer, open } = gate();
    const { id } = await it.client.start(jobs.leave, { what: 'timer', gate: buffer });
    expect(await it.client.wait(id)).toMatchObject({ status: 'succeeded' });
    open();
    await expect.poll(() => it.errors.length).toBe(1);
    expect(it.errors[0]?.error).toMatchObject({
      code: 'worker_crashed',
      cause: { message: 'left a timer' },
      details: { jobId: id },
    });
  });

  test('J14 W6 a shutdown marks a deaf handler canceled and ends its thread', async () => {
    await using it = managerOf(1);
    const { id } = await it.client.start(jobs.deaf, {});
    await expect.poll(async () => (await it.client.get(id))?.progress?.message).toBe('deaf');
    expect(await it.manager.shutdown({ graceMs: 0 })).toEqual({ settled: 0, abandoned: 1 });
    expect(await it.client.get(id)).toMatchObject({ status: 'canceled' });
  });

  test('W4 whatever jobs do to their threads, each ends as it should, once', async () => {
    const what = fc.constantFrom('echo', 'exit', 'throwLate', 'rejectUnhandled', 'leave', 'hold');
    await fc.assert(
      fc.asyncProperty(fc.array(what, { minLength: 1, maxLength: 10 }), async (names) => {
        await using served = executorOf('faults', { threads: 2 });
        const outcomes = await Promise.all(
          names.map((name, i) => {
            const { buffer, open } = gate();
            const input =
              name === 'exit' ? { code: i } : name === 'leave' ? { what: 'exit', gate: buffer } : i;
            const run = start(served.executor, name, input);
            if (name === 'hold') void run.begun.then(() => run.stop());
            void run.outcome.then(open);
            return run.outcome;
          }),
        );
        for (const [i, name] of names.entries()) {
          if (name === 'echo') expect(outcomes[i]).toEqual({ type: 'returned', value: i });
          else if (name === 'leave') {
            expect(outcomes[i]).toEqual({ type: 'returned', value: 'ended' });
          } else if (name === 'hold') expect(outcomes[i]).toEqual({ type: 'stopped' });
          else expect(outcomes[i]).toMatchObject({ error: { code: 'worker_crashed' } });
        }
      }),
      { numRuns: 6 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { memoryJournal } from '../testing/memory-journal.ts';
import { defineJob } from './job-definition.ts';
import { again, keptDefinitions, life, quiet } from './job-manager.kept.test-support.ts';
import { codeOf, plain, tidy } from './job-manager.test-support.ts';

const without = (name: string) => keptDefinitions.filter((each) => each.name !== name);
const shape = { result: z.string(), phases: ['work'] } as const;

describe('definitions of kept jobs', () => {
  test('K5 a job whose definition is gone waits and is told, and goes on when it is back', async () => {
    const before = life({ slots: 1 });
    const blocked = await before.alice.start(again, 0);
    const job = await before.alice.start(plain, 1, { exclusivityKey: 'k' });
    const other = await before.alice.start(plain, 2);
    const renamed = before.kill({ definitions: without(plain.name) });
    await renamed.manager.ready();
    await quiet();
    expect(await renamed.alice.get(job.id)).toMatchObject({ status: 'queued', attempt: 1 });
    expect(renamed.executor.runs.map(({ task }) => task.jobId)).toEqual([blocked.id]);
    const told = renamed.errors.filter(({ name }) => name === plain.name);
    expect(told).toMatchObject([
      {
        jobId: job.id,
        error: { code: 'unknown_definition', details: { name: plain.name, jobs: 2 } },
      },
    ]);
    expect(await codeOf(renamed.alice.start(again, 1, { exclusivityKey: 'k' }))).toBe('conflict');
    expect(await renamed.alice.cancel(other.id)).toBe(true);
    expect((await renamed.alice.wait(other.id)).status).toBe('canceled');
    const back = renamed.kill({ definitions: keptDefinitions, slots: 3 });
    await back.manager.ready();
    await quiet();
    back.executor.runOf(job.id).return('ok');
    expect((await back.alice.wait(job.id)).status).toBe('succeeded');
    expect((await back.alice.get(other.id))?.status).toBe('canceled');
  });

  test('K5 a job that ran and whose handler is gone waits as it was kept', async () => {
    const before = life();
    const job = await before.alice.start(again, 1);
    await quiet();
    await before.executor.runOf(job.id).save('here');
    const gone = before.kill({ definitions: without(again.name) });
    expect(await gone.alice.get(job.id)).toMatchObject({ status: 'queued', attempt: 1 });
    await gone.manager.shutdown();
    const back = gone.next({ definitions: keptDefinitions });
    await back.manager.ready();
    await quiet();
    expect(back.executor.runOf(job.id).task).toMatchObject({ attempt: 2, saved: 'here' });
  });

  test('K5 the discard of a job whose definition is gone runs when it is back', async () => {
    const before = life({ slots: 1 });
    await before.alice.start(again, 0);
    const job = await before.alice.start(tidy, 1);
    const gone = before.kill({ definitions: without(tidy.name) });
    expect(await gone.alice.cancel(job.id)).toBe(true);
    await quiet();
    expect(gone.executor.discards).toEqual([]);
    const back = gone.kill({ definitions: keptDefinitions });
    await back.manager.ready();
    await quiet();
    expect(back.executor.discards).toMatchObject([{ task: { jobId: job.id, input: 1 } }]);
  });

  test('K5 an input that the new schema refuses ends its job failed with invalid_input', async () => {
    const before = life({ slots: 1 });
    await before.alice.start(again, 0);
    const job = await before.alice.start(tidy, 7);
    const narrowed = defineJob({ ...tidy, input: z.object({ file: z.string() }) });
    const after = before.kill({ definitions: [...without(tidy.name), narrowed], slots: 3 });
    await after.manager.ready();
    await quiet();
    expect(await after.alice.get(job.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'invalid_input' },
    });
    expect(after.executor.runs.some(({ task }) => task.jobId === job.id)).toBe(false);
    // As it was kept: its discard has to know what there is to remove.
    expect(after.executor.discards).toMatchObject([{ task: { jobId: job.id, input: 7 } }]);
    expect(after.errors).toMatchObject([
      { error: { code: 'interrupted' } },
      { error: { code: 'invalid_input' }, jobId: job.id },
    ]);
  });

  test.each(['sync', 'async'])(
    'K5 an input is kept as it was passed, and parsed again: %s schema',
    async (kind) => {
      const length = z.string().transform((text) => text.length);
      const input = kind === 'sync' ? length : length.refine(async () => true);
      const counts = defineJob({ name: 'counts', input, ...shape });
      const definitions = [again, counts];
      const before = life({ slots: 1, definitions });
      await before.alice.start(again, 0);
      const job = await before.alice.start(counts, 'four', { idempotencyKey: 'once' });
      const after = before.kill({ slots: 3 });
      await after.manager.ready();
      await quiet();
      expect(after.executor.runOf(job.id).task.input).toBe(4);
      const same = await after.alice.start(counts, 'four', { idempotencyKey: 'once' });
      expect(same.id).toBe(job.id);
      const other = after.alice.start(counts, 'other', { idempotencyKey: 'once' });
      expect(await codeOf(other)).toBe('idempotency_key_reused');
      after.executor.runOf(job.id).throw();
      await after.alice.wait(job.id);
      const retried = await after.alice.retry(job.id);
      expect(retried.retryOf).toBe(job.id);
      const last = after.kill();
      await last.manager.ready();
      expect(await last.alice.get(retried.id)).toMatchObject({ retryOf: job.id });
      expect((await last.alice.retry(job.id)).name).toBe('counts');
    },
  );

  test('K1 journal and definitions that are none are refused by name', () => {
    const make = (options: object) => () => life(options as never, memoryJournal());
    expect(make({ journal: { open() {} } })).toThrow(/journal must be a JobJournal/);
    expect(make({ definitions: [{}] })).toThrow(/definitions must be/);
    expect(make({ definitions: 'ingest' })).toThrow(/definitions must be/);
    expect(make({ definitions: [plain, plain] })).toThrow(/Two definitions are named/);
  });
});

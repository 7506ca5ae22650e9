import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type MemoryJournal, memoryJournal } from '../testing/memory-journal.ts';
import { defineJob } from './job-definition.ts';
import { again, life, quiet } from './job-manager.kept.test-support.ts';
import { codeOf, plain, tidy } from './job-manager.test-support.ts';

const anyResult = defineJob({
  name: 'any.plain',
  input: z.any(),
  result: z.any(),
  phases: ['work'],
  retry: { attempts: 3, delayMs: 0 },
});

/** A journal whose writes fail while a test says so. */
function failing(): { journal: MemoryJournal; error: Error | undefined } {
  const memory = memoryJournal();
  const write = memory.write.bind(memory);
  const state = { journal: memory, error: undefined as Error | undefined };
  memory.write = async (...entries) => {
    if (state.error !== undefined) throw state.error;
    await write(...entries);
  };
  return state;
}

const diskError = Object.assign(new Error('The disk is full.'), { code: 'journal_full' });

describe('faults of a journal', () => {
  test('K6 a full disk refuses new jobs, leaves nothing of them behind, and ends none', async () => {
    let isFull = false;
    const full = life({ slots: 1 }, memoryJournal({ isFull: () => isFull }));
    const job = await full.alice.start(tidy, 1, { exclusivityKey: 'k' });
    await quiet();
    isFull = true;
    expect(await codeOf(full.alice.start(plain, 2, { exclusivityKey: 'l' }))).toBe('journal_full');
    expect(await codeOf(full.executor.runOf(job.id).save('x'))).toBe('journal_full');
    // Nobody decided to take no jobs, and the next start is what finds room again.
    expect(full.manager.activity()).toMatchObject({ queued: 0, running: 1, accepting: true });
    expect(full.manager.health()).toMatchObject({
      accepting: false,
      journal: { writable: false, error: { code: 'journal_full' } },
    });
    full.executor.runOf(job.id).return('ok');
    expect((await full.alice.wait(job.id)).status).toBe('succeeded');
    isFull = false;
    expect(await codeOf(full.alice.start(plain, 2, { exclusivityKey: 'l' }))).toBeUndefined();
    expect(full.manager.health()).toEqual({ accepting: true, journal: { writable: true } });
    expect((await full.alice.list()).length).toBe(2);
  });

  test('K2 K6 an end that cannot be kept is not shown, frees no key, and is tried again', async () => {
    const disk = failing();
    const { alice, clock, executor, errors } = life({}, disk.journal);
    const job = await alice.start(plain, 1, { exclusivityKey: 'k' });
    await quiet();
    disk.error = diskError;
    executor.runOf(job.id).return('ok');
    await quiet();
    expect(await alice.get(job.id)).toMatchObject({ status: 'running', result: undefined });
    await clock.advance(100_000);
    expect(await alice.get(job.id)).toMatchObject({ status: 'running' });
    expect(errors.length).toBe(1);
    disk.error = undefined;
    expect(await codeOf(alice.start(plain, 2, { exclusivityKey: 'k' }))).toBe('conflict');
    await clock.advance(30_000);
    expect(await alice.get(job.id)).toMatchObject({ status: 'succeeded', result: 'ok' });
    expect(await codeOf(alice.start(plain, 2, { exclusivityKey: 'k' }))).toBeUndefined();
  });

  test('K6 J16 what is refused again and again is told once, until something was kept', async () => {
    const disk = failing();
    const { alice, clock, executor, errors } = life({}, disk.journal);
    const job = await alice.start(plain, 1);
    await quiet();
    disk.error = diskError;
    for (let second = 0; second < 5; second += 1) {
      executor.runOf(job.id).report();
      await clock.advance(1000);
    }
    executor.runOf(job.id).return('ok');
    await clock.advance(60_000);
    expect(errors).toMatchObject([{ error: { code: 'journal_full' } }]);
    disk.error = undefined;
    await clock.advance(30_000);
    expect((await alice.get(job.id))?.status).toBe('succeeded');
    disk.error = diskError;
    await codeOf(alice.consume(job.id));
    await quiet();
    expect(errors.length).toBe(2);
  });

  test('K6 J16 whoever starts a job or saves hears of a refusal, and nobody else; of a schedule all do', async () => {
    const disk = failing();
    const { alice, clock, executor, errors, manager } = life({}, disk.journal);
    const job = await alice.start(plain, 1);
    await manager.schedules.set('often', {
      everyMs: 1000,
      definition: plain,
      input: 1,
      owner: 'alice',
    });
    await quiet();
    disk.error = diskError;
    for (let start = 0; start < 3; start += 1) {
      expect(await codeOf(alice.start(plain, 2))).toBe('journal_full');
    }
    expect(await codeOf(executor.runOf(job.id).save('x'))).toBe('journal_full');
    expect(errors).toEqual([]);
    await clock.advance(1000);
    expect(errors).toMatchObject([{ error: { code: 'journal_full' } }]);
  });

  test('K3 no handler runs whose attempt cannot be kept, and a cancel meanwhile ends it without', async () => {
    const disk = failing();
    const { alice, clock, executor } = life({ slots: 1 }, disk.journal);
    const first = await alice.start(plain, 1);
    await quiet();
    const second = await alice.start(plain, 2);
    disk.error = diskError;
    executor.runOf(first.id).return('ok');
    await quiet();
    disk.error = undefined;
    const write = disk.journal.write;
    disk.journal.write = async (...entries) => {
      if (entries.some(({ type }) => type === 'started')) throw diskError;
      await write(...entries);
    };
    await clock.advance(30_000);
    expect(await alice.get(second.id)).toMatchObject({ status: 'queued' });
    expect(executor.runs.length).toBe(1);
    const canceling = codeOf(alice.cancel(second.id));
    disk.journal.write = write;
    await clock.advance(60_000);
    expect(await canceling).toBe('journal_full');
    expect(await alice.get(second.id)).toMatchObject({ status: 'canceled' });
    expect(executor.runs.length).toBe(1);
  });

  test.each([
    ['too_large', 'x'.repeat(2_000_000)],
    ['not_serializable', { run: () => 1 }],
  ])('K8 a result that cannot be kept fails its job at once: %s', async (code, result) => {
    const { alice, executor, kill } = life({ definitions: [anyResult] });
    const job = await alice.start(anyResult, 1);
    await quiet();
    executor.runOf(job.id).return(result);
    expect(await alice.wait(job.id)).toMatchObject({ status: 'failed', failure: { code } });
    const after = kill();
    expect(await after.alice.get(job.id)).toMatchObject({ status: 'failed', failure: { code } });
  });

  test.each([
    ['too_large', 'x'.repeat(2_000_000)],
    ['not_serializable', { nested: { run: () => 1 } }],
  ])(
    'K8 an input that cannot be kept is refused, and nothing is left behind: %s',
    async (code, input) => {
      const { alice, manager } = life({ definitions: [anyResult] });
      const start = () =>
        alice.start(anyResult, input, { exclusivityKey: 'k', idempotencyKey: 'i' });
      expect(await codeOf(start())).toBe(code);
      expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
      expect(await alice.list()).toEqual([]);
      const good = alice.start(anyResult, 1, { exclusivityKey: 'k', idempotencyKey: 'i' });
      expect(await codeOf(good)).toBeUndefined();
    },
  );

  test('K8 a result whose class is gone comes back as its fields', async () => {
    class Report {
      readonly pages = 3;
      get title(): string {
        return `${this.pages} pages`;
      }
    }
    const before = life({ definitions: [anyResult] });
    const job = await before.alice.start(anyResult, 1);
    await quiet();
    before.executor.runOf(job.id).return(new Report());
    expect((await before.alice.wait(job.id)).result).toBeInstanceOf(Report);
    const after = before.kill();
    expect((await after.alice.get(job.id))?.result).toEqual({ pages: 3 });
  });

  test('K6 a journal that another manager has is locked for all that is asked, and shuts down', async () => {
    const first = life();
    await first.manager.ready();
    const second = life({}, first.journal.another());
    expect(await codeOf(second.manager.ready())).toBe('locked');
    expect(await codeOf(second.alice.start(plain, 1))).toBe('locked');
    expect(await codeOf(second.alice.get('any'))).toBe('locked');
    expect(await codeOf(second.alice.wait('any'))).toBe('locked');
    expect(second.manager.health()).toMatchObject({
      accepting: false,
      journal: { writable: false },
    });
    expect(await second.manager.shutdown()).toEqual({ settled: 0, abandoned: 0 });
    expect(await codeOf(first.alice.start(plain, 1))).toBeUndefined();
  });

  test('K1 what is asked before the journal is read waits for it', async () => {
    const before = life({ slots: 1 });
    await before.alice.start(again, 0);
    const job = await before.alice.start(plain, 1);
    const after = before.kill();
    const seen: unknown[] = [];
    const stop = after.alice.watch?.(job.id, (id) => seen.push(id));
    const [view, list, waited] = [
      after.alice.get(job.id),
      after.alice.list(),
      after.alice.wait(job.id),
    ];
    expect((await view)?.id).toBe(job.id);
    expect((await list).length).toBe(2);
    await quiet();
    after.executor.runOf(job.id).return('ok');
    expect((await waited).status).toBe('succeeded');
    expect(seen).toContain(job.id);
    stop?.();
  });

  test('K4 a shutdown before the journal is read closes it', async () => {
    const before = life();
    const opening = before.manager.ready();
    const ending = before.manager.shutdown();
    expect(await codeOf(opening)).toBe('manager_closed');
    expect(await ending).toEqual({ settled: 0, abandoned: 0 });
    expect(await codeOf(life({}, before.journal.another()).manager.ready())).toBeUndefined();
  });

  test('F4 an executor that is not ready yet is asked again, and no kept job is lost', async () => {
    const before = life({ slots: 1 });
    await before.alice.start(again, 0);
    const job = await before.alice.start(plain, 1);
    const after = before.kill();
    after.executor.readiness.push(Promise.reject(new Error('no entry')));
    expect(await codeOf(after.manager.ready())).toBe('executor_failed');
    await after.manager.ready();
    expect((await after.alice.get(job.id))?.id).toBe(job.id);
  });
});

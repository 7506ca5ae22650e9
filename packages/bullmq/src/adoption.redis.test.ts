import {
  defineJob,
  handle,
  InlineExecutor,
  type JobHandler,
  JobManager,
  SnapshotStore,
} from '@offstage/core';
import type { JobJournal } from '@offstage/core/engine';
import { type MemoryJournal, memoryJournal, memoryStorage } from '@offstage/core/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';

// Jobs of a journal, as one process left them, and what becomes of them on Redis.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start('--appendfsync', 'no');
});
afterAll(() => server[Symbol.asyncDispose]());

const work = defineJob({
  name: 'work',
  // What it gives is not what it takes, so that a second reading would refuse it.
  input: z.object({ at: z.string().transform((text) => Number(text)) }),
  result: z.unknown(),
  phases: ['work'],
  retry: { attempts: 3, delayMs: 0 },
});
type Handler = JobHandler<typeof work>;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** A process over a journal: it ends by a kill, or by a shutdown that is obeyed, or is not. */
async function oldProcess(handler: Handler, discard?: () => void) {
  const journal = memoryJournal();
  const handled = handle(work, handler, discard === undefined ? {} : { discard });
  const manager = new JobManager({
    executor: new InlineExecutor([handled]),
    definitions: [work],
    journal,
    concurrency: 100,
  });
  manager.on('error', () => {});
  await manager.ready();
  const kill = (): MemoryJournal => {
    const after = journal.afterKill();
    journal.stop();
    return after;
  };
  return { manager, alice: manager.forOwner('alice'), journal, kill };
}

const endings = {
  killed: async ({ kill }: Old) => kill(),
  'shut down': async ({ manager, journal }: Old) => {
    await manager.shutdown({ graceMs: 1000 });
    return journal.afterKill();
  },
  'shut down while a handler does not obey': async ({ manager, journal }: Old) => {
    await manager.shutdown({ graceMs: 0 });
    return journal.afterKill();
  },
};
type Old = Awaited<ReturnType<typeof oldProcess>>;

const opened = async (journal: JobJournal) => {
  const state = await journal.open();
  await journal.close();
  return state;
};

test.concurrent.each(Object.entries(endings))(
  'S19 E5 K2 what was published before the process was %s is not published again where its job is adopted',
  async (how, end) => {
    const store = new SnapshotStore({ storage: memoryStorage(), metadata: z.object({}) });
    const begun = Promise.withResolvers<void>();
    const publish: Handler = async ({ signal, jobId, attempt }) => {
      await using draft = await store.begin({ signal });
      await draft.write('a.txt', 'a');
      const { version, repeated } = await draft.finalize({}, { signal, key: jobId });
      if (begun.promise !== ended) {
        ended = begun.promise;
        begun.resolve();
        await (how.includes('not obey') ? new Promise(() => {}) : untilAborted(signal));
      }
      return { version, repeated, attempt };
    };
    let ended: unknown;
    const old = await oldProcess(publish);
    const { id } = await old.alice.start(work, { at: '1' });
    await begun.promise;
    const journal = await end(old);
    await using queue = new ServedQueue(server.url);
    const manager = queue.manager([handle(work, publish)]);
    expect(await manager.adopt(journal)).toEqual({ adopted: 1, left: [] });
    await queue.serve([handle(work, publish)]);
    const attempt = how === 'shut down' ? 1 : 2;
    const versions = await store.list();
    expect(await manager.forOwner('alice').wait(id)).toMatchObject({
      status: 'succeeded',
      attempt,
      result: { repeated: true, attempt, version: versions[0]?.version },
    });
    expect(versions).toHaveLength(1);
  },
);

test.concurrent.each(Object.entries(endings))(
  'J5 E5 K2 a job that was to be canceled as the process was %s ends canceled, and is discarded',
  async (_how, end) => {
    const deaf: Handler = () => new Promise(() => {});
    const old = await oldProcess(deaf, () => {});
    const running = await old.alice.start(work, { at: '1' }, { exclusivityKey: 'k' });
    const behind = await old.alice.start(
      work,
      { at: '2' },
      { exclusivityKey: 'k', onConflict: 'queue' },
    );
    expect(await old.alice.cancel(running.id)).toBe(true);
    const journal = await end(old);
    await using queue = new ServedQueue(server.url);
    const ran: number[] = [];
    const discarded: unknown[] = [];
    const handled = handle(work, ({ input }) => void ran.push(input.at), {
      discard: ({ input, outcome }) => void discarded.push([input, outcome]),
    });
    const manager = queue.manager([handled]);
    const alice = manager.forOwner('alice');
    expect(await manager.adopt(journal)).toEqual({ adopted: 2, left: [] });
    expect(await alice.get(running.id)).toMatchObject({ status: 'canceled', attempt: 1 });
    await queue.serve([handled]);
    expect((await alice.wait(behind.id)).status).toBe('succeeded');
    expect(ran).toEqual([2]);
    expect(discarded).toEqual([[{ at: 1 }, { status: 'canceled' }]]);
    expect(await manager.activity()).toMatchObject({ queued: 0, running: 0 });
  },
);

test.concurrent('E5 K2 A1 A10 an adopted job goes on where it was: attempt, saved state, progress, failure, moments', async () => {
  const begun = Promise.withResolvers<void>();
  const old = await oldProcess(async ({ attempt, save, report, signal }) => {
    if (attempt === 1) throw new Error('the first one fails');
    report({ phase: 'work', percent: 40 });
    await save({ upTo: 7 });
    begun.resolve();
    await untilAborted(signal);
  });
  const { id, createdAt } = await old.alice.start(work, { at: '1' });
  await begun.promise;
  const before = await old.alice.poll(id);
  const journal = old.kill();
  await using queue = new ServedQueue(server.url);
  const handled = handle(work, ({ attempt, saved, report }) => {
    report({ phase: 'work', percent: 80 });
    return { attempt, saved };
  });
  const manager = queue.manager([handled]);
  await manager.adopt(journal);
  const alice = manager.forOwner('alice');
  expect(await alice.get(id)).toMatchObject({
    ...{ status: 'queued', attempt: 3, maxAttempts: 3, createdAt },
    lastFailure: { code: 'interrupted' },
  });
  await queue.serve([handled]);
  expect(await alice.wait(id)).toMatchObject({ result: { attempt: 3, saved: { upTo: 7 } } });
  // Whoever had followed it is shown what came after.
  const { events, cursor } = await alice.poll(id, { after: before.cursor });
  expect(events.at(-1)).toMatchObject({ percent: 80, attempt: 3 });
  expect(cursor).toBeGreaterThan(before.cursor);
});

test.concurrent('E5 K3 a job whose last attempt was killed with its process ends failed where it is adopted', async () => {
  const old = await oldProcess(async ({ attempt, signal }) => {
    if (attempt < 3) throw new Error('fails');
    await untilAborted(signal);
  });
  const { id } = await old.alice.start(work, { at: '1' });
  await vi.waitFor(async () => expect((await old.alice.get(id))?.attempt).toBe(3));
  await vi.waitFor(async () => expect((await old.alice.get(id))?.status).toBe('running'));
  const journal = old.kill();
  await using queue = new ServedQueue(server.url);
  const manager = queue.manager([handle(work, () => {})]);
  const told: unknown[] = [];
  manager.on('error', ({ reference }) => told.push(reference));
  await manager.adopt(journal);
  const end = await manager.forOwner('alice').get(id);
  expect(end).toMatchObject({ status: 'failed', attempt: 3, failure: { code: 'interrupted' } });
  expect(told).toEqual([end?.failure?.reference]);
});

test.concurrent('E5 K2 A5 A6 A8 adopted jobs keep owner, order, priority, due time, keys and limits, and those that ended their ends', async () => {
  const held = Promise.withResolvers<void>();
  const old = await oldProcess(async ({ input, signal }) => {
    if (input.at === 0) return 'done';
    if (input.at === -1) throw new Error('all fail');
    held.resolve();
    await untilAborted(signal);
  });
  const { alice } = old;
  const bob = old.manager.forOwner('bob');
  const key = { exclusivityKey: 'k', onConflict: 'queue' } as const;
  const startAt = Date.now() + 3_600_000;
  const asked = { idempotencyKey: 'page', priority: 2, ...key };
  const done = await alice.start(work, { at: '0' }, { idempotencyKey: 'was' });
  const failed = await alice.start(work, { at: '-1' });
  await alice.wait(done.id);
  const { failure } = await alice.wait(failed.id);
  const jobs = [
    await alice.start(work, { at: '1' }, key),
    await alice.start(work, { at: '2' }, asked),
    await bob.start(work, { at: '3' }),
    await alice.start(work, { at: '4' }, { startAt }),
    await alice.start(work, { at: '5' }, { priority: 9 }),
  ];
  await held.promise;
  await old.manager.shutdown();
  await using queue = new ServedQueue(server.url);
  const ran: number[] = [];
  const handled = handle(work, ({ input }) => void ran.push(input.at));
  const manager = queue.manager([handled], {
    ...{ keepInputs: true, maxQueued: 2, maxActivePerOwner: 2 },
    limits: { work: { concurrency: 1 } },
  });
  expect(await manager.adopt(old.journal.afterKill())).toEqual({ adopted: 7, left: [] });
  const mine = manager.forOwner('alice');
  expect(await mine.get(done.id)).toMatchObject({ status: 'succeeded', result: 'done' });
  expect(await mine.get(failed.id)).toMatchObject({ status: 'failed', attempt: 3, failure });
  // A page that asks again under its key finds its job, with whatever options it asked.
  expect((await mine.start(work, { at: '2' }, asked)).id).toBe(jobs[1]?.id);
  expect((await mine.start(work, { at: '0' }, { idempotencyKey: 'was' })).id).toBe(done.id);
  await expect(mine.start(work, { at: '1' }, { idempotencyKey: 'page' })).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
  await expect(mine.start(work, { at: '6' })).rejects.toMatchObject({ code: 'queue_full' });
  await queue.serve([handled], { concurrency: 1 });
  for (const { id } of jobs) {
    if (id === jobs[3]?.id) continue;
    const owner = id === jobs[2]?.id ? manager.forOwner('bob') : mine;
    expect((await owner.wait(id)).status).toBe('succeeded');
  }
  expect(await mine.get(jobs[3]?.id ?? '')).toMatchObject({
    status: 'queued',
    availableAt: startAt,
  });
  expect(ran.indexOf(2)).toBeGreaterThan(ran.indexOf(1));
  expect(ran.toSorted()).toEqual([1, 2, 3, 5]);
  const again = await mine.retry(failed.id);
  expect((await mine.wait(again.id)).status).toBe('succeeded');
  expect(ran.at(-1)).toBe(-1);
});

test.concurrent('E5 K5 a job that cannot be adopted stays in its journal and is told, and the others move', async () => {
  const old = await oldProcess(() => {});
  const other = defineJob({ ...work, name: 'other' });
  const start = (at: string) => old.alice.start(work, { at }, { delayMs: 1_000_000 });
  const good = await start('1');
  const bad = await start('x');
  await old.manager.shutdown();
  const lost = {
    ...(await opened(old.journal.afterKill())).jobs[0],
    id: 'of-another-name',
    name: 'other',
  };
  const journal = old.journal.afterKill();
  await journal.open();
  await journal.write({ type: 'admitted', job: lost as never });
  await journal.close();
  const strict = defineJob({
    ...work,
    input: z.object({ at: z.string().regex(/^\d+$/).transform(Number) }),
  });
  await using queue = new ServedQueue(server.url);
  const manager = queue.manager([handle(strict, () => {})]);
  const disk = journal.afterKill();
  expect(await manager.adopt(disk)).toMatchObject({
    adopted: 1,
    left: [
      { id: bad.id, owner: 'alice', name: 'work', error: { code: 'invalid_input' } },
      { id: 'of-another-name', name: 'other', error: { code: 'unknown_definition' } },
    ],
  });
  expect((await manager.forOwner('alice').get(good.id))?.status).toBe('queued');
  // Another release takes those that were left.
  const mended = queue.manager([handle(work, () => {}), handle(other, () => {})]);
  expect(await mended.adopt(disk.afterKill())).toEqual({ adopted: 2, left: [] });
  expect((await opened(disk.afterKill().afterKill())).jobs).toHaveLength(2);
});

test.concurrent('E5 K2 S19 a move that is killed at any step and done again takes each job once, also one that has gone meanwhile', async () => {
  const old = await oldProcess(() => {});
  const jobs = [];
  for (const at of ['1', '2', '3']) jobs.push(await old.alice.start(work, { at }, { delayMs: 1 }));
  // None of them began.
  const content = old.kill();
  await using queue = new ServedQueue(server.url);
  const ran: number[] = [];
  const handled = handle(work, ({ input }) => void ran.push(input.at));
  const manager = queue.manager([handled]);
  // Redis has them, and the journal does not let go.
  const stuck = content.another({
    onStep: (step) => {
      if (step === 'group') throw new Error('killed');
    },
  });
  await expect(manager.adopt(stuck)).rejects.toThrow();
  await queue.serve([handled]);
  const alice = manager.forOwner('alice');
  for (const { id } of jobs) {
    await alice.wait(id);
    expect(await alice.consume(id)).toBe(true);
  }
  const again = content.afterKill();
  expect(await manager.adopt(again)).toEqual({ adopted: 3, left: [] });
  expect(await alice.list()).toEqual([]);
  expect(ran.toSorted()).toEqual([1, 2, 3]);
  expect((await opened(again.afterKill())).jobs).toEqual([]);
  const link = queue.link();
  expect(await link.call('EXISTS', `${link.base}adopted`)).toBe(0);
  link.close();
});

test.concurrent('E5 A8 a start that was asked for again on Redis already is not done twice by a move', async () => {
  const old = await oldProcess(() => {});
  const asked = { idempotencyKey: 'page', delayMs: 1_000_000 };
  const before = await old.alice.start(work, { at: '1' }, asked);
  await old.manager.shutdown();
  await using queue = new ServedQueue(server.url);
  const manager = queue.manager([handle(work, () => {})]);
  const { id: jobId } = await manager.forOwner('alice').start(work, { at: '1' }, asked);
  expect(await manager.adopt(old.journal.afterKill())).toMatchObject({
    adopted: 0,
    left: [{ id: before.id, error: { code: 'conflict', details: { jobId } } }],
  });
});

test.concurrent('E5 K2 A8 whoever had begun holds its key where it is adopted, and those that waited wait on', async () => {
  const begun = Promise.withResolvers<void>();
  const old = await oldProcess(async ({ input, signal }) => {
    if (input.at === 3) begun.resolve();
    await untilAborted(signal);
  });
  const start = (at: string, onConflict: 'queue' | 'replace') =>
    old.alice.start(work, { at }, { exclusivityKey: 'k', onConflict });
  await start('1', 'queue');
  const waits = await start('2', 'queue');
  const replaces = await start('3', 'replace');
  await begun.promise;
  const journal = old.kill();
  await using queue = new ServedQueue(server.url);
  const ran: number[] = [];
  const handled = handle(work, ({ input }) => void ran.push(input.at));
  const manager = queue.manager([handled]);
  expect(await manager.adopt(journal)).toEqual({ adopted: 3, left: [] });
  await queue.serve([handled]);
  const alice = manager.forOwner('alice');
  for (const { id } of [waits, replaces]) expect((await alice.wait(id)).status).toBe('succeeded');
  expect(ran).toEqual([3, 2]);
});

test.concurrent('E5 K2 P3 what an older journal does not say is no obstacle, and the newest event is shown', async () => {
  const old = await oldProcess(async ({ report, signal, save }) => {
    report({ phase: 'work', percent: 30 });
    await save(1);
    await untilAborted(signal);
  });
  const asked = { idempotencyKey: 'page' };
  const { id } = await old.alice.start(work, { at: '1' }, { ...asked, priority: 3 });
  await vi.waitFor(async () => expect((await old.alice.get(id))?.progress?.percent).toBe(30));
  await old.manager.shutdown();
  const [job] = (await opened(old.journal.afterKill())).jobs;
  if (job === undefined) throw new Error('kept');
  const journal = memoryJournal();
  await journal.open();
  const { startedHow: _, ...older } = job;
  await journal.write({ type: 'admitted', job: older });
  await journal.close();
  await using queue = new ServedQueue(server.url);
  const manager = queue.manager([handle(work, () => {})]);
  expect(await manager.adopt(journal.afterKill())).toEqual({ adopted: 1, left: [] });
  const alice = manager.forOwner('alice');
  // With what options is not known, so any will do.
  expect((await alice.start(work, { at: '1' }, asked)).id).toBe(id);
  const { events, job: view } = await alice.poll(id);
  expect(view?.progress).toMatchObject({ percent: 30, attempt: 1 });
  expect(events).toEqual([view?.progress]);
});

import { existsSync } from 'node:fs';
import path from 'node:path';
import { handle, InlineExecutor, type JobContext, JobManager, OffstageError } from '@offstage/core';
import { type MemoryJournal, memoryJournal } from '@offstage/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { ParseCache } from '../reading/parse-cache.ts';
import { search } from '../search/search.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { createChangeHandler } from './change-handler.ts';
import { changeWork, type StagedFile } from './change-work.ts';

type Context = JobContext<typeof changeWork>;

const files = { 'a.md': 'alpha words', 'b.md': 'beta words', 'c.md': 'gamma words' };
const faulty = new URL('../testing/faulty-parser.ts', import.meta.url);
const never = new Promise<never>(() => undefined);

function stage(): StagedFile[] {
  const staging = writeFiles(scratch(), files);
  return Object.entries(files).map(([name, text]) => ({
    ...{ upload: name, name, staged: path.join(staging, name), bytes: text.length, sha256: text },
  }));
}

/** A process over a journal. `around` sees the handler's context and its run, and may let neither end. */
function open(
  journal: MemoryJournal,
  data: string,
  around: (context: Context, run: (context: Context) => Promise<unknown>) => Promise<unknown>,
  parser?: URL,
) {
  const cache = new ParseCache(path.join(data, 'parsed'));
  const { handler } = createChangeHandler({ pool: new ChildPool({ keep: 0 }), cache, parser });
  const run = (context: Context) => around(context, async (seen) => handler(seen)) as never;
  const manager = new JobManager({
    executor: new InlineExecutor([handle(changeWork, run)]),
    definitions: [changeWork],
    journal,
  });
  onTestFinished(async () => void (await manager.shutdown({ graceMs: 0 })));
  return manager.forOwner('me');
}

/** Settings as the handler has them, with one of them changed. */
const withContext = (context: Context, changed: Partial<Context>): Context => {
  const { input, signal, report, jobId, attempt, saved } = context;
  const save = (state: unknown) => context.save(state);
  return { input, signal, report, jobId, attempt, saved, save, ...changed };
};

test('S19 D7 an attempt that is cut short after its commit is not published twice, and its answer is the first', async () => {
  const data = scratch();
  const journal = memoryJournal();
  const committed = Promise.withResolvers<void>();
  const before = open(journal, data, async (context, run) => {
    await run(context);
    committed.resolve();
    return never;
  });
  const add = stage();
  const { id } = await before.start(changeWork, { dataFolder: data, add, remove: [] });
  await committed.promise;
  const after = open(journal.afterKill(), data, (context, run) => run(context));
  expect(await after.wait(id)).toMatchObject({
    ...{ status: 'succeeded', attempt: 2 },
    result: {
      ...{ gen: 1, published: true, documents: 3, added: 3, duplicates: 0 },
      files: Object.keys(files).map((name) => ({ name, outcome: 'added' })),
    },
  });
  expect(await openSnapshots(data).list()).toHaveLength(1);
  expect(add.filter(({ staged }) => existsSync(staged))).toEqual([]);
});

test('E4 D7 an attempt that was given up publishes nothing, and what it took stays', async () => {
  const data = scratch();
  const fenced = async (): Promise<never> => {
    throw new OffstageError('fenced', 'Another attempt has taken its place.');
  };
  const jobs = open(memoryJournal(), data, (context, run) =>
    run(withContext(context, { save: fenced })),
  );
  const add = stage();
  const { id } = await jobs.start(changeWork, { dataFolder: data, add, remove: [] });
  expect((await jobs.wait(id)).status).toBe('failed');
  expect(await openSnapshots(data).list()).toEqual([]);
  expect(add.filter(({ staged }) => existsSync(staged))).toHaveLength(3);
});

test('S19 D7 where its answer was not kept, what the version says is', async () => {
  const data = scratch();
  const journal = memoryJournal();
  const committed = Promise.withResolvers<void>();
  const before = open(journal, data, async (context, run) => {
    await run(withContext(context, { save: () => Promise.reject(new Error('full')) }));
    committed.resolve();
    return never;
  });
  const { id } = await before.start(changeWork, { dataFolder: data, add: stage(), remove: [] });
  await committed.promise;
  const after = open(journal.afterKill(), data, (context, run) => run(context));
  expect(await after.wait(id)).toMatchObject({
    result: { gen: 1, published: true, documents: 3, files: [] },
  });
});

test('D7 an attempt that is cut short before its commit leaves the next one nothing to parse', async () => {
  const data = scratch();
  const journal = memoryJournal();
  const cut = Promise.withResolvers<void>();
  const before = open(journal, data, async (context, run) => {
    const process = new AbortController();
    // What it says last before it publishes.
    const save = async (): Promise<void> => process.abort(new Error('The process ends.'));
    await run(withContext(context, { save, signal: process.signal })).catch(() => undefined);
    cut.resolve();
    return never;
  });
  const { id } = await before.start(changeWork, { dataFolder: data, add: stage(), remove: [] });
  await cut.promise;
  expect(await openSnapshots(data).list()).toEqual([]);
  // A parser that can read none of them.
  const after = open(journal.afterKill(), data, (context, run) => run(context), faulty);
  expect(await after.wait(id)).toMatchObject({
    ...{ status: 'succeeded', attempt: 2 },
    result: { gen: 1, documents: 3, failed: 0 },
  });
  expect((await search(data, 'beta')).hits).toMatchObject([{ path: 'b.md' }]);
});

test('D7 D6 a change that failed is not attempted again by itself', async () => {
  const data = scratch();
  let runs = 0;
  const jobs = open(memoryJournal(), data, (context, run) => {
    runs += 1;
    return run(context);
  });
  await using _other = await openSnapshots(data).begin();
  const { id } = await jobs.start(changeWork, { dataFolder: data, add: stage(), remove: [] });
  expect(await jobs.wait(id)).toMatchObject({ status: 'failed', failure: { code: 'locked' } });
  expect(runs).toBe(1);
});

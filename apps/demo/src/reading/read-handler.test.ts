import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { InlineExecutor, JobManager } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import { createChangeHandler } from '../change/change-handler.ts';
import { changeWork } from '../change/change-work.ts';
import { search } from '../search/search.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { ChildPool } from './child-pool.ts';
import { createReadHandler, type ReadHandlerOptions } from './read-handler.ts';
import { readUploads } from './read-job.ts';
import { UploadReads } from './upload-reads.ts';

const faultyParser = new URL('../testing/faulty-parser.ts', import.meta.url);

/** Both jobs of the server's thread, in this one. */
function thread(options: Partial<ReadHandlerOptions> = {}) {
  const tools = { pool: new ChildPool(), reads: new UploadReads() };
  const executor = new InlineExecutor([
    createReadHandler({ ...tools, ...options }),
    createChangeHandler(tools),
  ]);
  const manager = new JobManager({ executor });
  onTestFinished(async () => void (await manager.shutdown()));
  return { jobs: manager.forOwner('test'), reads: tools.reads };
}

function stage(texts: readonly string[], name = (number: number) => `${number}.md`) {
  const folder = writeFiles(
    scratch(),
    Object.fromEntries(texts.map((text, number) => [`upload-${number}`, text])),
  );
  return texts.map((text, number) => ({
    ...{ upload: `u${number}`, name: name(number), bytes: text.length, sha256: text },
    staged: path.join(folder, `upload-${number}`),
  }));
}

test('D2 what was read ahead is not read again, whatever its name is in the corpus', async () => {
  const { jobs } = thread();
  const data = scratch();
  const files = stage(['alpha words', 'beta words'], () => 'same.md');
  const read = await jobs.start(readUploads, { files });
  expect((await jobs.wait(read.id)).result).toEqual({ read: 2 });
  for (const { staged } of files) writeFileSync(staged, 'never words');
  const { id } = await jobs.start(changeWork, { dataFolder: data, add: files, remove: [] });
  expect((await jobs.wait(id)).result).toMatchObject({ documents: 2, added: 2 });
  const { hits } = await search(data, 'words');
  expect(hits.map((hit) => hit.path).sort()).toEqual(['same (2).md', 'same.md']);
  expect((await search(data, 'never')).hits).toEqual([]);
});

test('D2 D6 files that fail are known as failed; a file that was taken back is passed over', async () => {
  const { jobs, reads } = thread({ parser: faultyParser });
  const files = stage(['exit', 'throw', 'good']);
  const gone = { name: 'gone.md', staged: path.join(scratch(), 'gone') };
  const { id } = await jobs.start(readUploads, { files: [gone, ...files] });
  expect((await jobs.wait(id)).result).toEqual({ read: 3 });
  expect(reads.has(gone.staged)).toBe(false);
  expect(files.map(({ staged }) => reads.take(staged)?.outcome)).toMatchObject([
    { failure: { code: 'crashed' } },
    { failure: { code: 'damaged' } },
    { file: { title: 'good done' } },
  ]);
});

test('D2 a canceled read keeps what its parser was at, begins nothing more, and leaves the parser warm', async () => {
  const { jobs, reads } = thread({ parser: faultyParser, graceMs: 60_000 });
  const files = stage(Array.from({ length: 100 }, () => 'pid'));
  const titles = () =>
    files.flatMap(({ staged }) => {
      const outcome = reads.take(staged)?.outcome;
      return outcome !== undefined && 'file' in outcome ? [outcome.file.title] : [];
    });
  const first = await jobs.start(readUploads, { files, processes: 1 });
  await jobs.cancel(first.id);
  expect((await jobs.wait(first.id)).status).toBe('canceled');
  const before = titles();
  expect(before.length).toBeGreaterThan(0);
  expect(before.length).toBeLessThan(files.length);
  const second = await jobs.start(readUploads, { files: files.slice(0, 1), processes: 1 });
  await jobs.wait(second.id);
  expect(new Set([...before, ...titles()]).size).toBe(1);
});

test('D2 D6 a canceled read does not wait for a parser that hangs', async () => {
  const { jobs, reads } = thread({ parser: faultyParser, graceMs: 1 });
  const files = stage(['hang', 'good']);
  const { id } = await jobs.start(readUploads, { files, processes: 1, fileTimeoutMs: 600_000 });
  await jobs.cancel(id);
  expect((await jobs.wait(id)).status).toBe('canceled');
  expect(files.some(({ staged }) => reads.has(staged))).toBe(false);
});

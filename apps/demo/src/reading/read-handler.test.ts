import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { InlineExecutor, JobManager } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import { createChangeHandler } from '../change/change-handler.ts';
import { changeWork } from '../change/change-work.ts';
import { search } from '../search/search.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { ChildPool } from './child-pool.ts';
import { createReadHandler } from './read-handler.ts';
import { readUploads } from './read-job.ts';
import { UploadReads } from './upload-reads.ts';

const faultyParser = new URL('../testing/faulty-parser.ts', import.meta.url);

/** Tells of what is read and of what is taken, as it happens. */
class ToldReads extends UploadReads {
  readonly begun: string[] = [];
  onPut: (places: number) => void = () => {};
  onTake: () => void = () => {};

  override put(...args: Parameters<UploadReads['put']>): void {
    super.put(...args);
    this.begun.push(args[0]);
    this.onPut(this.begun.length);
  }

  override take(...args: Parameters<UploadReads['take']>) {
    const taken = super.take(...args);
    if (taken !== undefined) this.onTake();
    return taken;
  }
}

/** Counts the children that were asked for. */
class CountingPool extends ChildPool {
  children = 0;

  override take(...options: Parameters<ChildPool['take']>) {
    this.children += 1;
    return super.take(...options);
  }
}

/** Both jobs of the server's thread, in this one. */
function thread(parser?: URL) {
  const tools = { pool: new CountingPool(), reads: new ToldReads(), parser };
  const executor = new InlineExecutor([createReadHandler(tools), createChangeHandler(tools)]);
  const manager = new JobManager({ executor });
  onTestFinished(async () => void (await manager.shutdown()));
  return { jobs: manager.forOwner('test'), ...tools };
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

/** What becomes of a file, once a parser has answered; `undefined` where nothing is known of it. */
async function outcomeIn(reads: UploadReads, { staged }: { readonly staged: string }) {
  return await reads.take(staged)?.outcome;
}

async function titleIn(reads: UploadReads, file: { readonly staged: string }) {
  const outcome = await outcomeIn(reads, file);
  return outcome !== undefined && 'file' in outcome ? outcome.file.title : undefined;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('D2 D6 files that fail are known as failed; a file that was taken back is passed over', async () => {
  const { jobs, reads } = thread(faultyParser);
  const files = stage(['exit', 'throw', 'good']);
  const gone = { name: 'gone.md', staged: path.join(scratch(), 'gone') };
  const { id } = await jobs.start(readUploads, { files: [gone, ...files] });
  expect((await jobs.wait(id)).result).toEqual({ read: 3 });
  expect(reads.has(gone.staged)).toBe(false);
  expect(await Promise.all(files.map((file) => outcomeIn(reads, file)))).toMatchObject([
    { failure: { code: 'crashed' } },
    { failure: { code: 'damaged' } },
    { file: { title: 'good done' } },
  ]);
});

test('D2 a canceled read begins nothing more, and the next job goes on with what its parser is at', async () => {
  const { jobs, reads, pool } = thread(faultyParser);
  const files = stage(Array.from({ length: 200 }, () => 'pid'));
  const first = await jobs.start(readUploads, { files, processes: 1 });
  reads.onPut = (count) => {
    if (count === 10) void jobs.cancel(first.id);
  };
  expect((await jobs.wait(first.id)).status).toBe('canceled');
  const begun = files.filter(({ staged }) => reads.has(staged)).length;
  expect(begun).toBeGreaterThanOrEqual(10);
  expect(begun).toBeLessThan(files.length);
  const second = await jobs.start(readUploads, { files, processes: 1 });
  expect((await jobs.wait(second.id)).result).toEqual({ read: files.length - begun });
  expect(reads.begun).toEqual(files.map(({ staged }) => staged));
  const titles = await Promise.all(files.map((file) => titleIn(reads, file)));
  expect(new Set(titles).size).toBe(1);
  expect(titles).not.toContain(undefined);
  expect(pool.children).toBe(1);
});

test('D2 D6 a canceled read waits for no parser that hangs, and its change gives the file one time limit', async () => {
  const { jobs, reads, pool } = thread(faultyParser);
  const files = stage(['hang', 'good']);
  const settings = { processes: 1, fileTimeoutMs: 1000 };
  const read = await jobs.start(readUploads, { files, ...settings });
  reads.onPut = (count) => {
    if (count === 2) void jobs.cancel(read.id);
  };
  expect((await jobs.wait(read.id)).status).toMatch(/canceled|succeeded/);
  expect(files.every(({ staged }) => reads.has(staged))).toBe(true);
  const change = { dataFolder: scratch(), add: files, remove: [], ...settings };
  const { id } = await jobs.start(changeWork, change);
  expect((await jobs.wait(id)).result).toMatchObject({ added: 1, newlyFailed: 1, documents: 1 });
  // The one that hung, and the one that went on.
  expect(pool.children).toBe(2);
  expect(reads.begun.length).toBe(2);
});

test('D3 D6 a canceled change ends what it took over of a read, and leaves nothing that is waited for', async () => {
  const { jobs, reads } = thread(faultyParser);
  // Of this kind each is answered at once.
  const [first, ...files] = stage(['pid', 'hang', 'good', 'good'], (number) => `${number}.pdf`);
  const settings = { processes: 1, fileTimeoutMs: 600_000 };
  if (first === undefined) throw new Error('There is no file.');
  const read = await jobs.start(readUploads, { files: [first, ...files], ...settings });
  await jobs.wait(read.id);
  const pid = Number(await titleIn(reads, first));
  expect(isAlive(pid)).toBe(true);
  const { id } = await jobs.start(changeWork, {
    ...{ dataFolder: scratch(), remove: [], ...settings },
    // One of the read's files is not among them.
    add: files.slice(0, 2),
  });
  reads.onTake = () => void jobs.cancel(id);
  expect((await jobs.wait(id)).status).toBe('canceled');
  expect(files.filter(({ staged }) => reads.has(staged))).toEqual([]);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('D2 the parsers of a change are at its files before it looks at what there is', async () => {
  const { jobs, reads } = thread();
  const files = stage(['alpha words', 'beta words', 'alpha words']);
  const order: string[] = [];
  reads.onPut = () => order.push('begun');
  reads.onTake = () => order.push('taken');
  const dataFolder = scratch();
  const add = files.map((file, at) => ({ ...file, name: `${at}.md` }));
  const { id } = await jobs.start(changeWork, { dataFolder, add, remove: [] });
  expect((await jobs.wait(id)).result).toMatchObject({ documents: 2, duplicates: 1 });
  expect(order.slice(0, 4)).toEqual(['begun', 'begun', 'begun', 'taken']);
  // Nobody asks for what is there twice.
  expect(files.filter(({ staged }) => reads.has(staged))).toEqual([]);
});

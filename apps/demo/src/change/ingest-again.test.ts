import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { search } from '../search/search.ts';
import { fileRows, indexFile, openIndex, originalPath } from '../search/search-index.ts';
import { saveSettings } from '../search/settings.ts';
import { inlineJobs, runIngest as run } from '../testing/ingest.ts';
import { endlessMarkdown, scratch, writeFiles } from '../testing/scratch.ts';
import { upload } from '../testing/upload.ts';
import { ingest } from './ingest-job.ts';

/** One warm parser for all. */
const pool = new ChildPool();
const runIngest = (folder: string, data: string) => run(folder, data, pool);
const uploadTo = (data: string, files: Record<string, string>) => upload(data, files, pool);

/** All that an index of the current version says, but for numbers of rows and times. */
async function contentOf(data: string) {
  await using version = await openSnapshots(data).current();
  if (version === undefined) throw new Error('Nothing is published.');
  using database = openIndex(version.path(indexFile));
  const { corpusHash, documents, passages, bytes, failed } = version.metadata;
  return {
    ...{ corpusHash, documents, passages, bytes, failed },
    files: [...fileRows(database)].map(({ path: name, sha256, failure }) => [
      name,
      sha256,
      failure,
    ]),
    titles: database.prepare('SELECT path, title FROM files ORDER BY path').all(),
    words: database.prepare('SELECT term, passages FROM words ORDER BY term').all(),
  };
}

const left = (data: string): string[] => readdirSync(path.join(data, 'snapshots')).sort();

test('D9 a folder in which nothing has changed is not published again', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'one word', 'empty.md': '' });
  const data = scratch();
  const first = await runIngest(folder, data);
  expect(first).toMatchObject({ published: true, added: 2, unchanged: 0, parsed: 2 });
  const before = left(data);
  const { version, gen, documents, passages, bytes, failed, failures } = first;
  expect(await runIngest(folder, data)).toEqual({
    ...{ version, gen, documents, passages, bytes, failed, failures },
    ...{
      published: false,
      upToDate: true,
      added: 0,
      changed: 0,
      moved: 0,
      removed: 0,
      unchanged: 2,
      reread: 0,
      parsed: 0,
    },
    ...{ hidden: 0, uploads: 0, unsettled: [] },
  });
  expect(left(data)).toEqual(before);
});

test('D7 D9 what a killed ingest left behind goes, also where nothing has changed', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  const data = scratch();
  await runIngest(folder, data);
  const before = left(data);
  mkdirSync(path.join(data, 'snapshots', '_tmp-0123456789abcdef'));
  expect((await runIngest(folder, data)).published).toBe(false);
  expect(left(data)).toEqual(before);
});

test('D9 only what has changed is parsed, and the index is what a first ingest makes', async () => {
  const folder = writeFiles(scratch(), {
    'gone.md': 'vanishing',
    'kept.md': '# Kept\n\nstays here',
    'sub/edited.md': 'former phrase',
    'sub/moved-note.txt': 'without a title, carried about',
    'titled.md': '# A Title of Its Own\n\nA Title of Its Own stands above',
    'broken.pdf': '%PDF-1.7 torn',
  });
  const data = scratch();
  expect((await runIngest(folder, data)).parsed).toBe(6);
  rmSync(path.join(folder, 'gone.md'));
  mkdirSync(path.join(folder, 'other'));
  renameSync(path.join(folder, 'sub/moved-note.txt'), path.join(folder, 'other/new-name.txt'));
  renameSync(path.join(folder, 'titled.md'), path.join(folder, 'a-title-of-its-own.md'));
  writeFiles(folder, {
    'sub/edited.md': 'latter phrase',
    'added.md': 'newcomer',
    'copy.md': '# Kept\n\nstays here',
  });
  const again = await runIngest(folder, data);
  expect(again).toMatchObject({
    ...{ gen: 2, published: true, documents: 6, failed: 1 },
    ...{ added: 2, changed: 1, moved: 2, removed: 1, unchanged: 2, parsed: 2 },
  });
  expect(again.added + again.changed + again.moved + again.unchanged).toBe(
    again.documents + again.failed,
  );
  const found = async (query: string): Promise<string[]> =>
    (await search(data, query)).hits.map((hit) => hit.path).sort();
  expect(await found('vanishing')).toEqual([]);
  expect(await found('former')).toEqual([]);
  expect(await found('latter')).toEqual(['sub/edited.md']);
  expect(await found('name:new')).toEqual(['other/new-name.txt']);
  expect(await found('name:moved')).toEqual([]);
  expect((await search(data, 'carried')).documents[0]?.title).toBe('new name');
  expect(await found('stays')).toEqual(['copy.md', 'kept.md']);

  const fresh = scratch();
  await runIngest(folder, fresh);
  expect(await contentOf(data)).toEqual(await contentOf(fresh));
});

test('D9 after many changes the index is what a first ingest makes', async () => {
  const folder = scratch();
  const data = scratch();
  const text = (n: number): string => `# Note ${n % 7}\n\nword${n} and word${n % 5}`;
  for (let n = 0; n < 30; n += 1) writeFiles(folder, { [`${n % 4}/${n}.md`]: text(n) });
  await runIngest(folder, data);
  for (let round = 1; round <= 4; round += 1) {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    for (const [at, name] of names.sort().entries()) {
      const file = path.join(folder, name);
      if ((at + round) % 5 === 0) rmSync(file);
      else if ((at + round) % 7 === 0) writeFileSync(file, text(at * round));
      else if ((at + round) % 4 === 0) renameSync(file, `${file.slice(0, -3)}-${round}.md`);
    }
    writeFiles(folder, { [`new/${round}.md`]: text(100 + round) });
    await runIngest(folder, data);
  }
  const fresh = scratch();
  await runIngest(folder, fresh);
  expect(await contentOf(data)).toEqual(await contentOf(fresh));
});

test('D4 D9 other settings read every file again, also what was uploaded', async () => {
  const text = `${'A sentence of some words. '.repeat(60)}`;
  const folder = writeFiles(scratch(), { 'a.md': text });
  const data = scratch();
  await runIngest(folder, data);
  await uploadTo(data, { 'b.md': `${text}b` });
  const before = await contentOf(data);
  saveSettings(data, { language: 'auto', passageLength: 400 });
  const again = await runIngest(folder, data);
  expect(again).toMatchObject({ published: true, documents: 2, uploads: 1, parsed: 2 });
  expect(again.passages).toBeGreaterThan(before.passages);
  expect(await runIngest(folder, data)).toMatchObject({ published: false });
});

test('D5 D9 what was uploaded stays beside a folder, which has the first right to its names', async () => {
  const data = scratch();
  await uploadTo(data, { 'a.md': 'uploaded words', 'u.md': 'more of it' });
  const folder = writeFiles(scratch(), { 'b.md': 'of the folder' });
  expect(await runIngest(folder, data)).toMatchObject({ documents: 3, added: 1, uploads: 2 });
  await uploadTo(data, { 'c.md': 'and a third' });
  expect(await runIngest(folder, data)).toMatchObject({ published: false, documents: 4 });
  writeFiles(folder, { 'a.md': 'the same name' });
  expect(await runIngest(folder, data)).toMatchObject({ documents: 5, added: 1, uploads: 3 });
  expect((await search(data, 'uploaded')).hits.map((hit) => hit.path)).toEqual(['a (2).md']);
  await using version = await openSnapshots(data).current();
  using database = openIndex(version?.path(indexFile) ?? '');
  const originals = [...fileRows(database)].flatMap(({ document }) =>
    document === null ? [] : [originalPath(document)],
  );
  expect(version?.manifest.entries.map((entry) => entry.path).sort()).toEqual(
    [indexFile, ...originals].sort(),
  );
});

test('D9 another folder with the same files is a version of its own, and nothing is parsed', async () => {
  const data = scratch();
  const files = { 'a.md': 'one', 'b.md': 'two' };
  await runIngest(writeFiles(scratch(), files), data);
  expect(await runIngest(writeFiles(scratch(), files), data)).toMatchObject({
    ...{ gen: 2, published: true, unchanged: 2, parsed: 0 },
  });
});

test('D6 D9 a file that failed is not tried again until its limits are others', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text', 'endless.md': endlessMarkdown });
  const data = scratch();
  const jobs = inlineJobs(pool);
  const runWith = async (input: { fileTimeoutMs: number; checksum?: boolean }) => {
    const { id } = await jobs.start(ingest, { folder, dataFolder: data, ...input });
    return (await jobs.wait(id)).result;
  };
  expect(await runWith({ fileTimeoutMs: 300 })).toMatchObject({ published: true, failed: 1 });
  expect(await runWith({ fileTimeoutMs: 300 })).toMatchObject({ published: false, parsed: 0 });
  // It fails as it did, so there is nothing to publish.
  const other = await runWith({ fileTimeoutMs: 300, checksum: true });
  expect(other).toMatchObject({ published: false, failed: 1 });
  expect(await runWith({ fileTimeoutMs: 400 })).toMatchObject({ published: true, changed: 1 });
});

test.runIf(process.platform === 'linux')(
  'D6 D9 a file that cannot be read is listed once, and read when it can be',
  async () => {
    const folder = writeFiles(scratch(), { 'a.md': 'text' });
    // Modes do not bind root; a name that is no UTF-8 is unreadable for everybody.
    const bad = Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff])]);
    writeFileSync(bad, 'behind');
    const data = scratch();
    expect(await runIngest(folder, data)).toMatchObject({ failed: 1 });
    const { version } = await runIngest(folder, data);
    expect(await runIngest(folder, data)).toMatchObject({ version, published: false, failed: 1 });
    renameSync(bad, path.join(folder, 'good.md'));
    expect(await runIngest(folder, data)).toMatchObject({ documents: 2, failed: 0 });
  },
);

test('D9 a look alone says whether there is something to publish', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  const data = scratch();
  const jobs = inlineJobs(pool);
  const look = async () => {
    const { id } = await jobs.start(ingest, { folder, dataFolder: data, publish: false });
    return (await jobs.wait(id)).result;
  };
  expect(await look()).toMatchObject({ upToDate: false, published: false, version: '' });
  const { version } = await runIngest(folder, data);
  expect(await look()).toMatchObject({ upToDate: true, version });
  writeFiles(folder, { 'b.md': 'more' });
  expect(await look()).toMatchObject({ upToDate: false, published: false, version, documents: 1 });
});

test('D9 all files gone is told, and the version stays', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  const data = scratch();
  const { version } = await runIngest(folder, data);
  rmSync(path.join(folder, 'a.md'));
  const jobs = inlineJobs(pool);
  const { id } = await jobs.start(ingest, { folder, dataFolder: data });
  expect(await jobs.wait(id)).toMatchObject({ failure: { code: 'no_documents' } });
  expect((await search(data, 'text')).version).toBe(version);
});

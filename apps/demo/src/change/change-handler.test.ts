import path from 'node:path';
import { InlineExecutor, JobManager } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import { configHash } from '../corpus/corpus-metadata.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { search } from '../search/search.ts';
import { fileRows, indexFile, openIndex, SearchIndexWriter } from '../search/search-index.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { type ChangeHandlerOptions, createChangeHandler } from './change-handler.ts';
import { changeWork } from './change-work.ts';

const faulty = new URL('../testing/faulty-parser.ts', import.meta.url);

/** Warm parsers for all. */
const pool = new ChildPool();

interface Asked {
  readonly remove?: string[];
  readonly retry?: string[];
  readonly passageLength?: number;
  readonly fileTimeoutMs?: number;
}

function changes(dataFolder: string, options: Omit<ChangeHandlerOptions, 'pool'> = {}) {
  const handler = createChangeHandler({ ...options, pool });
  const manager = new JobManager({ executor: new InlineExecutor([handler]) });
  onTestFinished(async () => void (await manager.shutdown()));
  const jobs = manager.forOwner('test');
  const messages: string[] = [];
  const run = async (files: Readonly<Record<string, string>>, asked: Asked = {}) => {
    const staging = writeFiles(scratch(), files);
    const add = Object.entries(files).map(([name, text], n) => ({
      ...{
        upload: `u${n}`,
        name,
        staged: path.join(staging, name),
        bytes: text.length,
        sha256: text,
      },
    }));
    const { id } = await jobs.start(changeWork, { dataFolder, add, remove: [], ...asked });
    const end = await jobs.wait(id);
    const { events } = await jobs.poll(id, { limit: 1000 });
    messages.push(...events.map(({ message }) => message));
    return end;
  };
  return Object.assign(run, { messages });
}

/** What the current version lists. */
async function listed(data: string) {
  await using current = await openSnapshots(data).current();
  using database = openIndex(current?.path(indexFile) ?? '');
  return [...fileRows(database)];
}

/** Publishes what is current once more, as other settings would have made it. */
async function makeStale(data: string): Promise<void> {
  const store = openSnapshots(data);
  await using current = await store.current();
  await using draft = await store.begin();
  if (current === undefined) throw new Error('Nothing is published.');
  await draft.copyFrom(
    current,
    current.manifest.entries.map((entry) => entry.path),
  );
  using index = new SearchIndexWriter(draft.path(indexFile), { existing: true });
  for (const { path: name } of [...index.files()].slice(0, 1)) {
    expect(index.remove(name)).toBe(true);
    index.addDocument(
      {
        path: name,
        bytes: 1,
        sha256: null,
        modifiedAt: null,
        document: documentOf(current.manifest.entries),
      },
      { mediaType: 'text/plain', title: '', passages: [{ heading: '', text: 'former settings' }] },
    );
  }
  index.finish();
  await draft.finalize({ ...current.metadata, configHash: 'f'.repeat(64) });
}

const documentOf = (entries: readonly { path: string }[]): string =>
  entries
    .find(({ path: name }) => name.startsWith('documents/'))
    ?.path.slice('documents/'.length) ?? '';

test('D4 D5 where the settings have changed, any change indexes everything again', async () => {
  const data = scratch();
  const change = changes(data);
  await change({ 'a.md': 'alpha words' });
  await makeStale(data);
  expect((await search(data, 'former', { checkStaleness: true })).staleness).toMatchObject({
    ...{ stale: true, settingsChanged: true, folderMissing: false },
  });
  const end = await change({});
  expect(end.result).toMatchObject({ published: true, documents: 1, added: 0 });
  const answer = await search(data, 'alpha', { checkStaleness: true });
  expect(answer).toMatchObject({ staleness: { stale: false }, hits: [{ path: 'a.md' }] });
  expect(answer.metadata.configHash).toBe(configHash());
  expect((await search(data, 'former')).hits).toEqual([]);
  expect(await change({})).toMatchObject({ status: 'failed', failure: { code: 'nothing_to_do' } });
});

test('D4 D9 a corpus that was ingested from a folder is changed as well, and keeps what it has', async () => {
  const data = scratch();
  await runIngest(
    writeFiles(scratch(), { 'kept.md': 'kept words', 'gone.md': 'gone words' }),
    data,
  );
  const end = await changes(data)({ 'new.md': 'new words' }, { remove: ['path:gone.md'] });
  expect(end.result).toMatchObject({ documents: 2, added: 1, removed: 1, gen: 2 });
  const found = (await search(data, 'words')).hits.map((hit) => hit.path);
  expect(found.sort()).toEqual(['kept.md', 'new.md']);
});

test('D5 S9 a change leaves the version before it as it was, byte by byte', async () => {
  const data = scratch();
  const change = changes(data);
  await change({ 'a.md': 'alpha', 'b.md': 'beta' });
  await change({ 'a.md': 'alpha again', 'c.md': 'gamma' });
  const { versions } = await openSnapshots(data).verify();
  expect(versions).toHaveLength(2);
  for (const { problems } of versions) expect(problems).toEqual([]);
});

test('D6 files that failed are kept, and tried again alone, when somebody asks for it or settings change', async () => {
  const data = scratch();
  const first = changes(data, { parser: faulty });
  const failed = await first({ 'a.md': 'throw stones', 'b.md': 'throw rice', 'c.md': 'fine' });
  expect(failed.result).toMatchObject({ added: 1, newlyFailed: 2, failed: 2 });
  const [a, b] = await listed(data);
  const again = await first({}, { retry: [a?.document ?? ''] });
  expect(again).toMatchObject({ status: 'failed', failure: { code: 'nothing_readable' } });

  const change = changes(data);
  const retried = await change({}, { retry: [a?.document ?? '', 'gone'] });
  expect(retried.result).toMatchObject({
    ...{ gen: 2, added: 1, changed: 0, removed: 0, newlyFailed: 0, failed: 1, documents: 2 },
    files: [{ name: 'a.md', outcome: 'added' }],
  });
  // It is the document that it was, and the other one was left alone.
  expect(await listed(data)).toMatchObject([
    { path: 'a.md', indexed: true, document: a?.document, addedAt: a?.addedAt },
    { path: 'b.md', indexed: false, document: b?.document },
    { path: 'c.md', indexed: true },
  ]);
  expect((await search(data, 'stones')).hits).toMatchObject([{ path: 'a.md' }]);
  expect(await change({}, { retry: [a?.document ?? ''] })).toMatchObject({
    failure: { code: 'nothing_to_do' },
  });

  // Other settings may read what failed.
  expect((await change({}, { passageLength: 900 })).result).toMatchObject({ failed: 0, gen: 3 });
  expect((await search(data, 'rice')).hits).toMatchObject([{ path: 'b.md' }]);
});

test('D6 a failed file that another version does not keep is passed over, and one that leaves takes its file along', async () => {
  const data = scratch();
  await runIngest(writeFiles(scratch(), { 'a.md': 'words', 'empty.md': '' }), data);
  const change = changes(data);
  expect(await change({}, { retry: ['path:empty.md'] })).toMatchObject({
    failure: { code: 'nothing_to_do' },
  });
  await change({ 'torn.docx': 'no archive' }, { remove: ['path:a.md'] });
  const torn = (await listed(data)).find(({ path: name }) => name === 'torn.docx');
  const gone = await change({ 'b.md': 'b' }, { remove: [torn?.document ?? ''] });
  expect(gone.result).toMatchObject({ removed: 1, failed: 1 });
  await using current = await openSnapshots(data).current();
  const originals = current?.manifest.entries.filter((entry) => entry.path !== indexFile);
  expect(originals).toHaveLength(1);
});

test('D2 D4 passages are as long as the settings say, and other settings make the index stale', async () => {
  const data = scratch();
  const change = changes(data);
  const text = 'words of a long text without end '.repeat(100);
  expect((await change({ 'a.txt': text })).result).toMatchObject({ passages: 5 });
  const shorter = await change({}, { passageLength: 400 });
  expect(shorter.result).toMatchObject({ gen: 2, passages: 13, added: 0 });
  expect(await change({}, { passageLength: 400 })).toMatchObject({
    failure: { code: 'nothing_to_do' },
  });
});

test('D2 a file that takes long is named while it does', async () => {
  const change = changes(scratch(), { parser: faulty, slowMs: 50 });
  await change({ 'a.md': 'fine', 'atlas.pdf': 'wait' }, { fileTimeoutMs: 600 });
  expect(change.messages).toContain('1 of 2 files; 0 s so far at atlas.pdf');
  expect(change.messages.at(-1)).toBe('Published');
});

test('D6 what was left out of a file is told with the change and kept in the index', async () => {
  const data = scratch();
  const html = '<nav><a href="x">Elsewhere</a></nav><p>Words of the page.</p>';
  const end = await changes(data)({ 'a.md': 'plain', 'b.html': html });
  expect(end.result).toMatchObject({
    partly: 1,
    files: [
      { name: 'b.html', outcome: 'added', notes: ['Its navigation was left out.'] },
      { name: 'a.md', notes: [] },
    ],
  });
});

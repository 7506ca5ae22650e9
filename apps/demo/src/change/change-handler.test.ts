import path from 'node:path';
import { InlineExecutor, JobManager } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import { configHash } from '../corpus/corpus-metadata.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { search } from '../search/search.ts';
import { indexFile, SearchIndexWriter } from '../search/search-index.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { createChangeHandler } from './change-handler.ts';
import { changeWork } from './change-work.ts';

function changes(dataFolder: string) {
  const pool = new ChildPool({ keep: 0 });
  const manager = new JobManager({ executor: new InlineExecutor([createChangeHandler({ pool })]) });
  onTestFinished(async () => void (await manager.shutdown()));
  const jobs = manager.forOwner('test');
  return async (files: Readonly<Record<string, string>>, remove: string[] = []) => {
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
    const { id } = await jobs.start(changeWork, { dataFolder, add, remove });
    return jobs.wait(id);
  };
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
  const end = await changes(data)({ 'new.md': 'new words' }, ['path:gone.md']);
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

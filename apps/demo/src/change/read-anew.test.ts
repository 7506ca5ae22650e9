import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { comparedWithBefore } from '../cli/ingest-display.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { search } from '../search/search.ts';
import { indexFile } from '../search/search-index.ts';
import { startServer, visit } from '../testing/documents-server.ts';
import { runIngest as run } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { upload } from '../testing/upload.ts';
import { change } from './change-job.ts';

const pool = new ChildPool();
const runIngest = (folder: string, data: string) => run(folder, data, pool);

/** Publishes a version whose index was made as this statement says, and otherwise the same. */
async function publishAs(data: string, statement: string): Promise<void> {
  const store = openSnapshots(data);
  await using current = await store.current();
  await using draft = await store.begin();
  if (current === undefined) throw new Error('Nothing is published.');
  const places = current.manifest.entries.map((entry) => entry.path);
  await draft.copyFrom(current, places);
  const index = new DatabaseSync(draft.path(indexFile));
  index.exec(statement);
  index.close();
  await draft.finalize(current.metadata);
}

const former = (kind: string): string =>
  `UPDATE file_facts SET reader = 'former' WHERE file IN (SELECT id FROM files WHERE path LIKE '%${kind}')`;

const staleness = async (data: string) =>
  (await search(data, 'word', { checkStaleness: true })).staleness;

test.each([
  ['by a former reader of its kind', former('.md'), 2],
  ['before readers had versions', 'ALTER TABLE file_facts DROP COLUMN reader', 4],
])(
  'D4 D9 what was read %s is read anew by the next ingest, and nothing else',
  async (_by, made, count) => {
    const folder = writeFiles(scratch(), {
      'a.md': 'a word',
      'b.md': 'another word',
      'c.txt': 'a third word',
      'torn.pdf': '%PDF-1.7 torn',
    });
    const data = scratch();
    await runIngest(folder, data);
    await publishAs(data, made);
    expect(await staleness(data)).toMatchObject({ stale: true, outdated: count, changed: 0 });
    const again = await runIngest(folder, data);
    expect(again).toMatchObject({ published: true, parsed: count, reread: count });
    expect(again).toMatchObject({ unchanged: 4, changed: 0, documents: 3, failed: 1 });
    expect(comparedWithBefore(again)).toContain(`${count} read anew`);
    expect(await staleness(data)).toMatchObject({ stale: false, outdated: 0 });
    expect((await search(data, 'word')).total.documents).toBe(3);
    expect(await runIngest(folder, data)).toMatchObject({ published: false, reread: 0 });
  },
);

test('D4 D9 an upload that a former reader read is read anew beside a folder, and keeps its reader where it is moved', async () => {
  const folder = writeFiles(scratch(), { 'a.txt': 'a word' });
  const data = scratch();
  await upload(data, { 'up.md': 'an uploaded word' }, pool);
  await runIngest(folder, data);
  await publishAs(data, former('up.md'));
  expect(await runIngest(folder, data)).toMatchObject({ reread: 1, parsed: 1, uploads: 1 });
  expect((await search(data, 'uploaded')).hits).toHaveLength(1);
  expect(await staleness(data)).toMatchObject({ stale: false });
});

test('D4 the page tells of documents that a former reader read, and one click reads these alone', async () => {
  const data = scratch();
  await upload(data, { 'a.md': 'a word', 'b.txt': 'another word' }, pool);
  await publishAs(data, former('a.md'));
  const { url } = await startServer({ dataFolder: data });
  const me = visit(url);
  expect((await me.api.corpus()).stale).toMatchObject({
    ...{ settingsChanged: false, outdated: 1, canIndexAgain: true },
    message: expect.stringContaining('1 file was read by a former version'),
  });
  const { id } = await me.jobs.start(change, { add: [], remove: [] });
  await me.jobs.wait(id);
  expect((await me.api.corpus()).stale).toBe(null);
  expect((await search(data, 'word')).total.documents).toBe(2);
});

import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';
import { scratch, writeFiles } from '../../testing/scratch.ts';
import type { FolderNews } from './watched-folder.ts';

test('D5 D9 a watched folder and uploads are one corpus, and each leaves the other as it is', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'of the folder', 'sub/b.md': 'below it' });
  const news: FolderNews[] = [];
  const server = await startServer({ watch: folder, onFolderNews: (told) => news.push(told) });
  const visitor = visit(server.url);
  const documents = async (): Promise<string[]> =>
    (await visitor.api.documents({})).documents.map(({ name }) => name).sort();
  const patience = { timeout: 30_000, interval: 50 };
  await expect.poll(documents, patience).toEqual(['a.md', 'sub/b.md']);

  const published = await visitor.publish({ 'c.md': 'uploaded', 'd.md': 'of no folder' });
  expect(published).toMatchObject({ status: 'succeeded', result: { documents: 4 } });
  renameSync(path.join(folder, 'sub/b.md'), path.join(folder, 'moved.md'));
  // The folder has the first right to its names.
  writeFiles(folder, { 'c.md': 'of the folder as well' });
  await expect.poll(documents, patience).toEqual(['a.md', 'c (2).md', 'c.md', 'd.md', 'moved.md']);
  expect(news.at(-1)).toMatchObject({
    event: 'published',
    result: { added: 1, moved: 1, unchanged: 1, uploads: 2, parsed: 1 },
  });
  const found = await visitor.api.search('uploaded');
  expect(found.documents.map(({ name }) => name)).toEqual(['c (2).md']);

  rmSync(folder, { recursive: true });
  await expect.poll(() => news.at(-1), patience).toMatchObject({ code: 'folder_not_found' });
  expect(await documents()).toHaveLength(5);
}, 90_000);

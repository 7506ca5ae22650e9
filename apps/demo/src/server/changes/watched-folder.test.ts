import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startServer, visit } from '../../testing/documents-server.ts';
import { scratch, writeFiles } from '../../testing/scratch.ts';
import type { LogEvent } from '../../web/api.ts';
import type { FolderNews } from './watched-folder.ts';

/** What stands in the event log of a data folder, without progress. */
const eventsIn = (data: string): Partial<LogEvent>[] =>
  readFileSync(path.join(data, 'log', 'events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Partial<LogEvent> => JSON.parse(line))
    .filter(({ event }) => event !== 'progress');

test('D5 D9 D10 a watched folder and uploads are one corpus, each leaves the other as it is, and the event log has both', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'of the folder', 'sub/b.md': 'below it' });
  const news: FolderNews[] = [];
  const server = await startServer({ watch: folder, onFolderNews: (told) => news.push(told) });
  const visitor = visit(server.url);
  const documents = async (): Promise<string[]> =>
    (await visitor.api.documents({})).documents.map(({ name }) => name).sort();
  await expect.poll(documents).toEqual(['a.md', 'sub/b.md']);

  const published = await visitor.publish({ 'c.md': 'uploaded', 'd.md': 'of no folder' });
  expect(published).toMatchObject({ status: 'succeeded', result: { documents: 4 } });
  renameSync(path.join(folder, 'sub/b.md'), path.join(folder, 'moved.md'));
  // The folder has the first right to its names.
  writeFiles(folder, { 'c.md': 'of the folder as well' });
  await expect.poll(documents).toEqual(['a.md', 'c (2).md', 'c.md', 'd.md', 'moved.md']);
  expect(news.at(-1)).toMatchObject({
    event: 'published',
    result: { added: 1, moved: 1, unchanged: 1, uploads: 2, parsed: 1 },
  });
  const found = await visitor.api.search('uploaded');
  expect(found.documents.map(({ name }) => name)).toEqual(['c (2).md']);

  rmSync(folder, { recursive: true });
  await expect.poll(() => news.at(-1)).toMatchObject({ code: 'folder_not_found' });
  expect(await documents()).toHaveLength(5);

  // Looks that find nothing are no events.
  const events = eventsIn(server.data);
  expect(events.map(({ event, code }) => [event, code])).toEqual([
    ...Array.from({ length: 3 }, () => [
      ['started', null],
      ['completed', null],
    ]).flat(),
    ['failed', 'folder_not_found'],
  ]);
  expect(new Set(events.map(({ jobId }) => jobId)).size).toBe(4);
  expect(events[1]).toMatchObject({ phase: 'done', percent: 100 });
  expect(events[1]?.durationMs).toBeGreaterThan(0);
  expect(JSON.stringify(events)).not.toMatch(/\.md|of the folder/);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

test.runIf(canMount)(
  'D5 S18 a watched folder on a full disk is told by name, and taken in once there is room',
  async () => {
    const data = scratch();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', data]);
    onTestFinished(() => void execFileSync('umount', ['-l', data]));
    const folder = writeFiles(scratch(), { 'a.md': 'standing text' });
    const news: FolderNews[] = [];
    const onFolderNews = (told: FolderNews) => void news.push(told);
    const { url } = await startServer({ dataFolder: data, watch: folder, onFolderNews });
    const me = visit(url);
    await expect.poll(() => news.at(-1)?.event).toBe('published');
    const text = Array.from({ length: 80_000 }, (_, n) => `word${n}`).join(' ');
    writeFiles(folder, { 'b.md': text, 'c.md': text });
    await expect
      .poll(() => news.at(-1))
      .toMatchObject({
        event: 'failed',
        code: 'storage_full',
        message: expect.stringMatching(/^The disk with the data folder is full\./),
      });
    expect((await me.api.search('standing')).gen).toBe(1);
    execFileSync('mount', ['-o', 'remount,size=64m', data]);
    await expect
      .poll(() => news.at(-1))
      .toMatchObject({
        event: 'published',
        result: { gen: 2, documents: 3 },
      });
    expect((await me.api.search('word79999')).documents).toHaveLength(2);
    const ends = eventsIn(data).filter(({ event }) => event !== 'started');
    expect(ends.map(({ event, code }) => [event, code])).toContainEqual(['failed', 'storage_full']);
    expect(ends.at(-1)).toMatchObject({ event: 'completed' });
  },
);

import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { configHash } from '../corpus/corpus-metadata.ts';
import { runIngest } from '../testing/ingest.ts';
import { corpus, scratch, writeFiles } from '../testing/scratch.ts';
import { search } from './search.ts';

test('D4 search answers from the current version alone, best first, and says which', async () => {
  const data = scratch();
  const { version } = await runIngest(corpus, data);
  const answer = await search(data, 'seventeen pencils');
  expect(answer).toMatchObject({
    version,
    gen: 1,
    matched: 'all',
    metadata: { documents: 11, failed: 1 },
  });
  expect(answer.hits).toMatchObject([
    {
      path: 'prompt-corner.pdf',
      title: 'The prompt corner',
      heading: 'Page 2',
      mediaType: 'application/pdf',
    },
  ]);
  expect(answer.hits[0]?.snippet.filter(({ match }) => match)).toEqual([
    { text: 'seventeen', match: true },
    { text: 'pencils', match: true },
  ]);
  // What stands in the title comes before what is mentioned.
  expect((await search(data, 'ghost light')).hits[0]?.path).toBe('notes/ghost-light.md');
  // Without accents, as one types.
  expect((await search(data, 'matinee')).hits[0]?.path).toBe('notes/ghost-light.md');
  expect((await search(data, 'buhne knirschen')).hits[0]?.path).toBe('hinterbuehne.txt');
  expect(await search(data, 'limelight unfindable')).toMatchObject({ matched: 'any' });
  expect((await search(data, 'unfindable')).hits).toEqual([]);
  expect((await search(data, 'the', { limit: 2 })).hits).toHaveLength(2);
});

test('D4 an unusable question says what to do', async () => {
  const data = scratch();
  await expect(search(data, 'word')).rejects.toMatchObject({ code: 'no_snapshot' });
  await expect(search(data, '?!')).rejects.toMatchObject({ code: 'empty_query' });
});

describe('staleness', () => {
  const look = async (data: string) =>
    (await search(data, 'word', { checkStaleness: true })).staleness;

  test('D4 a version is stale when documents were added, changed or removed, and not when touched', async () => {
    const folder = writeFiles(scratch(), { 'a.md': 'word a', 'b.md': 'word b', 'empty.md': '' });
    const data = scratch();
    await runIngest(folder, data);
    expect(await look(data)).toMatchObject({ stale: false, settingsChanged: false });

    const later = new Date(Date.now() + 60_000);
    utimesSync(path.join(folder, 'a.md'), later, later);
    expect(await look(data)).toMatchObject({ stale: false });

    writeFileSync(path.join(folder, 'b.md'), 'word c');
    utimesSync(path.join(folder, 'b.md'), later, later);
    writeFileSync(path.join(folder, 'new.md'), 'word');
    rmSync(path.join(folder, 'a.md'));
    expect(await look(data)).toMatchObject({ stale: true, added: 1, changed: 1, removed: 1 });

    await runIngest(folder, data);
    expect(await look(data)).toMatchObject({ stale: false });
    rmSync(folder, { recursive: true });
    expect(await look(data)).toMatchObject({ stale: true, folderMissing: true });
  });

  test('D4 the same documents have the same hash, others another one', async () => {
    const files = { 'a.md': 'word a', 'b/c.md': 'word c' };
    const hashOf = async (own: Record<string, string>): Promise<string> => {
      const data = scratch();
      await runIngest(writeFiles(scratch(), own), data);
      const { metadata } = await search(data, 'word');
      expect(metadata.configHash).toBe(configHash());
      return metadata.corpusHash;
    };
    const first = await hashOf(files);
    expect(await hashOf(files)).toBe(first);
    expect(await hashOf({ ...files, 'a.md': 'word b' })).not.toBe(first);
    expect(await hashOf({ 'b.md': 'word a', 'b/c.md': 'word c' })).not.toBe(first);
  });
});

import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { strFromU8, unzipSync } from 'fflate';
import { unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { openSnapshots } from '../corpus/snapshots.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { upload } from '../testing/upload.ts';
import { type ArchiveFormat, archive } from './archive.ts';
import { exportVersion } from './export-version.ts';

const pool = new ChildPool();

async function unpack(bytes: Uint8Array, format: ArchiveFormat): Promise<Map<string, string>> {
  if (format === 'zip') {
    return new Map(Object.entries(unzipSync(bytes)).map(([name, data]) => [name, strFromU8(data)]));
  }
  const entries = await unpackTar(bytes);
  return new Map(
    entries.map(({ header, data }) => [header.name, strFromU8(data ?? new Uint8Array())]),
  );
}

async function current(data: string) {
  const version = await openSnapshots(data).current();
  if (version === undefined) throw new Error('Nothing is published.');
  return version;
}

test.each(['zip', 'tar'] as const)(
  'D5 a version as %s has every text, and the files that it keeps',
  async (format) => {
    const data = scratch();
    await upload(data, { 'sub/b.md': '# B\n\nuploaded', 'sub/B.md': 'another', 'c.md': '' }, pool);
    const folder = writeFiles(scratch(), { 'a.md': '# A Title\n\nof the folder' });
    const { version } = await runIngest(folder, data, pool);
    const files = await unpack(await buffer(exportVersion(await current(data), format)), format);
    expect([...files.keys()]).toEqual([
      ...['version.json', 'documents.jsonl', 'documents/c.md'],
      ...['documents/sub/B.md', 'documents/sub/b (2).md'],
    ]);
    expect(files.get('documents/sub/b (2).md')).toBe('# B\n\nuploaded');
    expect(JSON.parse(files.get('version.json') ?? '')).toMatchObject({
      ...{ version, documents: 3, failed: 1, originals: 3, source: folder },
    });
    const lines = (files.get('documents.jsonl') ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { path: 'a.md', title: 'A Title', file: null, passages: [{ text: 'of the folder' }] },
      { path: 'c.md', failure: { code: 'empty' }, passages: [] },
      { path: 'sub/B.md', file: 'documents/sub/B.md' },
      { path: 'sub/b.md', file: 'documents/sub/b (2).md', passages: [{ text: 'uploaded' }] },
    ]);
  },
);

test('D5 S10 a version that is being exported stays whole, whatever is published meanwhile', async () => {
  const data = scratch();
  await upload(data, { 'a.md': 'kept to the end' }, pool);
  const version = await current(data);
  const stream = exportVersion(version, 'tar');
  for (let n = 0; n < 7; n += 1) await upload(data, { [`${n}.md`]: `other ${n}` }, pool);
  const oldest = async () => (await openSnapshots(data).list()).at(-1)?.gen;
  expect(await oldest()).toBe(1);
  const files = await unpack(await buffer(stream), 'tar');
  expect(files.get('documents/a.md')).toBe('kept to the end');
  // It was held for the archive alone.
  await upload(data, { 'last.md': 'another' }, pool);
  expect(await oldest()).toBeGreaterThan(1);
});

test.each(['zip', 'tar'] as const)(
  'D5 an archive as %s is made no faster than it is read, and ends when nobody reads it',
  async (format) => {
    let made = 0;
    let ended = 0;
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const entries = Array.from({ length: 400 }, (_, n) => ({
      ...{ name: `${n}.bin`, modifiedAt: new Date(0), packsWell: false },
      size: async () => chunk.length * 4,
      read: async function* () {
        try {
          for (let at = 0; at < 4; at += 1) {
            made += chunk.length;
            yield chunk;
          }
        } finally {
          ended += 1;
        }
      },
    }));
    const stream = archive(entries, format);
    await new Promise((resolve) => stream.once('readable', resolve));
    // As long as it makes any, it makes some at every turn.
    for (let before = -1; before !== made; ) {
      before = made;
      for (let n = 0; n < 50; n += 1) await turn();
    }
    expect(made).toBeLessThan(20 * 1024 * 1024);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.destroy();
    await closed;
    for (let n = 0; n < 50; n += 1) await turn();
    expect(ended).toBe(Math.ceil(made / (4 * chunk.length)));
    expect(made).toBeLessThan(20 * 1024 * 1024);
  },
);

test.each(['zip', 'tar'] as const)(
  'D5 an archive as %s that cannot be made fails',
  async (format) => {
    const entry = {
      ...{ name: 'a', modifiedAt: new Date(0), packsWell: true },
      size: async () => 1,
      // biome-ignore lint/correctness/useYield: it fails before
      read: async function* (): AsyncGenerator<Uint8Array> {
        throw new Error('gone');
      },
    };
    await expect(buffer(archive([entry], format))).rejects.toThrow('gone');
  },
);

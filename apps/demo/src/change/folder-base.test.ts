import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { configHash } from '../corpus/corpus-metadata.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { FolderBase } from './folder-base.ts';

test('D9 an ingest goes on with what it knows, unless another version was published meanwhile', async () => {
  const folder = writeFiles(scratch(), { 'a.md': 'one word' });
  const data = scratch();
  const snapshots = openSnapshots(data);
  await using none = await FolderBase.open(snapshots, configHash());
  expect(await none.successor(snapshots, configHash())).toBe(undefined);

  const { version } = await runIngest(folder, data);
  await using first = await none.successor(snapshots, configHash());
  expect(first?.version?.version).toBe(version);
  expect([...(first?.files.keys() ?? [])]).toEqual(['a.md']);
  expect(await first?.successor(snapshots, configHash())).toBe(undefined);

  writeFileSync(path.join(folder, 'b.md'), 'another word');
  await runIngest(folder, data);
  await using second = await first?.successor(snapshots, configHash());
  expect([...(second?.files.keys() ?? [])].sort()).toEqual(['a.md', 'b.md']);
});

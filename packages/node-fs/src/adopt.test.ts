import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { memoryStorage } from '@offstage/core/testing';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { makeScratch } from '../fixtures/crash/kill-run.ts';
import { nodeStorage } from './node-storage.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function world() {
  const folder = makeScratch();
  folders.push(folder);
  const upload = join(folder, 'upload');
  writeFileSync(upload, 'as it arrived');
  const store = new SnapshotStore({
    storage: nodeStorage(join(folder, 'store')),
    metadata: z.object({}),
  });
  return { folder, upload, store };
}

test('S3 a file is adopted without a copy, and its own name may go once it is published', async () => {
  const { upload, store } = world();
  await using draft = await store.begin();
  expect(draft.adopt('documents/one', upload)).toBe(true);
  await draft.finalize({});
  await using version = await store.current();
  const place = version?.path('documents/one') ?? '';
  expect(statSync(place).ino).toBe(statSync(upload).ino);
  unlinkSync(upload);
  expect(readFileSync(place, 'utf8')).toBe('as it arrived');
  expect((await store.verify()).ok).toBe(true);
});

test('S2 a draft that is left takes nothing with it of what it adopted', async () => {
  const { upload, store } = world();
  const draft = await store.begin();
  draft.adopt('one', upload);
  await draft.discard();
  expect(readFileSync(upload, 'utf8')).toBe('as it arrived');
  expect(statSync(upload).nlink).toBe(1);
});

test('S3 what is adopted is hashed as it is at the end, and not as somebody said', async () => {
  const { upload, store } = world();
  await using draft = await store.begin();
  draft.adopt('one', upload);
  writeFileSync(upload, 'written once more');
  const { manifest } = await draft.finalize({});
  expect(manifest.entries).toMatchObject([{ path: 'one', bytes: 17 }]);
  expect((await store.verify()).ok).toBe(true);
});

test('S6 a third name of what was adopted is one from outside', async () => {
  const { folder, upload, store } = world();
  await using draft = await store.begin();
  draft.adopt('one', upload);
  linkSync(upload, join(folder, 'third'));
  await expect(draft.finalize({})).rejects.toMatchObject({
    code: 'unsafe_entry',
    details: { path: 'one' },
  });
});

test('S6 nothing but a regular file with one name is adopted, and the path is free for a copy', async () => {
  const { folder, upload, store } = world();
  const twice = join(folder, 'twice');
  writeFileSync(twice, 'twice');
  linkSync(twice, join(folder, 'again'));
  symlinkSync(upload, join(folder, 'link'));
  mkdirSync(join(folder, 'directory'));
  await using draft = await store.begin();
  for (const name of ['twice', 'link', 'directory', 'missing', 'upload/below']) {
    expect(draft.adopt('one', join(folder, name))).toBe(false);
  }
  expect(existsSync(draft.path('one'))).toBe(false);
  writeFileSync(draft.path('one'), 'copy');
  const { manifest } = await draft.finalize({});
  expect(manifest.entries.map(({ path }) => path)).toEqual(['one']);
});

test('S3 a path is adopted once, portably, and from an absolute one', async () => {
  const { upload, store } = world();
  await using draft = await store.begin();
  await draft.write('Taken.txt', 'taken');
  for (const path of ['Taken.txt', 'taken.TXT', '../out', 'Taken.txt/below']) {
    expect(() => draft.adopt(path, upload)).toThrow(
      expect.objectContaining({ code: 'invalid_path' }),
    );
  }
  expect(() => draft.adopt('one', 'upload')).toThrow(
    expect.objectContaining({ code: 'invalid_option' }),
  );
  expect(statSync(upload).nlink).toBe(1);
  await draft.discard();
  expect(() => draft.adopt('one', upload)).toThrow(
    expect.objectContaining({ code: 'draft_closed' }),
  );
});

test('S3 what a native library writes to is the draft’s own, and no longer the adopted file', async () => {
  const { upload, store } = world();
  await using draft = await store.begin();
  draft.adopt('one', upload);
  writeFileSync(draft.path('one'), 'changed');
  await draft.finalize({});
  expect(readFileSync(upload, 'utf8')).toBe('as it arrived');
  await using version = await store.current();
  expect(readFileSync(version?.path('one') ?? '', 'utf8')).toBe('changed');
});

test('S3 a storage without files of its own adopts none', async () => {
  const { upload } = world();
  const store = new SnapshotStore({ storage: memoryStorage(), metadata: z.object({}) });
  await using draft = await store.begin();
  expect(draft.adopt('one', upload)).toBe(false);
  await draft.write('one', 'copy');
  await draft.finalize({});
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OffstageError, SnapshotStore } from '@offstage/core';
import { describe, expect, type TestContext, test } from 'vitest';
import { z } from 'zod';
import { unmount } from '../fixtures/unmount.ts';
import { nodeStorage } from './node-storage.ts';
import { storageError } from './storage-error.ts';

const storeIn = (folder: string) =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: z.string(), retain: 1 });

async function publish(folder: string, text: string): Promise<void> {
  await using draft = await storeIn(folder).begin();
  await draft.write('text.txt', text);
  await draft.finalize(text);
}

async function currentText(folder: string): Promise<string | undefined> {
  await using version = await storeIn(folder).current();
  return version && (await new Response(await version.open('text.txt')).text());
}

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'resolved',
    (error: unknown) => error,
  );

/** A file system of its own, one MiB in all. Only Linux lets root have one at once. */
async function onTinyDisk(
  context: TestContext,
  body: (folder: string, mount: (...options: string[]) => void) => Promise<void>,
): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    context.skip('needs root on Linux to mount a small disk');
  }
  const folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  const mount = (...options: string[]): void => {
    execFileSync('mount', [...options, '-t', 'tmpfs', 'tmpfs', folder], { stdio: 'pipe' });
  };
  try {
    mount('-o', 'size=1m');
  } catch {
    rmSync(folder, { recursive: true });
    context.skip('may not mount a small disk here');
  }
  try {
    await body(folder, mount);
  } finally {
    await unmount(folder);
    rmSync(folder, { recursive: true });
  }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(64 * 1024);
}

describe('a disk that refuses', () => {
  test('S18 S4 a full disk while writing: storage_full, the old version intact', async (context) =>
    onTinyDisk(context, async (folder) => {
      await publish(folder, 'old');
      const draft = await storeIn(folder).begin();
      const error = await errorOf(draft.write('big.bin', endless()));
      expect(error).toMatchObject({ code: 'storage_full', cause: { code: 'ENOSPC' } });
      await draft.discard();
      expect(await currentText(folder)).toBe('old');
      await publish(folder, 'new');
      expect(await currentText(folder)).toBe('new');
    }));

  test('S18 S4 a full disk while finalizing: storage_full, and no debris', async (context) =>
    onTinyDisk(context, async (folder) => {
      await publish(folder, 'old');
      const draft = await storeIn(folder).begin();
      await draft.write('text.txt', 'new');
      expect(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(2_000_000))).toThrow();
      expect(await errorOf(draft.finalize('new'))).toMatchObject({ code: 'storage_full' });
      expect(await currentText(folder)).toBe('old');
      expect(readdirSync(folder).length).toBe(4);
      rmSync(join(folder, 'ballast'));
      await publish(folder, 'next');
      expect(await currentText(folder)).toBe('next');
    }));

  test('S18 a disk that was made read-only: storage_denied, and readers go on', async (context) =>
    onTinyDisk(context, async (folder, mount) => {
      await publish(folder, 'old');
      mount('-o', 'remount,ro');
      expect(await errorOf(storeIn(folder).begin())).toMatchObject({ code: 'storage_denied' });
      expect(await currentText(folder)).toBe('old');
      mount('-o', 'remount,rw');
      await publish(folder, 'new');
    }));

  test.for([
    ['ENOSPC', 'storage_full', 'free some space'],
    ['EDQUOT', 'storage_full', 'free some space'],
    ['EACCES', 'storage_denied', 'check the permissions'],
    ['EPERM', 'storage_denied', 'check the permissions'],
    ['EROFS', 'storage_denied', 'mount it for writing'],
    ['EIO', 'storage_failed', 'check the disk'],
    ['EMFILE', 'storage_failed', 'ulimit -n'],
    ['ENFILE', 'storage_failed', 'ulimit -n'],
    ['EISDIR', 'storage_failed', 'move it away'],
    ['ESPIPE', 'storage_failed', 'move it away'],
    ['EFBIG', 'storage_failed', 'ulimit -f'],
    ['ENAMETOOLONG', 'storage_failed', 'shorter'],
    ['EBUSY', 'storage_failed', 'uses it'],
    ['ERR_ACCESS_DENIED', 'storage_denied', 'permission model'],
  ] as const)('S18 %s is %s, with its cause and advice: %s', ([errno, code, advice]) => {
    const cause = Object.assign(new Error('refused'), { code: errno });
    const error = storageError(cause, 'write a.txt');
    expect(error).toMatchObject({ code, cause, details: { errno } });
    expect(error.message).toContain('write a.txt');
    expect(error.message).toContain(advice);
    expect(storageError(error, 'again')).toBe(error);
    expect(OffstageError.isInstance(error)).toBe(true);
  });

  test('S1 nodeStorage takes a path and nothing else', () => {
    for (const folder of ['', 'a\0b']) expect(() => nodeStorage(folder)).toThrow(OffstageError);
  });
});

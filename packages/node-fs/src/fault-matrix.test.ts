import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SnapshotStore } from '@offstage/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { payloadSchema, problemsOf, publish } from '../fixtures/crash/payload.ts';
import { nodeStorage } from './node-storage.ts';

const fixture = fileURLToPath(new URL('../fixtures/try-store.ts', import.meta.url));
const hasStrace = spawnSync('strace', ['-V']).status === 0;
// strace is not on every machine, and slow: it is asked for by name.
const wanted = process.env.OFFSTAGE_LONG === '1' && hasStrace;

let folder = '';
beforeEach(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'offstage-')), 'store');
  await publish(store(), 'few', 'old');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

const store = () =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: payloadSchema, retain: 1 });

interface Fault {
  readonly calls: string;
  readonly errno: string;
  /** Relative to the root; `undefined`: of any file. */
  readonly path?: string;
  /** The call that fails is that one. @default all of them */
  readonly nth?: number;
}

/** Reads and publishes in a process in which the operating system fails. */
function tryWith({ calls, errno, path, nth }: Fault): { read: unknown; published: unknown } {
  const when = nth === undefined ? '' : `:when=${nth}`;
  const { stdout, stderr } = spawnSync(
    'strace',
    [
      '-f',
      '-o',
      '/dev/null',
      ...(path === undefined ? [] : ['-P', join(folder, path)]),
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:error=${errno}${when}`,
      process.execPath,
      '--conditions=@offstage/source',
      fixture,
      folder,
    ],
    // Calls are counted by thread, so there is one.
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const rename = 'rename,renameat,renameat2';

describe.runIf(wanted)('the operating system refuses', () => {
  test.for<[Fault, string]>([
    [{ calls: 'openat', errno: 'EACCES', path: 'LOCK' }, 'storage_denied'],
    [{ calls: 'openat', errno: 'EMFILE', path: 'LOCK' }, 'storage_failed'],
    [{ calls: 'fcntl', errno: 'ENOLCK', path: 'LOCK' }, 'lock_unsupported'],
    [{ calls: 'getdents64', errno: 'EIO', path: '' }, 'storage_failed'],
    [{ calls: 'fsync', errno: 'EIO', path: '', nth: 1 }, 'storage_failed'],
    [{ calls: 'fsync', errno: 'EIO', path: '', nth: 2 }, 'storage_failed'],
    [{ calls: 'fsync', errno: 'EIO', path: '', nth: 3 }, 'commit_indeterminate'],
    [{ calls: 'syncfs', errno: 'EIO' }, 'storage_failed'],
    [{ calls: 'mkdir,mkdirat', errno: 'ENOSPC' }, 'storage_full'],
    [{ calls: 'openat', errno: 'ENOSPC', path: 'CURRENT.tmp' }, 'storage_full'],
    [{ calls: 'openat', errno: 'EMFILE', path: 'CURRENT.tmp' }, 'storage_failed'],
    [{ calls: 'write,pwrite64', errno: 'ENOSPC', path: 'CURRENT.tmp' }, 'storage_full'],
    [{ calls: 'write,pwrite64', errno: 'EIO', path: 'CURRENT.tmp' }, 'storage_failed'],
    [{ calls: 'fsync', errno: 'EIO', path: 'CURRENT.tmp' }, 'storage_failed'],
    [{ calls: rename, errno: 'EIO', path: 'CURRENT.tmp' }, 'storage_failed'],
    [{ calls: rename, errno: 'EACCES', path: 'CURRENT.tmp' }, 'storage_denied'],
  ])('S18 S4 %o: %s, the old version intact, and no debris', async ([fault, code]) => {
    const { published } = tryWith(fault);
    expect(published).toMatchObject({ code });
    await using current = await store().current();
    expect(current && (await problemsOf(current))).toEqual([]);
    if (code !== 'commit_indeterminate') expect(current?.metadata.text).toBe('old');

    await publish(store(), 'few', 'later');
    await store().recover();
    expect((await store().list())[0]?.gen).toBeGreaterThan(1);
    const names = readdirSync(folder).filter((name) => !/^\d/.test(name));
    expect(names.sort()).toEqual(['CURRENT', 'LOCK']);
  });

  test('S18 a CURRENT that cannot be read is no empty store', () => {
    const failed = { code: 'storage_failed', message: expect.stringContaining('check the disk') };
    const { read, published } = tryWith({
      calls: 'read,pread64',
      errno: 'EIO',
      path: 'CURRENT',
    });
    expect([read, published]).toEqual([failed, failed]);
  });
});

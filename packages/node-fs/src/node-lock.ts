/// <reference path="./fs-native-extensions.d.ts" />
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { OffstageError, type WriterLock } from '@offstage/core';
import { coded, storageError } from './storage-error.ts';

type Native = typeof import('fs-native-extensions');

/**
 * Tries the lock of the operating system on a file: an open-file-description lock on Linux, `flock`
 * on macOS, `LockFileEx` on Windows. All of them are refused to a second descriptor of the same
 * process, and go with the process.
 *
 * @throws OffstageError `lock_unsupported`.
 */
export async function tryFileLock(path: string, name: string): Promise<WriterLock | undefined> {
  const native = await loadNative();
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const handle = await coded(`open ${name}`, () => open(path, flags, 0o666));
  let held = false;
  try {
    held = attempt(native, handle.fd, path) && (await isStillNamed(handle, path));
  } finally {
    if (!held) await handle.close();
  }
  if (!held) return undefined;
  // Closing the only descriptor gives the lock back.
  return { release: () => coded(`close ${name}`, () => handle.close()) };
}

async function loadNative(): Promise<Native> {
  try {
    return await import('fs-native-extensions');
  } catch (cause) {
    throw unsupported('the native module fs-native-extensions does not load on this system', cause);
  }
}

function attempt(native: Native, fd: number, path: string): boolean {
  try {
    return native.tryLock(fd);
  } catch (cause) {
    throw unsupported(`the file system of ${path} refuses locks`, cause);
  }
}

// A lock on a file that somebody has removed or replaced meanwhile keeps nobody out.
async function isStillNamed(handle: FileHandle, path: string): Promise<boolean> {
  const [mine, named] = await Promise.all([
    handle.stat({ bigint: true }),
    lstat(path, { bigint: true }).catch(() => undefined),
  ]).catch((error: unknown) => {
    throw storageError(error, `look at ${path}`);
  });
  return named !== undefined && mine.ino === named.ino && mine.dev === named.dev;
}

const unsupported = (why: string, cause: unknown): OffstageError =>
  new OffstageError(
    'lock_unsupported',
    `Publishing needs a lock of the operating system, and ${why}. Keep the snapshots on a local disk.`,
    { cause },
  );

/// <reference path="./fs-native-extensions.d.ts" />
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lease, OffstageError, type WriterLock } from '@offstage/core';
import { errnoOf, missing, noFollow } from './posix.ts';
import { coded, codedExcept, storageError } from './storage-error.ts';

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
  const flags = constants.O_RDWR | constants.O_CREAT | noFollow;
  const handle = await coded(`open ${name}`, () => open(path, flags, 0o666));
  let held = false;
  try {
    held = attempt(path, () => native.tryLock(handle.fd)) && (await isStillNamed(handle, path));
  } finally {
    if (!held) await handle.close();
  }
  if (!held) return undefined;
  return {
    isHeld: () => isStillNamed(handle, path),
    // Closing the only descriptor gives the lock back.
    release: () => coded(`close ${name}`, () => handle.close()),
  };
}

// Leases are locks far behind the end of the file: where locks are mandatory (Windows), they keep
// nobody from reading it.
const leaseByte = 2 ** 40;

// A writer that looks whether anybody has a lease holds an exclusive lock for some microseconds.
const retryMs = 2;
const retries = 500;

/**
 * A shared lock on a file that is there, on a descriptor of its own. Where locks are not to be had at
 * all, it protects nothing, and no writer of this machine can begin either.
 */
export async function lockShared(path: string, name: string): Promise<Lease | undefined> {
  const handle = await codedExcept(`open ${name}`, missing, undefined, () =>
    open(path, constants.O_RDONLY | noFollow),
  );
  if (handle === undefined) return undefined;
  let held = false;
  try {
    held = await waitShared(handle, path);
  } finally {
    if (!held) await handle.close();
  }
  if (!held) {
    throw new OffstageError('locked', `${name} is locked by another program: end that first.`);
  }
  let released = false;
  return {
    release: async () => {
      if (released) return;
      released = true;
      await coded(`close ${name}`, () => handle.close());
    },
  };
}

async function waitShared(handle: FileHandle, path: string): Promise<boolean> {
  try {
    const native = await loadNative();
    for (let tries = 0; tries < retries; tries += 1) {
      const shared = { shared: true };
      if (attempt(path, () => native.tryLock(handle.fd, leaseByte, 1, shared))) return true;
      await sleep(retryMs);
    }
    return false;
  } catch (error) {
    if (OffstageError.isInstance(error) && error.code === 'lock_unsupported') return true;
    throw error;
  }
}

/** Whether anybody holds a shared lock on it; true when that cannot be told, too. */
export async function isLockedShared(path: string): Promise<boolean> {
  const native = await loadNative();
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDWR | noFollow);
  } catch (error) {
    return !missing.includes(errnoOf(error) ?? '');
  }
  try {
    return !attempt(path, () => native.tryLock(handle.fd, leaseByte, 1));
  } finally {
    await handle.close();
  }
}

async function loadNative(): Promise<Native> {
  try {
    return await import('fs-native-extensions');
  } catch (cause) {
    // Node.js has no code for that here. A reader must not go on without its lock then.
    if (/too many open files/i.test(String(cause))) {
      const error = Object.assign(new Error(String(cause), { cause }), { code: 'EMFILE' });
      throw storageError(error, 'load fs-native-extensions');
    }
    throw unsupported('the native module fs-native-extensions does not load on this system', cause);
  }
}

function attempt(path: string, lock: () => boolean): boolean {
  try {
    return lock();
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

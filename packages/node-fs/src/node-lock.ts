/// <reference path="./fs-native-extensions.d.ts" />
import * as fs from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OffstageError } from '@offstage/core';
import type { FileLock, Lease } from '@offstage/core/storage';
import { errnoOf, missing, noFollow } from './posix.ts';
import { coded, codedExcept, storageError } from './storage-error.ts';

type Native = Pick<typeof import('fs-native-extensions'), 'tryLock'>;

// Descriptors are plain numbers here: a FileHandle that nobody refers to any more is closed by the
// garbage collector, and its lock would go with it.
const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const close = promisify(fs.close);
const read = promisify(fs.read);
const write = promisify(fs.write);
const fdatasync = promisify(fs.fdatasync);

/**
 * Tries the lock of the operating system on a file: an open-file-description lock on Linux, `flock`
 * on macOS, `LockFileEx` on Windows. All of them are refused to a second descriptor of the same
 * process, and go with the process.
 *
 * @throws OffstageError `lock_unsupported`.
 */
export async function tryFileLock(path: string, name: string): Promise<FileLock | undefined> {
  const native = await loadNative();
  const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | noFollow;
  const fd = await coded(`open ${name}`, () => open(path, flags, 0o666));
  let held = false;
  try {
    held = attempt(path, () => native.tryLock(fd)) && (await isStillNamed(fd, path));
  } finally {
    if (!held) await close(fd);
  }
  if (!held) return undefined;
  const release = closeOnce(fd, name);
  return {
    isHeld: async () => !release.done && (await isStillNamed(fd, path)),
    read: () =>
      coded(`read ${name}`, async () => {
        const content = new Uint8Array(mostContentBytes);
        const { bytesRead } = await read(fd, content, 0, content.byteLength, 0);
        return content.subarray(0, bytesRead);
      }),
    // Of one length: after the first time no space is needed for it, and no metadata are to be flushed.
    write: (content) =>
      coded(`write ${name}`, async () => {
        const { bytesWritten } = await write(fd, content, 0, content.byteLength, 0);
        if (bytesWritten !== content.byteLength) throw new Error('It was written in part.');
        await fdatasync(fd);
      }),
    release: release.run,
  };
}

// What the protocol keeps in it is shorter.
const mostContentBytes = 256;

// Leases are locks far behind the end of the file: where locks are mandatory (Windows), they keep
// nobody from reading it.
const leaseByte = 2 ** 40;

// A writer that looks whether anybody has a lease holds an exclusive lock for some microseconds.
const retryMs = 2;
const retries = 500;

/**
 * A shared lock on a file that is there, on a descriptor of its own.
 *
 * @throws OffstageError `lock_unsupported`: a reader that goes on without is one that asked for it.
 */
export async function lockShared(path: string, name: string): Promise<Lease | undefined> {
  const fd = await codedExcept(`open ${name}`, missing, undefined, () =>
    open(path, fs.constants.O_RDONLY | noFollow),
  );
  if (fd === undefined) return undefined;
  let held = false;
  try {
    held = await waitShared(fd, path);
  } finally {
    if (!held) await close(fd);
  }
  if (!held) {
    throw new OffstageError('locked', `${name} is locked by another program: end that first.`);
  }
  return { release: closeOnce(fd, name).run };
}

/** Closing the only descriptor gives the lock back. Its number may be another file's after that. */
function closeOnce(fd: number, name: string) {
  const once = {
    done: false,
    run: async (): Promise<void> => {
      if (once.done) return;
      once.done = true;
      await coded(`close ${name}`, () => close(fd));
    },
  };
  return once;
}

async function waitShared(fd: number, path: string): Promise<boolean> {
  const native = await loadNative();
  for (let tries = 0; tries < retries; tries += 1) {
    const shared = { shared: true };
    if (attempt(path, () => native.tryLock(fd, leaseByte, 1, shared))) return true;
    await sleep(retryMs);
  }
  return false;
}

/** Whether anybody holds a shared lock on it; true when that cannot be told, too. */
export async function isLockedShared(path: string): Promise<boolean> {
  const native = await loadNative();
  let fd: number;
  try {
    fd = await open(path, fs.constants.O_RDWR | noFollow);
  } catch (error) {
    return !missing.includes(errnoOf(error) ?? '');
  }
  try {
    return !attempt(path, () => native.tryLock(fd, leaseByte, 1));
  } finally {
    await close(fd);
  }
}

// Some bundlers answer a second import with what is left of a module that has failed.
let firstFailure: unknown;

async function loadNative(): Promise<Native> {
  // Deno has not all of libuv: loading the addon would end the process, with nothing to catch.
  if ('Deno' in globalThis) throw cannotLoad('Deno lacks functions that it calls');
  let loaded: Partial<Native> & { readonly default?: Native };
  try {
    loaded = await import('fs-native-extensions');
  } catch (cause) {
    // Node.js has no code for that here. A reader must not go on without its lock then.
    if (/too many open files/i.test(String(cause))) {
      const error = Object.assign(new Error(String(cause), { cause }), { code: 'EMFILE' });
      throw storageError(error, 'load fs-native-extensions');
    }
    firstFailure ??= cause;
    throw cannotLoad(cause);
  }
  const { tryLock = loaded.default?.tryLock } = loaded;
  if (typeof tryLock === 'function') return { tryLock };
  throw cannotLoad(firstFailure ?? new TypeError('it has no function tryLock'));
}

function attempt(path: string, lock: () => boolean): boolean {
  try {
    return lock();
  } catch (cause) {
    // What the system says comes with its code. The rest is said by code without its addon.
    throw errnoOf(cause) === undefined ? cannotLoad(cause) : refusesLocks(path, cause);
  }
}

// A lock on a file that somebody has removed or replaced meanwhile keeps nobody out.
async function isStillNamed(fd: number, path: string): Promise<boolean> {
  const [mine, named] = await Promise.all([
    fstat(fd, { bigint: true }),
    lstat(path, { bigint: true }).catch(() => undefined),
  ]).catch((error: unknown) => {
    throw storageError(error, `look at ${path}`);
  });
  return named !== undefined && mine.ino === named.ino && mine.dev === named.dev;
}

const cannotLoad = (cause: unknown): OffstageError =>
  unsupported(
    `the native module fs-native-extensions, which has them, does not load (${firstLine(cause)}). ` +
      'Node.js and Bun load it, Deno does not. ' +
      'Code that was bundled cannot find it: mark @offstage/node-fs and fs-native-extensions as external (external of esbuild, externals of webpack, serverExternalPackages of Next.js, ssr.external of Vite), and have them installed where the bundle runs. ' +
      `Code that was not bundled lacks it for ${process.platform}-${process.arch}: install the packages anew on this system.`,
    cause,
  );

const refusesLocks = (path: string, cause: unknown): OffstageError =>
  unsupported(
    `the file system of ${path} refuses them (${firstLine(cause)}). Keep the snapshots on a local disk.`,
    cause,
  );

const unsupported = (why: string, cause: unknown): OffstageError =>
  new OffstageError(
    'lock_unsupported',
    `Publishing, and reading under a lease, need locks of the operating system, and ${why} Reading without a lease is to be asked for: { lease: false }.`,
    { cause },
  );

const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';

import { OffstageError, type OffstageErrorCode } from '@offstage/core';
import { errnoOf } from './posix.ts';

const codes: Readonly<Record<string, OffstageErrorCode>> = {
  ENOSPC: 'storage_full',
  EDQUOT: 'storage_full',
  EACCES: 'storage_denied',
  EPERM: 'storage_denied',
  EROFS: 'storage_denied',
  ERR_ACCESS_DENIED: 'storage_denied',
};

const advice: Readonly<Record<string, string>> = {
  storage_full: 'The disk is full: free some space and try again.',
  storage_denied: 'Access was denied: check the permissions of the folder.',
  storage_failed: 'The file system reported an error: check the disk.',
};

const tooManyFiles = 'Too many files are open: close some, or raise the limit (ulimit -n).';
const wrongKind = 'Something else has that name: move it away.';

/** For errors that call for something else than others of their code. */
const adviceByErrno: Readonly<Record<string, string>> = {
  EROFS: 'The file system is mounted read-only: mount it for writing.',
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EISDIR: wrongKind,
  ENOTDIR: wrongKind,
  EEXIST: wrongKind,
  ELOOP: wrongKind,
  // A pipe, a socket or a device.
  ESPIPE: wrongKind,
  ENXIO: wrongKind,
  EFBIG: 'No file may be that large here: raise the limit (ulimit -f), or use another file system.',
  ENAMETOOLONG: 'The path is too long for this system: use a folder with a shorter one.',
  EBUSY: 'Something else uses it: end that first.',
  ERR_ACCESS_DENIED:
    "Node.js's permission model refuses it: --allow-fs-read and --allow-fs-write name what is allowed, and nothing allows fsync, without which nothing is published.",
};

/** The coded error for what the operating system refused. `what` is a verb and a relative path. */
export function storageError(error: unknown, what: string): OffstageError {
  if (OffstageError.isInstance(error)) return error;
  const errno = errnoOf(error);
  const code = codes[errno ?? ''] ?? 'storage_failed';
  const todo = adviceByErrno[errno ?? ''] ?? advice[code];
  return new OffstageError(code, `Cannot ${what}. ${todo} (${errno ?? 'unknown'})`, {
    cause: error,
    details: { errno },
  });
}

/** Runs it; what the operating system refuses becomes a coded error. */
export async function coded<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw storageError(error, what);
  }
}

/** `coded`, except that the signal's reason goes through as it is. */
export async function codedUnless<T>(
  signal: AbortSignal | undefined,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw storageError(error, what);
  }
}

/** `coded`, and `otherwise` when the operating system says one of `expected`. */
export async function codedExcept<T, U>(
  what: string,
  expected: readonly string[],
  otherwise: U,
  run: () => Promise<T>,
): Promise<T | U> {
  try {
    return await run();
  } catch (error) {
    if (expected.includes(errnoOf(error) ?? '')) return otherwise;
    throw storageError(error, what);
  }
}

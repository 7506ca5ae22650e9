import { type BigIntStats, constants } from 'node:fs';
import type { FileFacts } from '@offstage/core/storage';

/** What the operating system says of a name that is not there. */
export const missing: readonly string[] = ['ENOENT', 'ENOTDIR'];

/** What it says of a link (EMLINK on some BSDs), a directory that was to be written, a socket, a device. */
export const notAFile: readonly string[] = ['ELOOP', 'EMLINK', 'EISDIR', 'ENXIO', 'ENODEV'];

// Windows has neither: it opens no link here, and knows no device files.
export const noFollow = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export const isWindows = process.platform === 'win32';

// Windows flushes only descriptors that may write.
export const readFlags = (isWindows ? constants.O_RDWR : constants.O_RDONLY) | noFollow;

export const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;

/** Node's error code, such as `ENOENT`, if it is one of the operating system. */
export const errnoOf = (error: unknown): string | undefined => {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
};

export function factsOf(stats: BigIntStats): FileFacts {
  return {
    kind: kindOf(stats),
    bytes: Number(stats.size),
    links: Number(stats.nlink),
    stamp: stampOf(stats),
  };
}

/**
 * ctime cannot be set by a program, so a file that was changed and dated back shows it. Short, as one is
 * kept for each file of a draft: mtime mostly is ctime. Digits of base 32, which are the fastest to make.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  const modified = mtimeNs === ctimeNs ? '' : mtimeNs.toString(32);
  return `${dev.toString(32)}:${ino.toString(32)}:${size.toString(32)}:${ctimeNs.toString(32)}:${modified}`;
}

/** Of `Stats` and `Dirent` alike, neither of which follows links here. */
export function kindOf(entry: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileFacts['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'special';
}

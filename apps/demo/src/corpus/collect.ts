import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { PublicError } from '@offstage/core';
import { lackOf } from '../change/public-errors.ts';
import type { FileFailure } from '../reading/messages.ts';
import { stampOf } from './file-stamp.ts';
import { isPassedOver, storeFolder, storeMarks } from './passed-over.ts';

/** An entry of the folder, by its path relative to it with `/` between the parts. */
export interface FoundFile {
  readonly path: string;
  readonly absolute: string;
}

export interface Collection {
  /** Regular files, in the order of their paths' code units: the same on every machine. */
  readonly files: readonly FoundFile[];
  /** What was met and is no regular file, or could not be entered. */
  readonly refused: readonly { readonly path: string; readonly failure: FileFailure }[];
  /**
   * Entries that were passed over: hidden ones, what systems leave in folders, other data folders of this
   * application. What is below them is not counted.
   */
  readonly hidden: number;
}

export interface CollectOptions {
  readonly signal?: AbortSignal | undefined;
  /** More files than this are refused as a whole. @default 100_000 */
  readonly maxFiles?: number | undefined;
  /** A folder that is passed over where it lies inside: the index's own. */
  readonly except?: string | undefined;
}

const maxDepth = 100;

/**
 * Lists a folder and everything below it. Links are not followed, so a walk ends and never leaves
 * the folder. It works synchronously, for it runs in a thread of its own.
 *
 * @throws PublicError `folder_not_found`, `not_a_folder`, `folder_unreadable`, `too_many_files`
 */
export function collect(folder: string, options: CollectOptions = {}): Collection {
  const { signal, maxFiles = 100_000, except } = options;
  const files: FoundFile[] = [];
  const refused: { path: string; failure: FileFailure }[] = [];
  let hidden = 0;
  const root = openFolder(folder);
  const passedOver = except === undefined ? undefined : tryRealpath(except);

  const walk = (absolute: string, relative: string, depth: number, entries: Dirent[]): void => {
    signal?.throwIfAborted();
    for (const entry of entries) {
      const entryPath = relative === '' ? entry.name : `${relative}/${entry.name}`;
      const entryAbsolute = path.join(absolute, entry.name);
      const refuse = (failure: FileFailure): void =>
        void refused.push({ path: entryPath, failure });
      if (isPassedOver(entry.name)) {
        hidden += 1;
      } else if (entry.isFile()) {
        if (files.length === maxFiles) {
          throw new PublicError(
            'too_many_files',
            `The folder has more than ${maxFiles.toLocaleString('en')} files. Ingest a part of it, or raise the limit.`,
          );
        }
        files.push({ path: entryPath, absolute: entryAbsolute });
      } else if (entry.isDirectory()) {
        if (entryAbsolute === passedOver) continue;
        if (depth === maxDepth) {
          refuse({ code: 'unreadable', message: `it lies more than ${maxDepth} folders deep` });
          continue;
        }
        let below: Dirent[];
        try {
          below = readdirSync(entryAbsolute, { withFileTypes: true });
        } catch (error) {
          refuse(unreadable(error, entryPath));
          continue;
        }
        if (isStore(below) || holdsStore(entryAbsolute, below)) {
          hidden += 1;
          continue;
        }
        walk(entryAbsolute, entryPath, depth + 1, below);
      } else {
        refuse({ code: 'not_a_file', message: describeSpecial(entry) });
      }
    }
  };
  walk(root.absolute, '', 0, root.entries);

  const byPath = (a: { path: string }, b: { path: string }): number =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
  return { files: files.sort(byPath), refused: refused.sort(byPath), hidden };
}

export type ReadResult =
  | {
      readonly bytes: Uint8Array;
      readonly sha256: string;
      /** Milliseconds since the Unix epoch, whole. */
      readonly modifiedAt: number;
      /** See `stampOf`. */
      readonly stamp: string | null;
    }
  | { readonly failure: FileFailure };

export interface ReadOptions {
  /** A file that was last modified then is not read. @default null */
  readonly unlessModifiedAt?: number | null | undefined;
  /** A file that grows meanwhile is read as long as it was. @default false */
  readonly mayGrow?: boolean | undefined;
}

/** A file's bytes and their digest. It is opened once, and only as the regular file it was found as. */
export function readFound(
  file: FoundFile,
  maxFileBytes: number,
  options?: ReadOptions & { readonly unlessModifiedAt?: undefined },
): ReadResult;
export function readFound(
  file: FoundFile,
  maxFileBytes: number,
  options: ReadOptions,
): ReadResult | { readonly unchanged: true };
export function readFound(
  file: FoundFile,
  maxFileBytes: number,
  { unlessModifiedAt = null, mayGrow = false }: ReadOptions = {},
): ReadResult | { readonly unchanged: true } {
  let descriptor: number;
  const readAt = Date.now();
  try {
    // Should it have become a link or a pipe meanwhile, neither is followed or waited for.
    descriptor = openSync(
      file.absolute,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    // Not the file's fault, and the next one would fare no better.
    if (lackOf(error) !== undefined) throw error;
    return { failure: unreadable(error, file.path) };
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      return { failure: { code: 'not_a_file', message: 'it is no regular file' } };
    }
    const modifiedAt = Math.trunc(stats.mtimeMs);
    if (modifiedAt === unlessModifiedAt) return { unchanged: true };
    if (stats.size > maxFileBytes) return { failure: tooLarge(maxFileBytes) };
    // One byte more than it should have, so that growth meanwhile is seen.
    const buffer = Buffer.allocUnsafe(stats.size + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0) break;
      if (length === buffer.length) {
        if (mayGrow) {
          length = stats.size;
          break;
        }
        return { failure: { code: 'unreadable', message: 'it was being written to' } };
      }
    }
    const bytes = buffer.subarray(0, length);
    return {
      bytes,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      modifiedAt,
      stamp: stampOf(stats, readAt),
    };
  } catch (error) {
    return { failure: unreadable(error, file.path) };
  } finally {
    closeSync(descriptor);
  }
}

function openFolder(folder: string): { absolute: string; entries: Dirent[] } {
  try {
    const absolute = realpathSync(folder);
    if (!statSync(absolute).isDirectory()) {
      throw new PublicError('not_a_folder', 'This is a file. Name the folder that holds it.');
    }
    return { absolute, entries: readdirSync(absolute, { withFileTypes: true }) };
  } catch (error) {
    if (PublicError.isInstance(error)) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new PublicError('folder_not_found', 'There is no such folder.', { cause: error });
    }
    throw new PublicError('folder_unreadable', `The folder cannot be read: ${reason(code)}.`, {
      cause: error,
    });
  }
}

/** Whether these are the entries of a snapshot store's folder. */
const isStore = (entries: readonly Dirent[]): boolean =>
  storeMarks.every((mark) => entries.some((entry) => entry.name === mark && entry.isFile()));

/** Whether a folder is a data folder of this application. */
function holdsStore(absolute: string, entries: readonly Dirent[]): boolean {
  if (!entries.some((entry) => entry.name === storeFolder && entry.isDirectory())) return false;
  try {
    return isStore(readdirSync(path.join(absolute, storeFolder), { withFileTypes: true }));
  } catch {
    return false; // the walk meets it next, and says why
  }
}

function tryRealpath(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

const tooLarge = (maxFileBytes: number): FileFailure => ({
  code: 'too_large',
  message: `it is larger than ${Math.floor(maxFileBytes / 1024 / 1024)} MB`,
});

function describeSpecial(entry: Dirent): string {
  if (entry.isSymbolicLink()) return 'it is a symbolic link, and links are not followed';
  if (entry.isFIFO()) return 'it is a named pipe';
  if (entry.isSocket()) return 'it is a socket';
  return 'it is a device';
}

function unreadable(error: unknown, filePath: string): FileFailure {
  const code = codeOf(error);
  // Names that are no valid UTF-8 are listed with marks in place of what is wrong.
  const badName = code === 'ENOENT' && filePath.includes('\ufffd');
  return { code: 'unreadable', message: badName ? 'its name is not valid UTF-8' : reason(code) };
}

const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, 'code')) : 'unknown';

function reason(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied';
    case 'ENOENT':
      return 'it is gone';
    case 'ELOOP':
      return 'it is a symbolic link, and links are not followed';
    case 'ENAMETOOLONG':
      return 'its path is too long';
    default:
      return `the system cannot read it (${code})`;
  }
}

import type { Durability, Hasher, Lease } from './storage.ts';

/**
 * The primitives of a file system, one call of the operating system each, on paths relative to the
 * root (`''` is the root, parts are joined by `/`). They decide nothing: the order of writes, fsyncs
 * and renames is `directoryStorage`'s, so that the simulated power cuts of `memoryStorage()` prove
 * the very code that runs on a disk.
 *
 * No primitive follows a symbolic link below the root. All reject with coded errors
 * (`storage_full`, `storage_denied`, `storage_failed`), except where they say that something
 * expected is returned.
 */
export interface StorageDirectory {
  readonly label: string;
  /** Of the root, which is there. */
  durability(): Promise<Durability>;
  createHash(): Hasher;

  /**
   * Creates the root and whatever is missing above it, and makes their names durable, also when they
   * are there: who made them may have been killed before that.
   */
  createRoot(options?: RootOptions): Promise<void>;
  /** Tries the OS lock on the file `path`, which is created when missing and never removed. */
  lock(path: string): Promise<FileLock | undefined>;
  /**
   * A shared OS lock on the file `path`, which is there; `undefined` when it is not. Goes with the
   * process. Any number of handles may hold one.
   */
  lockShared(path: string): Promise<Lease | undefined>;
  /** Which of those files anybody has a shared lock on; those of which it cannot be told too. */
  lockedShared(paths: readonly string[]): Promise<ReadonlySet<string>>;

  /** In no order; `undefined` when there is no such directory. */
  list(path: string): Promise<readonly ListedName[] | undefined>;
  /** Of the name itself, not of what a link points at; `undefined` when there is none. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** False when the name is taken, by whatever. */
  makeDirectory(path: string): Promise<boolean>;
  /** `stat` of many. */
  statAll(paths: readonly string[]): Promise<readonly (FileFacts | undefined)[]>;
  /** Where native libraries find the path. */
  resolve(path: string): string;
  /**
   * `makeDirectory` for `draft.path()`, which is synchronous: the directory is there afterwards.
   * Throws `unsafe_entry` when the name is taken by something else.
   */
  ensureDirectorySync(path: string): void;

  /** A new file, or `undefined` when the name is taken. */
  createFile(path: string): Promise<WritableFile | undefined>;
  /** `undefined` when there is nothing of that name, `'unsafe'` when it is no regular file. */
  openFile(path: string): Promise<ReadableFile | 'unsafe' | undefined>;

  /**
   * Opens each file, looks at it, hashes it where that is asked for, fsyncs that very descriptor and
   * looks at it again if `sync`, and closes it. In the order of the requests, which may run side by
   * side. Who hashes without `sync` looks again afterwards.
   */
  examineFiles(
    requests: readonly ExamineRequest[],
    options: ExamineOptions,
  ): Promise<readonly Examined[]>;

  /**
   * A second name for the file `from`; false when the file system has no such thing, or no more of
   * them for this file.
   */
  linkFile(from: string, to: string): Promise<boolean>;
  /** The same with a look at the new name, `undefined` where that is gone: where one call is less than two. */
  linkAndStat?(from: string, to: string): Promise<FileFacts | undefined | false>;
  /**
   * A second name for a regular file outside of here that has one name so far; `outside` is its absolute
   * path. False where it is another thing, or the file system cannot. Synchronous, for `draft.adopt()`.
   */
  linkOutsideSync?(outside: string, to: string): boolean;
  /** A new file that shares the blocks of `from` until one is written (a reflink); false likewise. */
  cloneFile(from: string, to: string): Promise<boolean>;
  /** Makes the file one of its own, with the same content. Synchronous, for `draft.path()`. */
  unlinkCopySync(path: string): void;

  /** Makes the names in the directory durable: fsync. */
  syncDirectory(path: string): Promise<void>;
  /**
   * From how many files on `syncTree` is the faster way; infinite where there is no such call.
   */
  readonly syncTreeFrom: number;
  /**
   * Makes everything in the directory durable, content and names, and maybe more than that (syncfs).
   * False, and nothing is promised, when the call is not to be had after all.
   */
  syncTree(path: string): Promise<boolean>;
  /** Calls back soon after names in the root changed; `undefined` when that cannot be told. */
  watch(onChange: () => void): (() => void) | undefined;
  /** Atomic, replaces a file. Both names have the same parent. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing when there is nothing of that name. */
  removeFile(path: string): Promise<void>;
  /** Does nothing when it is not there. */
  removeTree(path: string): Promise<void>;
}

export interface RootOptions {
  /** The root's name is known to be durable, so that creating it is all there is to do. */
  readonly isDurable?: boolean | undefined;
}

export interface FileLock {
  /** False once the file was removed or replaced. */
  isHeld(): Promise<boolean>;
  /** The content of the file, if it is short. */
  read(): Promise<Uint8Array>;
  /** Replaces the content in place, by one of the same length or for the first time, durably. */
  write(content: Uint8Array): Promise<void>;
  release(): Promise<void>;
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'special';

export interface ListedName {
  readonly name: string;
  readonly kind: FileKind;
}

export interface FileFacts {
  readonly kind: FileKind;
  readonly bytes: number;
  /** How many names the file has. */
  readonly links: number;
  /** Another value whenever the file was changed or is another file. */
  readonly stamp: string;
}

export interface ExamineRequest {
  readonly path: string;
  readonly hash: boolean;
}

export interface ExamineOptions {
  readonly sync: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** `'missing'`, `'unsafe'` when it is no regular file, or what was seen. */
export type Examined =
  | 'missing'
  | 'unsafe'
  | {
      readonly before: FileFacts;
      /** After the fsync; without one it may be what was seen before the hashing. */
      readonly after: FileFacts;
      /** How many bytes were hashed, and their digest. */
      readonly hashed?: { readonly bytes: number; readonly sha256: string } | undefined;
    };

interface OpenFile {
  facts(): Promise<FileFacts>;
  /** Makes the content durable: fsync of this descriptor. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface WritableFile extends OpenFile {
  /** Appends all of it. The chunk may be read until that has ended. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes durable what was written so far, while more is written: fdatasync. */
  dataSync(): Promise<void>;
}

export interface ReadableFile extends OpenFile {
  /** From the first byte, whatever was read before. */
  chunks(): AsyncIterable<Uint8Array>;
}

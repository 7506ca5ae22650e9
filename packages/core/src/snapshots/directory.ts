import type { Durability, Hasher, Lease, WriterLock } from './storage.ts';

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
  /** `process-exit` where directories cannot be fsynced. */
  readonly durability: Durability;
  createHash(): Hasher;

  /** Creates the root and whatever is missing above it, durably. Does nothing when it is there. */
  createRoot(): Promise<void>;
  /** Tries the OS lock on the file `path`, which is created when missing and never removed. */
  lock(path: string): Promise<WriterLock | undefined>;
  lease(name: string): Promise<Lease>;
  isLeased(name: string): Promise<boolean>;

  /** In no order; `undefined` when there is no such directory. */
  list(path: string): Promise<readonly ListedName[] | undefined>;
  /** Of the name itself, not of what a link points at; `undefined` when there is none. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** False when the name is taken, by whatever. */
  makeDirectory(path: string): Promise<boolean>;
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

  /** Makes the names in the directory durable: fsync. */
  syncDirectory(path: string): Promise<void>;
  /** Atomic, replaces a file. Both names have the same parent. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing when there is nothing of that name. */
  removeFile(path: string): Promise<void>;
  /** Does nothing when it is not there. */
  removeTree(path: string): Promise<void>;
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

interface OpenFile {
  facts(): Promise<FileFacts>;
  /** Makes the content durable: fsync of this descriptor. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface WritableFile extends OpenFile {
  /** Appends all of it. */
  write(chunk: Uint8Array): Promise<void>;
}

export interface ReadableFile extends OpenFile {
  /** From the first byte, whatever was read before. */
  chunks(): AsyncIterable<Uint8Array>;
}

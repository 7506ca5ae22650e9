/**
 * Where snapshots live. `nodeStorage(dir)` of `@offstage/node-fs` and `memoryStorage()` of
 * `@offstage/core/testing` are directories (`directoryStorage`); an object store implements this
 * port itself: its commit is a conditional PUT where a directory's is a rename.
 *
 * Every method rejects with a coded OffstageError: `storage_full`, `storage_denied` or
 * `storage_failed`, with the cause, when the medium refuses.
 */
export interface SnapshotStorage {
  /** What a person calls it, for messages: the folder or the bucket. */
  readonly label: string;
  /** What a publish here survives, as far as the platform and the file system tell. */
  durability(): Promise<Durability>;
  createHash(): Hasher;

  /**
   * The one writer's lock, or `undefined` while another holds it: another process, another thread
   * or another handle of this process. It goes with its process. Its age is never looked at.
   *
   * @throws OffstageError `lock_unsupported` where such a lock is not to be had.
   */
  lock(): Promise<WriterLock | undefined>;

  /** CURRENT as it is stored, or `undefined` when there is none. */
  readCurrent(): Promise<Uint8Array | undefined>;
  /**
   * Makes durable what `readCurrent` shows, and takes away what an interrupted commit left. Recovery
   * calls it before it deletes what CURRENT does not name: a writer that was killed may have replaced
   * CURRENT, and not made that durable.
   */
  settleCurrent(): Promise<void>;
  /**
   * The commit point: replaces CURRENT whole if its generation still is `expectedGen` (`undefined`:
   * there is none), and resolves when the new one is durable. As late as can be it calls `lastLook`,
   * then looks at the signal; when the one rejects or the other is aborted, nothing is published.
   *
   * @throws OffstageError `fenced` when the generation is another; `commit_indeterminate` when it
   * cannot be told whether the commit happened or will last. Any other error: it did not happen.
   */
  commit(
    expectedGen: number | undefined,
    next: { readonly gen: number; readonly bytes: Uint8Array },
    options?: CommitOptions,
  ): Promise<void>;

  createDraft(id: string): Promise<DraftWorkspace>;
  /** The names of all drafts, versions and what is on its way out. What is foreign is not in it. */
  names(): Promise<readonly string[]>;
  /** Removes one of those. Does nothing when it is not there. */
  remove(name: string): Promise<void>;

  /** The manifest of the version in `content`, as stored, or `undefined` when it is not there. */
  readManifest(content: string): Promise<Uint8Array | undefined>;
  openFile(content: string, path: string): Promise<StoredFile | undefined>;
  /** Where native libraries find the file. */
  nativePath(content: string, path: string): string;
  /** Reads all that there is in `content` but the manifest, sorted by path. Changes nothing. */
  examine(content: string, signal?: AbortSignal): Promise<readonly ExaminedEntry[]>;

  /**
   * Keeps `content` from being removed, by writers in any process, until it is released or its
   * process has ended. `undefined` when it is not there.
   */
  lease(content: string): Promise<Lease | undefined>;
  /** Which of them somebody holds a lease on; rather too many than too few. */
  leased(contents: readonly string[]): Promise<ReadonlySet<string>>;

  /**
   * Calls `onChange` soon after CURRENT was replaced, where the medium can tell; a hint that may come
   * too often or not at all. Returns the way to stop, or `undefined` where it cannot be told.
   */
  watch?(onChange: () => void): (() => void) | undefined;
}

export interface CommitOptions {
  readonly lastLook?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A CURRENT that cannot be read is replaced as well, whatever was expected: for a repair. */
  readonly replaceDamaged?: boolean | undefined;
}

/**
 * What a publish that was acknowledged survives:
 * - `durable`: a loss of power, on a disk that keeps what it reports as flushed;
 * - `process-crash-safe`: the end of its process at any moment, and no loss of power;
 * - `best-effort`: that depends on a server or a driver of which nothing is known here.
 */
export type Durability = 'durable' | 'process-crash-safe' | 'best-effort';

export interface WriterLock {
  /** False once somebody removed what the lock is on, so that it keeps nobody out any more. */
  isHeld(): Promise<boolean>;
  /**
   * The generation that was recorded last, with what the lock is on: beside CURRENT, so that it is not
   * put back with it. `undefined` when none was, or when that cannot be read.
   */
  recordedGen(): Promise<number | undefined>;
  /** Notes, durably, that this generation is or was current. */
  recordGen(gen: number): Promise<void>;
  release(): Promise<void>;
}

export interface Lease {
  release(): Promise<void>;
}

/** SHA-256, fed piece by piece. */
export interface Hasher {
  update(chunk: Uint8Array): void;
  /** 64 hexadecimal digits in lower case. Ends the hasher. */
  digest(): Promise<string>;
}

/** A published file, open. */
export interface StoredFile {
  readonly bytes: number;
  /** From the first byte; again from the first byte when called again. */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** One payload file as it was sealed. */
export interface SealedEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file as it is found. */
export type ExaminedEntry =
  | SealedEntry
  /** What is no regular file, or cannot be read. */
  | { readonly path: string; readonly problem: string };

/** Published files to use again, by what their version's manifest says of them. */
export interface ReuseSource {
  /** The name of the directory with the version's content. */
  readonly content: string;
  readonly entries: readonly SealedEntry[];
}

/** A draft's own place. Paths given to it are portable already. */
export interface DraftWorkspace {
  /** Writes a new file, hashing it on the way. Leaves nothing of it when it rejects. */
  write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Takes over published files under their paths: as a reflink, else a hard link, else a copy. Leaves
   * nothing of them when it rejects.
   *
   * @throws OffstageError `corrupt` when a file is found not to be what was published.
   */
  reuse(source: ReuseSource, signal?: AbortSignal): Promise<void>;
  /**
   * Where a native library writes that file; its parent directories are there. What was reused there
   * becomes a copy first, so that writing to it leaves the published file alone.
   */
  nativePath(path: string): string;
  /**
   * Gives a file that lies elsewhere on the same disk a second name here, where that is to be had; false
   * where it is not, and nothing has happened.
   */
  adopt?(path: string, source: string): boolean;
  /**
   * Looks at everything in the place, and hashes what was not hashed while written. Sorted by path.
   *
   * @throws OffstageError `unsafe_entry` naming the relative path.
   */
  seal(signal?: AbortSignal): Promise<readonly SealedEntry[]>;
  /**
   * Adds the manifest, makes everything durable, and then gives the place the name of a version,
   * durably. Readers do not see it before the commit. The manifest comes in pieces, which are taken
   * once and in order.
   */
  publish(name: string, manifest: Iterable<Uint8Array>): Promise<void>;
  /** Removes the place, whatever its name is by now. */
  discard(): Promise<void>;
}

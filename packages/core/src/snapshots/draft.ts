import { OffstageError } from '../foundation/errors.ts';
import { invalidOption, reading, requireOptions } from '../foundation/invalid-option.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { asyncDispose } from './async-dispose.ts';
import { checkPath, invalidPath, PathSet, unsafeEntry } from './entry-path.ts';
import { layoutFormat, versionName } from './layout.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import { metadataToStore } from './metadata.ts';
import { readSignal } from './read-signal.ts';
import type { DraftWorkspace, Hasher } from './storage.ts';
import { readFinalizeOptions } from './store-options.ts';
import { type ReusableFile, Version } from './version.ts';
import { piecesOf, type WriteSource } from './write-source.ts';
import type { FinalizeOptions, Published, WriterContext, WriterSession } from './writer-session.ts';

export interface WriteOptions {
  /** Noted in the manifest, such as `text/markdown`. */
  readonly mediaType?: string | undefined;
  /** Ends the write with the signal's reason, and leaves nothing of the file. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A version in the making, and with it the store's one writer. Left without `finalize`, it leaves
 * nothing behind, also when its process is killed: the next `begin` removes what is left.
 *
 * @example
 * await using draft = await store.begin({ signal });
 * await draft.write('readme.md', '# Hello');
 * await addToIndex(draft.path('index.sqlite'));
 * const { version } = await draft.finalize({ documents: 1 }, { signal });
 */
export class Draft<Metadata = unknown> implements AsyncDisposable {
  readonly #context: WriterContext;
  readonly #schema: StandardSchema;
  readonly #session: WriterSession;
  readonly #workspace: DraftWorkspace;
  readonly #paths = new PathSet();
  readonly #mediaTypes = new Map<string, string>();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #state: 'open' | 'finalizing' | 'closed' = 'open';
  #ending: Promise<unknown> = Promise.resolve();

  /** `SnapshotStore.begin` makes drafts. */
  constructor(
    context: WriterContext,
    schema: StandardSchema,
    session: WriterSession,
    workspace: DraftWorkspace,
    signal: AbortSignal | undefined,
  ) {
    this.#context = context;
    this.#schema = schema;
    this.#session = session;
    this.#workspace = workspace;
    this.#signal = anyOf(this.#closing.signal, signal);
  }

  /**
   * Writes a new file, hashing it on the way. A stream is read no faster than it is written. When it
   * rejects nothing of the file is left, and the path is free again.
   *
   * @throws OffstageError `invalid_path`, `invalid_option`, `draft_closed`, `storage_full`,
   * `storage_denied`, `storage_failed`; what the stream throws goes through as it is.
   */
  async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<void> {
    this.#assertOpen();
    requireOptions(options);
    const { mediaType, signal: given } = reading('options', () => {
      const { mediaType, signal } = options;
      return { mediaType, signal: readSignal(signal) };
    });
    requireMediaType(mediaType);
    const signal = anyOf(this.#signal, given);
    this.#paths.add(checkFree(this.#paths, path));
    const pieces = piecesOf(source, signal);
    await this.#track([path], this.#workspace.write(path, pieces));
    if (mediaType !== undefined) this.#mediaTypes.set(path, mediaType);
  }

  /**
   * Takes files of a published version over as they are, under the same paths and with their digests
   * and media types: as a reflink, else a hard link, else a copy. Costs a system call or two a
   * file, and for a copy its bytes. When it rejects nothing of them is left.
   *
   * A native library may change such a file afterwards: `path()` makes it one of the draft's own
   * first, which copies a linked file, synchronously.
   *
   * @param paths one path or many, of files that the version has.
   * @throws OffstageError `not_found`, `invalid_path` when the draft has a file of that name,
   * `corrupt` when a file is found not to be what was published, `invalid_option`, `draft_closed`,
   * `storage_full`, `storage_denied`, `storage_failed`.
   *
   * @example
   * await using last = await store.current();
   * if (last !== undefined) await draft.copyFrom(last, 'images/logo.png');
   */
  async copyFrom(
    version: Version,
    paths: string | Iterable<string>,
    options: Pick<WriteOptions, 'signal'> = {},
  ): Promise<void> {
    this.#assertOpen();
    requireOptions(options);
    const signal = anyOf(
      this.#signal,
      reading('options', () => readSignal(options.signal)),
    );
    if (!Version.isVersion(version))
      throw invalidOption('version', 'a version of a store', version);
    const files: ReusableFile[] = [];
    const added: string[] = [];
    try {
      // One after the other: a list may claim to be endless, and a version has each file once.
      reading('paths', () => {
        for (const path of typeof paths === 'string' ? [paths] : paths) {
          const file = Version.reusableFile(version, path);
          this.#paths.add(checkFree(this.#paths, file.entry.path));
          added.push(file.entry.path);
          files.push(file);
        }
      });
    } catch (error) {
      for (const path of added) this.#paths.delete(path);
      throw error;
    }
    await this.#track(added, this.#reuse(version, files, signal));
    for (const { entry } of files) {
      if (entry.mediaType !== undefined) this.#mediaTypes.set(entry.path, entry.mediaType);
    }
  }

  /**
   * The absolute path of a file or directory that a native library is to write; the directories
   * above it are there. Everything that is found in the draft becomes part of the version, so close
   * what has side files (`-wal`, `-journal`, locks) before `finalize`.
   *
   * @throws OffstageError `invalid_path`, `draft_closed`, `unsafe_entry`.
   */
  path(relative: string): string {
    this.#assertOpen();
    if (!this.#paths.has(checkPath(relative))) this.#paths.add(relative);
    return this.#workspace.nativePath(relative);
  }

  /**
   * Takes a file of the application's own in without a copy: it gets a second name in the draft (a hard
   * link), and keeps its own. So a file that waits to be published is there again if it is not, and its
   * own name is removed once it is. Nobody may write to it from here on.
   *
   * False where that is not to be had (another disk, a file system without links, an object store, a
   * file with several names, what is no regular file or not there); nothing has happened then: copy it
   * to `path()`.
   *
   * @param source its absolute path.
   * @throws OffstageError `invalid_path` when the draft has a file of that name, `invalid_option`,
   * `draft_closed`, `unsafe_entry`, `storage_full`, `storage_denied`, `storage_failed`.
   *
   * @example
   * if (!draft.adopt('report.pdf', upload)) copyFileSync(upload, draft.path('report.pdf'));
   * await draft.finalize({ documents: 1 });
   * rmSync(upload);
   */
  adopt(path: string, source: string): boolean {
    this.#assertOpen();
    if (typeof source !== 'string' || source === '' || source.includes('\0')) {
      throw invalidOption('source', 'the absolute path of a file', source);
    }
    if (this.#workspace.adopt === undefined) return false;
    this.#paths.add(checkFree(this.#paths, path));
    let isAdopted = false;
    try {
      isAdopted = this.#workspace.adopt(path, source);
      return isAdopted;
    } finally {
      if (!isAdopted) this.#paths.delete(path);
    }
  }

  /**
   * Publishes all of it at once, and ends the draft in any case. Resolves when the version is
   * durable. Otherwise it rejects, and nothing is published and the draft is gone: with the signal's
   * reason, or an OffstageError of code `invalid_metadata`, `unsafe_entry`, `fenced`,
   * `draft_closed`, `storage_full`, `storage_denied` or `storage_failed`.
   *
   * With a `key` under which a version that is kept was published, it publishes nothing, looks at no
   * signal and asks no fence: it resolves to that version, and `repeated` is true.
   *
   * The one exception is `commit_indeterminate`: the disk failed at the commit, and whether the old
   * or the new version is current will show when the store is opened anew. Nothing is deleted.
   */
  finalize(metadata: Metadata, options: FinalizeOptions = {}): Promise<Published> {
    if (this.#state !== 'open') return Promise.reject(closed());
    let finalized: FinalizeOptions;
    try {
      finalized = readFinalizeOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#state = 'finalizing';
    const published = this.#finalize(metadata, finalized);
    this.#ending = published.catch(() => undefined);
    return published;
  }

  /** Ends the draft and removes what it wrote. Does nothing after `finalize`. */
  async discard(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closed';
      this.#closing.abort(closed());
      this.#ending = this.#remove();
    }
    await this.#ending;
  }

  /** `discard`, except that what cannot be removed is left to the next `begin`. */
  async [asyncDispose](): Promise<void> {
    await this.discard().catch(() => undefined);
  }

  /** Notes what is being written, and frees the paths when that fails. */
  async #track(paths: readonly string[], writing: Promise<void>): Promise<void> {
    for (const path of paths) this.#writing.set(path, writing);
    try {
      await writing;
    } catch (error) {
      for (const path of paths) this.#paths.delete(path);
      throw await this.#session.lostLock(error);
    } finally {
      for (const path of paths) this.#writing.delete(path);
    }
  }

  async #reuse(
    version: Version,
    files: readonly ReusableFile[],
    signal: AbortSignal,
  ): Promise<void> {
    const [first] = files;
    if (first === undefined) return;
    if (first.storage === this.#context.storage) {
      const entries = files.map(({ entry }) => entry);
      return this.#workspace.reuse({ content: first.content, entries }, signal);
    }
    // Another store's version: its bytes are all that can be had.
    for (const { entry } of files) {
      const pieces = piecesOf(await version.open(entry.path), signal);
      await this.#workspace.write(entry.path, pieces);
    }
  }

  async #finalize(metadata: unknown, options: FinalizeOptions): Promise<Published> {
    try {
      const published = await this.#session.published(options.key);
      if (published === undefined) return await this.#publish(metadata, options);
      await this.#endWrites();
      await this.#workspace.discard().catch(() => undefined);
      return published;
    } catch (error) {
      const keep = OffstageError.isInstance(error) && error.code === 'commit_indeterminate';
      const reason = await this.#session.lostLock(error);
      // What cannot be removed now, the next `begin` removes.
      if (!keep) await this.#workspace.discard().catch(() => undefined);
      throw reason;
    } finally {
      this.#state = 'closed';
      await this.#session.release();
    }
  }

  async #publish(metadata: unknown, options: FinalizeOptions): Promise<Published> {
    const { signal } = options;
    signal?.throwIfAborted();
    const [unfinished] = this.#writing.keys();
    if (unfinished !== undefined) {
      await this.#endWrites();
      throw unsafeEntry(unfinished, 'it is still being written: await draft.write()');
    }
    const stored = await metadataToStore(this.#schema, metadata);
    // Nothing is added any more, and of very many names one list is enough.
    this.#paths.clear();

    // Step 2: everything in the draft is looked at, hashed and made durable.
    const sealed = await this.#workspace.seal(signal);

    // Step 3: the manifest, and the draft gets the name of a version. No reader sees it yet.
    const { key } = options;
    const draft = this.#session.next(versionName, '', key);
    const manifest: Manifest = {
      format: layoutFormat,
      gen: draft.gen,
      id: draft.id,
      createdAt: draft.createdAt,
      ...(key === undefined ? {} : { key }),
      metadata: stored,
      entries: sealed.map((entry) => {
        const mediaType = this.#mediaTypes.get(entry.path);
        return mediaType === undefined ? entry : { ...entry, mediaType };
      }),
    };
    const hasher = this.#context.storage.createHash();
    signal?.throwIfAborted();
    await this.#workspace.publish(draft.content, hashed(encodeManifest(manifest), hasher));
    const manifestSha256 = await hasher.digest();

    // Steps 4 to 6: CURRENT names it, durably; then retention.
    return this.#session.commit({ ...draft, manifestSha256 }, manifest, options);
  }

  async #endWrites(): Promise<void> {
    this.#closing.abort(closed());
    await Promise.allSettled(this.#writing.values());
  }

  async #remove(): Promise<void> {
    try {
      await Promise.allSettled(this.#writing.values());
      await this.#workspace.discard();
    } finally {
      await this.#session.release();
    }
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw closed();
  }
}

function checkFree(paths: PathSet, path: string): string {
  if (paths.has(checkPath(path))) throw invalidPath(path, 'the draft has a file of that name');
  return path;
}

/** The pieces, each of them hashed as it is taken. */
function* hashed(pieces: Iterable<Uint8Array>, hasher: Hasher): Generator<Uint8Array> {
  for (const piece of pieces) {
    hasher.update(piece);
    yield piece;
  }
}

const closed = (): OffstageError =>
  new OffstageError('draft_closed', 'The draft has ended: begin another one.');

const anyOf = (signal: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? signal : AbortSignal.any([signal, other]);

// Whatever is noted in a manifest, the next reader has to take.
function requireMediaType(value: unknown): void {
  if (value === undefined) return;
  const isType = typeof value === 'string' && value.length <= 1000 && value.isWellFormed();
  if (!isType)
    throw invalidOption('mediaType', 'a well-formed text of at most 1,000 characters', value);
}

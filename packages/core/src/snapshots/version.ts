import { OffstageError } from '../foundation/errors.ts';
import { reading, requireOptions } from '../foundation/invalid-option.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { asyncDispose } from './async-dispose.ts';
import { nameOf, type VersionRef } from './current.ts';
import { quote } from './entry-path.ts';
import { decodeManifest, digestOf, type Manifest, type ManifestEntry } from './manifest.ts';
import { checkMetadata } from './metadata.ts';
import { readSignal } from './read-signal.ts';
import type { ExaminedEntry, Lease, SnapshotStorage, StoredFile } from './storage.ts';

/**
 * When `version.open` compares a file with its digest: never, the first time that it is opened, or
 * every time. It reads the file once more.
 */
export type VerifyMode = 'off' | 'first-open' | 'always';

/** A file that is not what was published. */
export interface FileProblem {
  readonly path: string;
  /** Such as `is missing` or `has another content`. */
  readonly problem: string;
}

/** What a look at every file of a version found. */
export interface VersionReport {
  /** `<gen>-<id>`. */
  readonly version: string;
  readonly gen: number;
  /** How many files and bytes were compared with their digests. */
  readonly files: number;
  readonly bytes: number;
  /** Empty when everything is as it was published. */
  readonly problems: readonly FileProblem[];
}

/**
 * A published version, open for reading. It is a lease: retention, in any process, leaves its files
 * alone until it is disposed or this process has ended, unless it was opened with `lease: false`.
 *
 * @example
 * await using version = await store.current();
 * const index = openIndex(version.path('index.sqlite'));
 */
export class Version<Metadata = unknown> implements AsyncDisposable {
  /** Counts commits: 1, 2, 3 … */
  readonly gen: number;
  readonly id: string;
  /** `<gen>-<id>`, as `finalize` and `rollback` return it. */
  readonly version: string;
  /** When it was committed, in milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** As the schema read it. */
  readonly metadata: Metadata;
  /** Of the content: after a rollback its `gen` and `id` are those of the older version. */
  readonly manifest: Manifest;
  readonly #storage: SnapshotStorage;
  readonly #content: string;
  readonly #lease: Lease;
  readonly #verifyMode: VerifyMode;
  // Made when a file is first asked for.
  #entries: ReadonlyMap<string, ManifestEntry> | undefined;
  readonly #verified = new Set<string>();
  readonly #open = new Set<StoredFile>();
  #disposed = false;

  private constructor(
    storage: SnapshotStorage,
    ref: VersionRef,
    lease: Lease,
    manifest: Manifest,
    metadata: Metadata,
    verifyMode: VerifyMode,
  ) {
    this.gen = ref.gen;
    this.id = ref.id;
    this.version = nameOf(ref);
    this.createdAt = ref.createdAt;
    this.metadata = metadata;
    this.manifest = manifest;
    this.#storage = storage;
    this.#content = ref.content;
    this.#lease = lease;
    this.#verifyMode = verifyMode;
  }

  /** `undefined` when its content is not there. `SnapshotStore` opens versions. */
  static async load<Metadata>(
    storage: SnapshotStorage,
    schema: StandardSchema<unknown, Metadata>,
    ref: VersionRef,
    { verify, lease: isLeased }: { readonly verify: VerifyMode; readonly lease: boolean },
  ): Promise<Version<Metadata> | undefined> {
    const lease = isLeased ? await storage.lease(ref.content) : noLease;
    if (lease === undefined) return undefined;
    let version: Version<Metadata> | undefined;
    try {
      const manifest = await readManifest(storage, ref);
      if (manifest === undefined) return undefined;
      const what = `The metadata of version ${nameOf(ref)} do not fit the schema`;
      const metadata = await checkMetadata(schema, manifest.metadata, what);
      version = new Version(storage, ref, lease, manifest, metadata, verify);
      return version;
    } finally {
      if (version === undefined) await lease.release();
    }
  }

  /**
   * Where native libraries find the file or directory. Its content is not verified.
   *
   * @throws OffstageError `not_found` when the version has nothing of that name, or was disposed.
   */
  path(relative: string): string {
    this.#assertOpen();
    if (this.#entry(relative) === undefined) {
      if (typeof relative !== 'string') throw this.#notFound(relative);
      const directory = `${relative}/`;
      const known = this.manifest.entries.some(({ path }) => path.startsWith(directory));
      if (!known) throw this.#notFound(relative);
    }
    return this.#storage.nativePath(this.#content, relative);
  }

  /**
   * The content of a file. Unless `verify` is off, its digest is found right before the first byte is
   * handed out: a file is read twice the first time that it is opened, or every time.
   *
   * @throws OffstageError `not_found`; `corrupt`, naming the file, when it is not what was published.
   */
  async open(path: string): Promise<ReadableStream<Uint8Array>> {
    this.#assertOpen();
    const entry = this.#entry(path);
    if (entry === undefined) throw this.#notFound(path);
    const file = await this.#storage.openFile(this.#content, path);
    if (file === undefined) throw this.#corrupt(path, 'is missing');
    try {
      if (this.#mustVerify(path)) await this.#verify(entry, file);
      this.#assertOpen();
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#open.add(file);
    const close = async (): Promise<void> => {
      if (this.#open.delete(file)) await file.close();
    };
    return streamOf(file, () => this.#assertOpen(), close);
  }

  /**
   * Reads every file and compares it with the manifest, and tells what is damaged, missing or does
   * not belong there. Changes nothing.
   *
   * @throws OffstageError `not_found` after the version was disposed; `storage_failed`; or the
   * signal's reason.
   */
  async verify(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<VersionReport> {
    this.#assertOpen();
    requireOptions(options);
    const signal = reading('options', () => readSignal(options.signal));
    const found = await this.#storage.examine(this.#content, signal);
    return { version: this.version, gen: this.gen, ...compare(this.manifest.entries, found) };
  }

  /** Ends the lease, and closes the files that are open. Does nothing the second time. */
  async [asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const files = [...this.#open];
    this.#open.clear();
    for (const file of files) await file.close();
    await this.#lease.release();
  }

  async #verify(entry: ManifestEntry, file: StoredFile): Promise<void> {
    if (file.bytes !== entry.bytes) throw this.#corrupt(entry.path, 'has another size');
    const hasher = this.#storage.createHash();
    for await (const chunk of file.chunks()) hasher.update(chunk);
    if ((await hasher.digest()) !== entry.sha256) {
      throw this.#corrupt(entry.path, 'has another content');
    }
    this.#verified.add(entry.path);
  }

  #mustVerify(path: string): boolean {
    if (this.#verifyMode === 'off') return false;
    return this.#verifyMode === 'always' || !this.#verified.has(path);
  }

  #entry(path: string): ManifestEntry | undefined {
    this.#entries ??= new Map(this.manifest.entries.map((entry) => [entry.path, entry]));
    return this.#entries.get(path);
  }

  /** By what only a version has: a look at a proxy may throw. */
  static isVersion(value: unknown): value is Version {
    return typeof value === 'object' && value !== null && #lease in value;
  }

  /** Where a draft finds a file to use it again. @throws OffstageError `not_found` */
  static reusableFile(version: Version, path: string): ReusableFile {
    version.#assertOpen();
    const entry = version.#entry(path);
    if (entry === undefined) throw version.#notFound(path);
    return { storage: version.#storage, content: version.#content, entry };
  }

  #assertOpen(): void {
    if (!this.#disposed) return;
    throw new OffstageError(
      'not_found',
      `Version ${this.version} was disposed: read its files before that.`,
    );
  }

  #notFound(path: unknown): OffstageError {
    return new OffstageError('not_found', `Version ${this.version} has no ${quote(path)}.`, {
      details: { version: this.version, ...(typeof path === 'string' ? { path } : {}) },
    });
  }

  #corrupt(path: string, problem: string): OffstageError {
    return new OffstageError(
      'corrupt',
      `${JSON.stringify(path)} of version ${this.version} ${problem}: it is not what was published.`,
      { details: { version: this.version, path } },
    );
  }
}

const noLease: Lease = { release: async () => undefined };

export interface ReusableFile {
  readonly storage: SnapshotStorage;
  readonly content: string;
  readonly entry: ManifestEntry;
}

function compare(
  entries: readonly ManifestEntry[],
  found: readonly ExaminedEntry[],
): Pick<VersionReport, 'files' | 'bytes' | 'problems'> {
  const ahead = new Map(found.map((file) => [file.path, file]));
  const problems: FileProblem[] = [];
  let bytes = 0;
  for (const { path, ...entry } of entries) {
    const file = ahead.get(path);
    ahead.delete(path);
    if (file === undefined) problems.push({ path, problem: 'is missing' });
    else if ('problem' in file) problems.push(file);
    else {
      bytes += file.bytes;
      if (file.bytes !== entry.bytes) problems.push({ path, problem: 'has another size' });
      else if (file.sha256 !== entry.sha256)
        problems.push({ path, problem: 'has another content' });
    }
  }
  for (const path of ahead.keys()) problems.push({ path, problem: 'was not published' });
  return { files: entries.length, bytes, problems };
}

/** @throws OffstageError `corrupt` when the manifest is not the one that CURRENT names. */
export async function readManifest(
  storage: SnapshotStorage,
  ref: VersionRef,
): Promise<Manifest | undefined> {
  const bytes = await storage.readManifest(ref.content);
  if (bytes === undefined) return undefined;
  if ((await digestOf(bytes, storage)) === ref.manifestSha256) {
    return decodeManifest(bytes, nameOf(ref));
  }
  throw new OffstageError(
    'corrupt',
    `The manifest of version ${nameOf(ref)} is not what was published: roll back to another version.`,
    { details: { version: nameOf(ref) } },
  );
}

function streamOf(
  file: StoredFile,
  assertOpen: () => void,
  close: () => Promise<void>,
): ReadableStream<Uint8Array> {
  const iterator = file.chunks()[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          assertOpen();
          const next = await iterator.next();
          if (next.done !== true) return controller.enqueue(next.value);
          await close();
          controller.close();
        } catch (error) {
          await close();
          throw error;
        }
      },
      async cancel() {
        await iterator.return?.();
        await close();
      },
    },
    { highWaterMark: 0 },
  );
}

import { OffstageError } from '../errors.ts';
import type { StandardSchema } from '../standard-schema.ts';
import { asyncDispose } from './async-dispose.ts';
import { nameOf, type VersionRef } from './current.ts';
import { decodeManifest, digestOf, type Manifest, type ManifestEntry } from './manifest.ts';
import { checkMetadata } from './metadata.ts';
import type { Lease, SnapshotStorage, StoredFile } from './storage.ts';

/**
 * A published version, open for reading. It is a lease: retention leaves its files alone until it is
 * disposed. For now it protects from writers that share this process's storage object only; a writer
 * elsewhere keeps the newest `retain` versions, and no more than that (S10).
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
  readonly #entries: ReadonlyMap<string, ManifestEntry>;
  readonly #verified = new Set<string>();
  readonly #open = new Set<StoredFile>();
  #disposed = false;

  private constructor(
    storage: SnapshotStorage,
    ref: VersionRef,
    lease: Lease,
    manifest: Manifest,
    metadata: Metadata,
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
    this.#entries = new Map(manifest.entries.map((entry) => [entry.path, entry]));
  }

  /** `undefined` when its content is not there. `SnapshotStore` opens versions. */
  static async load<Metadata>(
    storage: SnapshotStorage,
    schema: StandardSchema<unknown, Metadata>,
    ref: VersionRef,
  ): Promise<Version<Metadata> | undefined> {
    const lease = await storage.lease(ref.content);
    let version: Version<Metadata> | undefined;
    try {
      const manifest = await readManifest(storage, ref);
      if (manifest === undefined) return undefined;
      const what = `The metadata of version ${nameOf(ref)} do not fit the schema`;
      const metadata = await checkMetadata(schema, manifest.metadata, what);
      version = new Version(storage, ref, lease, manifest, metadata);
      return version;
    } finally {
      if (version === undefined) await lease.release();
    }
  }

  /**
   * Where native libraries find the file or directory. Its content is not verified.
   *
   * @throws OffstageError `not_found` when the version has nothing of that name.
   */
  path(relative: string): string {
    const directory = `${relative}/`;
    if (!this.#entries.has(relative)) {
      const known = this.manifest.entries.some(({ path }) => path.startsWith(directory));
      if (!known) throw this.#notFound(relative);
    }
    return this.#storage.nativePath(this.#content, relative);
  }

  /**
   * The content of a file, whose digest was found right before the first byte is handed out. Each
   * file is verified the first time that it is opened.
   *
   * @throws OffstageError `not_found`; `corrupt`, naming the file, when it is not what was published.
   */
  async open(path: string): Promise<ReadableStream<Uint8Array>> {
    this.#assertOpen();
    const entry = this.#entries.get(path);
    if (entry === undefined) throw this.#notFound(path);
    const file = await this.#storage.openFile(this.#content, path);
    if (file === undefined) throw this.#corrupt(path, 'is missing');
    try {
      if (!this.#verified.has(path)) await this.#verify(entry, file);
      this.#assertOpen();
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#verified.add(path);
    this.#open.add(file);
    const close = async (): Promise<void> => {
      if (this.#open.delete(file)) await file.close();
    };
    return streamOf(file, () => this.#assertOpen(), close);
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
  }

  #assertOpen(): void {
    if (!this.#disposed) return;
    throw new OffstageError(
      'not_found',
      `Version ${this.version} was disposed: read its files before that.`,
    );
  }

  #notFound(path: string): OffstageError {
    return new OffstageError(
      'not_found',
      `Version ${this.version} has no ${JSON.stringify(path)}.`,
      { details: { version: this.version, path } },
    );
  }

  #corrupt(path: string, problem: string): OffstageError {
    return new OffstageError(
      'corrupt',
      `${JSON.stringify(path)} of version ${this.version} ${problem}: it is not what was published.`,
      { details: { version: this.version, path } },
    );
  }
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

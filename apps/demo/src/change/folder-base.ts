import type { DatabaseSync } from 'node:sqlite';
import type { Version } from '@offstage/core';
import type { CorpusMetadata } from '../corpus/corpus-metadata.ts';
import type { openSnapshots } from '../corpus/snapshots.ts';
import { formatOf, indexFormat } from '../search/index-format.ts';
import { type KnownFile, knownFiles, ParsedFiles } from '../search/known-files.ts';
import { indexFile, openIndex, originalPath } from '../search/search-index.ts';
import { keptOriginals } from './change-handler.ts';

type Snapshots = ReturnType<typeof openSnapshots>;

/** The version that an ingest begins with, and what it knows of files. */
export class FolderBase implements AsyncDisposable {
  readonly version: Version<CorpusMetadata> | undefined;
  /** It was made by the same settings, so that what it holds can be taken over. */
  readonly isUsable: boolean;
  /** Files of a folder, by their paths: all of those that can be taken over. */
  readonly files: ReadonlyMap<string, KnownFile>;
  /** Files that were uploaded, and stay. */
  readonly uploads: readonly KnownFile[];
  readonly #database: DatabaseSync | undefined;
  #parsed: ParsedFiles | undefined;
  #readAgain: ReadonlySet<KnownFile> | undefined;

  private constructor(
    version: Version<CorpusMetadata> | undefined,
    database: DatabaseSync | undefined,
    configHash: string,
  ) {
    this.version = version;
    this.#database = database;
    this.isUsable =
      version?.metadata.configHash === configHash &&
      database !== undefined &&
      formatOf(database) >= indexFormat;
    const files = database === undefined ? new Map<string, KnownFile>() : knownFiles(database);
    const uploads: KnownFile[] = [];
    // Taken out, and not put into another map: there may be a hundred thousand that stay.
    for (const file of files.values()) {
      if (file.document !== null) uploads.push(file);
      if (file.document !== null || !this.isUsable) files.delete(file.path);
    }
    this.files = files;
    this.uploads = uploads;
  }

  /** @param configHash Of the settings in force. */
  static async open(snapshots: Snapshots, configHash: string): Promise<FolderBase> {
    return FolderBase.#of(await snapshots.current(), configHash);
  }

  /** What an ingest begins with instead, where another version was published since; else nothing. */
  async successor(snapshots: Snapshots, configHash: string): Promise<FolderBase | undefined> {
    const version = await snapshots.current();
    // What it knows of files is read once: there may be very many.
    if (version?.version !== this.version?.version) return FolderBase.#of(version, configHash);
    await version?.[Symbol.asyncDispose]();
    return undefined;
  }

  static async #of(
    version: Version<CorpusMetadata> | undefined,
    configHash: string,
  ): Promise<FolderBase> {
    let database: DatabaseSync | undefined;
    try {
      if (version !== undefined) database = openIndex(version.path(indexFile));
      return new FolderBase(version, database, configHash);
    } catch (error) {
      database?.close();
      await version?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What a parser made of one of its files. */
  get parsed(): ParsedFiles | undefined {
    if (this.#database === undefined || !this.isUsable) return undefined;
    this.#parsed ??= new ParsedFiles(this.#database);
    return this.#parsed;
  }

  /** Uploads that settings or readers made stale, as far as the version keeps their files. */
  get uploadsReadAgain(): ReadonlySet<KnownFile> {
    this.#readAgain ??= this.#staleUploads();
    return this.#readAgain;
  }

  #staleUploads(): ReadonlySet<KnownFile> {
    const stale = this.uploads.filter(({ isOutdated }) => !this.isUsable || isOutdated);
    if (this.version === undefined || stale.length === 0) return new Set();
    const kept = new Set(keptOriginals(this.version, stale));
    return new Set(stale.filter(({ document }) => kept.has(originalPath(document ?? ''))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database?.close();
    await this.version?.[Symbol.asyncDispose]();
  }
}

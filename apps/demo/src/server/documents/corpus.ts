import type { DatabaseSync } from 'node:sqlite';
import { OffstageError, PublicError, type Version } from '@offstage/core';
import { documentIdOf } from '../../change/change-plan.ts';
import { type CorpusMetadata, configHash } from '../../corpus/corpus-metadata.ts';
import { openSnapshots } from '../../corpus/snapshots.ts';
import type { FindOptions } from '../../search/find.ts';
import { parseQuery } from '../../search/query.ts';
import { countOutdated, indexFile, openIndex, originalPath } from '../../search/search-index.ts';
import {
  type CorpusSettings,
  corpusSettings,
  saveSettings,
  searchLanguage,
} from '../../search/settings.ts';
import type {
  DocumentsPage,
  DocumentsQuery,
  SearchAnswer,
  VersionChanges,
  VersionView,
} from '../../web/api.ts';
import { DocumentList } from './document-list.ts';
import { SearchThread } from './search-thread.ts';

export interface SettingsChange {
  readonly language?: string | undefined;
  readonly passageLength?: number | undefined;
}

interface OpenVersion {
  readonly version: Version<CorpusMetadata>;
  readonly database: DatabaseSync;
  /** Searches that read it in their thread. */
  readers: number;
  /** Another version is current: it is closed once nobody reads it. */
  isFormer: boolean;
  /** Made when somebody asks for it. */
  list?: DocumentList | undefined;
  /** Of all documents; worked out when somebody asks for it. */
  keepsFiles?: boolean | undefined;
  outdated?: ReturnType<typeof countOutdated> | undefined;
}

/**
 * What is published, for requests. The current version and its index stay open from one request to the
 * next; a change of the corpus, by this process or another, is noticed by the generation.
 */
export class Corpus {
  readonly #store: ReturnType<typeof openSnapshots>;
  readonly #dataFolder: string;
  readonly #searches = new SearchThread();
  #open: Promise<OpenVersion | undefined> | undefined;
  readonly #watching = new AbortController();
  readonly #changes = new Map<string, VersionChanges>();
  readonly #summaries = new Map<
    string,
    Omit<VersionView, 'current' | 'changes' | 'settingsChanged'>
  >();

  constructor(dataFolder: string) {
    this.#store = openSnapshots(dataFolder);
    this.#dataFolder = dataFolder;
    void this.#watch();
  }

  /** To be called when a version was published here, so that the next request sees it. */
  refresh(): void {
    const former = this.#open;
    this.#open = undefined;
    // Whoever has just got it reads it at once, before the next turn.
    setImmediate(() => void former?.then((open) => this.#retire(open)).catch(() => undefined));
  }

  /**
   * @throws PublicError `empty_query`, `no_snapshot`
   * @throws Problem 503 `search_busy`, `search_timeout`
   */
  async search(query: string, options: FindOptions, signal?: AbortSignal): Promise<SearchAnswer> {
    const startedAt = performance.now();
    parseQuery(query, options);
    const open = (await this.#current()) ?? nothingPublished();
    const { version } = open;
    open.readers += 1;
    try {
      const file = version.path(indexFile);
      const language = searchLanguage(this.#dataFolder);
      const found = await this.#searches.ask({ file, query, language, options }, signal);
      return {
        ...{ version: version.version, gen: version.gen },
        ...found,
        documents: found.documents.map(named),
        hits: found.hits.map(named),
        tookMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
      };
    } finally {
      open.readers -= 1;
      if (open.isFormer && open.readers === 0) void this.#release(open).catch(() => undefined);
    }
  }

  /** @throws OffstageError `not_found` */
  async documents(name: string | undefined, query: DocumentsQuery): Promise<DocumentsPage> {
    const { offset = 0, limit = 100 } = query;
    const page = await this.#read(name, ({ version, list }) => ({
      version: version.version,
      ...list.page(query, offset, limit),
      kinds: list.kinds(),
      partly: list.partly(),
      reasons: list.reasons(),
    }));
    return page ?? { version: null, total: 0, documents: [], kinds: [], partly: 0, reasons: [] };
  }

  /** What a query means, as a whole. @throws OffstageError `not_found` */
  async documentIds(name: string | undefined, query: DocumentsQuery): Promise<readonly string[]> {
    return (await this.#read(name, ({ list }) => list.ids(query))) ?? [];
  }

  /**
   * A version that stays where it is until the caller disposes it.
   *
   * @throws OffstageError `not_found`; PublicError `no_snapshot`
   */
  async hold(name: string | undefined): Promise<Version<CorpusMetadata>> {
    if (name === undefined) return (await this.#store.current()) ?? nothingPublished();
    const summary = (await this.#store.list()).find((known) => known.version === name);
    if (summary === undefined) throw new OffstageError('not_found', 'There is no such version.');
    return this.#store.open(summary.gen);
  }

  /** Reads the current version; `undefined` where nothing is published. */
  async read<T>(work: (open: { version: Version<CorpusMetadata>; database: DatabaseSync }) => T) {
    const current = await this.#current();
    return current === undefined ? undefined : work(current);
  }

  async #read<T>(
    name: string | undefined,
    work: (open: { version: Version<CorpusMetadata>; list: DocumentList }) => T,
  ): Promise<T | undefined> {
    const current = await this.#current();
    if (current === undefined && name === undefined) return undefined;
    if (current !== undefined && (name === undefined || name === current.version.version)) {
      current.list ??= listOf(current);
      return work({ version: current.version, list: current.list });
    }
    const summary = (await this.#store.list()).find((known) => known.version === name);
    if (summary === undefined) throw new OffstageError('not_found', 'There is no such version.');
    await using version = await this.#store.open(summary.gen);
    using database = openIndex(version.path(indexFile));
    return work({ version, list: listOf({ version, database }) });
  }

  settings(): CorpusSettings {
    return corpusSettings(this.#dataFolder);
  }

  /** Keeps what is not named. */
  saveSettings(changed: SettingsChange): void {
    const { language, passageLength } = this.settings();
    saveSettings(this.#dataFolder, {
      language: changed.language ?? language,
      passageLength: changed.passageLength ?? passageLength,
    });
  }

  /** Whether the current version keeps the files of all documents, so that they can be indexed again. */
  async keepsFiles(): Promise<boolean> {
    const open = await this.#current();
    if (open === undefined) return false;
    open.keepsFiles ??=
      open.database
        .prepare('SELECT 1 FROM files WHERE document IS NULL AND failure_code IS NULL LIMIT 1')
        .get() === undefined;
    return open.keepsFiles;
  }

  /** How many files of the current version were read by former readers; `kept` of them can be read again. */
  async outdated(): Promise<{ readonly all: number; readonly kept: number }> {
    const open = await this.#current();
    if (open === undefined) return { all: 0, kept: 0 };
    open.outdated ??= countOutdated(open.database);
    return open.outdated;
  }

  async versions(): Promise<readonly VersionView[]> {
    const list = await this.#store.list();
    const now = configHash(corpusSettings(this.#dataFolder).passageLength);
    const views: VersionView[] = [];
    for (const [at, summary] of list.entries()) {
      const before = list[at + 1];
      const known = await this.#summary(summary.gen, summary.version, list);
      if (known === undefined) continue;
      views.push({
        ...known,
        current: summary.current,
        settingsChanged: known.configHash !== now,
        changes: before === undefined ? null : await this.#changesBetween(before, summary),
      });
    }
    // What retention has removed is not asked for again.
    const names = new Set(list.map(({ version }) => version));
    for (const name of this.#summaries.keys()) if (!names.has(name)) this.#summaries.delete(name);
    return views;
  }

  async currentView(): Promise<VersionView | null> {
    return (await this.versions())[0] ?? null;
  }

  /** @throws OffstageError `not_found`, `locked` and other codes of the store */
  async rollback(gen: number): Promise<{ version: string; gen: number }> {
    const published = await this.#store.rollback(gen);
    this.refresh();
    return { version: published.version, gen: published.gen };
  }

  async close(): Promise<void> {
    this.#watching.abort();
    const open = await this.#open?.catch(() => undefined);
    this.#open = undefined;
    await this.#searches.shutdown();
    await closeVersion(open);
  }

  async #retire(open: OpenVersion | undefined): Promise<void> {
    if (open === undefined) return;
    open.isFormer = true;
    if (open.readers === 0) await this.#release(open);
  }

  /** The thread lets go of the index before the version may be removed. */
  async #release(open: OpenVersion): Promise<void> {
    try {
      await this.#searches.close(open.version.path(indexFile));
    } finally {
      await closeVersion(open);
    }
  }

  async #current(): Promise<OpenVersion | undefined> {
    for (;;) {
      this.#open ??= this.#load();
      const opening = this.#open;
      const found = await opening.catch((error) => {
        if (this.#open === opening) this.#open = undefined;
        throw error;
      });
      // Somebody published meanwhile.
      if (this.#open !== opening) continue;
      // Nothing is there: look again next time.
      if (found === undefined) this.#open = undefined;
      return found;
    }
  }

  async #load(): Promise<OpenVersion | undefined> {
    const version = await this.#store.current();
    if (version === undefined) return undefined;
    try {
      return {
        ...{ version, database: openIndex(version.path(indexFile)) },
        ...{ readers: 0, isFormer: false },
      };
    } catch (error) {
      await version[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #summary(gen: number, name: string, list: readonly { gen: number; content: string }[]) {
    const known = this.#summaries.get(name);
    if (known !== undefined) return known;
    const content = list.find((one) => one.gen === gen)?.content;
    try {
      await using version = await this.#store.open(gen);
      const { metadata, manifest } = version;
      const summary = {
        version: version.version,
        gen,
        createdAt: version.createdAt,
        rolledBackTo: manifest.gen === gen ? null : manifest.gen,
        documents: metadata.documents,
        passages: metadata.passages,
        failed: metadata.failed,
        bytes: metadata.bytes,
        indexBytes: manifest.entries.find(({ path }) => path === indexFile)?.bytes ?? 0,
        totalBytes: manifest.entries.reduce((sum, { bytes }) => sum + bytes, 0),
        files: manifest.entries.length,
        corpusHash: metadata.corpusHash,
        configHash: metadata.configHash,
      };
      if (content !== undefined) this.#summaries.set(name, summary);
      return summary;
    } catch (error) {
      // Removed since it was listed.
      if (OffstageError.isInstance(error) && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  async #changesBetween(
    before: { gen: number; version: string },
    after: { gen: number; version: string },
  ): Promise<VersionChanges | null> {
    const key = `${before.version} ${after.version}`;
    const known = this.#changes.get(key);
    if (known !== undefined) return known;
    try {
      await using older = await this.#store.open(before.gen);
      await using newer = await this.#store.open(after.gen);
      const changes = compare(older.path(indexFile), newer.path(indexFile));
      if (this.#changes.size > 100) this.#changes.clear();
      this.#changes.set(key, changes);
      return changes;
    } catch (error) {
      if (OffstageError.isInstance(error) && error.code === 'not_found') return null;
      throw error;
    }
  }

  // Another process may publish too: the terminal's ingest.
  async #watch(): Promise<void> {
    const { signal } = this.#watching;
    while (!signal.aborted) {
      try {
        for await (const _ of this.#store.watch({ signal })) this.refresh();
      } catch {
        if (signal.aborted) return;
        // A damaged folder is told to whoever asks for something; here it is tried again, later.
        await new Promise((resolve) => setTimeout(resolve, 1000).unref());
      }
    }
  }
}

function listOf({ version, database }: Pick<OpenVersion, 'version' | 'database'>): DocumentList {
  const kept = new Set(version.manifest.entries.map(({ path }) => path));
  return new DocumentList(database, (document) => kept.has(originalPath(document)));
}

async function closeVersion(open: OpenVersion | undefined): Promise<void> {
  if (open === undefined) return;
  open.database.close();
  await open.version[Symbol.asyncDispose]();
}

/** With the names that pages know documents by. */
const named = <T extends { path: string; document: string | null }>({
  path,
  document,
  ...rest
}: T) => ({ documentId: documentIdOf({ path, document }), name: path, ...rest });

function nothingPublished(): never {
  throw new PublicError('no_snapshot', 'Nothing is published yet.');
}

/** By names and digests: the same name with another content is a change. */
function compare(olderIndex: string, newerIndex: string): VersionChanges {
  const older = digests(olderIndex);
  let added = 0;
  let changed = 0;
  for (const [name, sha256] of digests(newerIndex)) {
    const before = older.get(name);
    if (before === undefined) added += 1;
    else if (before !== sha256) changed += 1;
    older.delete(name);
  }
  return { added, changed, removed: older.size };
}

function digests(index: string): Map<string, string> {
  using database = openIndex(index);
  const found = new Map<string, string>();
  for (const row of database.prepare('SELECT path, sha256 FROM files').iterate()) {
    found.set(String(row.path), String(row.sha256));
  }
  return found;
}

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { FileFailure } from './parse/messages.ts';
import type { ParsedFile } from './parse/parse-file.ts';

/** The index's place in a snapshot. */
export const indexFile = 'index.sqlite';

/** Opens the index of a published version: it never changes, so nothing is locked or written by it. */
export function openIndex(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

/** What the index keeps of a file, besides its text. */
export interface IndexedFile {
  readonly path: string;
  readonly bytes: number;
  /** `null` for a file that could not be read at all. */
  readonly sha256: string | null;
  /** Milliseconds since the Unix epoch; `null` as above. */
  readonly modifiedAt: number | null;
}

/**
 * Fills a new full-text index. All goes into one transaction without a journal: the file is a draft
 * that nobody reads, made durable as a whole when the snapshot is published.
 */
export class SearchIndexWriter {
  readonly #database: DatabaseSync;
  readonly #addFile: StatementSync;
  readonly #addPassage: StatementSync;
  #open = true;
  passages = 0;
  documents = 0;
  /** Of the documents. */
  bytes = 0;
  failed = 0;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -65536;
      ${schema}
      BEGIN;
    `);
    this.#addFile = this.#database.prepare(
      `INSERT INTO files (path, bytes, sha256, modified_at, media_type, title, passage_count, failure_code, failure)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#addPassage = this.#database.prepare(
      'INSERT INTO passages (title, heading, text, file) VALUES (?, ?, ?, ?)',
    );
  }

  addDocument(file: IndexedFile, { mediaType, title, passages }: ParsedFile): void {
    const shown = title === '' ? titleFromPath(file.path) : title;
    const { lastInsertRowid } = this.#addFile.run(
      file.path,
      file.bytes,
      file.sha256,
      file.modifiedAt,
      mediaType,
      shown,
      passages.length,
      null,
      null,
    );
    for (const { heading, text } of passages) {
      // A heading that repeats the title would count its words twice.
      this.#addPassage.run(shown, heading === shown ? '' : heading, text, lastInsertRowid);
    }
    this.documents += 1;
    this.passages += passages.length;
    this.bytes += file.bytes;
  }

  addFailure(file: IndexedFile, { code, message }: FileFailure): void {
    const { path, bytes, sha256, modifiedAt } = file;
    this.#addFile.run(path, bytes, sha256, modifiedAt, null, null, 0, code, message);
    this.failed += 1;
  }

  /** Writes out what is left and closes the file; after it the index is complete. */
  finish(): void {
    this.#database.exec('COMMIT');
    this.close();
  }

  /** Leaves the file as it is. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const schema = `
  CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL,
    sha256 TEXT,
    modified_at INTEGER,
    media_type TEXT,
    title TEXT,
    passage_count INTEGER NOT NULL,
    failure_code TEXT,
    failure TEXT
  ) STRICT;
  CREATE VIRTUAL TABLE passages USING fts5 (
    title, heading, text, file UNINDEXED, tokenize = "unicode61 remove_diacritics 2"
  );
  -- A match in the title counts six times, one in the heading three times.
  INSERT INTO passages (passages, rank) VALUES ('rank', 'bm25(6.0, 3.0, 1.0)');
`;

/** `notes/the-prompt_corner.md` is shown as `the prompt corner`. */
function titleFromPath(filePath: string): string {
  const name = filePath.slice(filePath.lastIndexOf('/') + 1);
  const stem = name.replace(/\.[A-Za-z0-9]{1,8}$/, '');
  return stem.replace(/[-_]+/g, ' ').trim() || name;
}

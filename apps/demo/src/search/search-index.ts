import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ParsedFile } from '../reading/parse-file.ts';
import { isFormerReader, readerOf } from '../reading/reader-versions.ts';
import {
  addFacts,
  addNotes,
  hasFormerPassages,
  indexSchema,
  listWords,
  readAsCurrent,
} from './index-format.ts';
import { type PassageText, PassageTextWriter } from './passage-texts.ts';
import { indexedForm } from './tokens.ts';

/** The index's place in a snapshot. */
export const indexFile = 'index.sqlite';

/** Opens the index of a published version: it never changes, so nothing is locked or written by it. */
export function openIndex(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  const database = opened(url);
  try {
    readAsCurrent(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function opened(url: URL): DatabaseSync {
  try {
    return new DatabaseSync(url, { readOnly: true });
  } catch (error) {
    // SQLite says that it cannot open a file; the system, why.
    closeSync(openSync(fileURLToPath(url), 'r'));
    throw error;
  }
}

/** What the index keeps of a file, besides its text. */
export interface IndexedFile {
  readonly path: string;
  readonly bytes: number;
  /** `null` for a file that could not be read at all. */
  readonly sha256: string | null;
  /** Milliseconds since the Unix epoch; `null` as above. */
  readonly modifiedAt: number | null;
  /** Where the version keeps the file itself: its place is `originalPath(document)`. */
  readonly document?: string | undefined;
  /** When it came into the corpus, in milliseconds since the Unix epoch. */
  readonly addedAt?: number | undefined;
  /** Of a file of a folder: see corpus/file-stamp.ts. */
  readonly stamp?: string | null | undefined;
  /** By what it was read, where its text is taken over. @default what reads its kind today */
  readonly reader?: string | null | undefined;
}

/** A document's file in a version that keeps the files themselves. */
export const originalPath = (document: string): string => `documents/${document}`;

/** A file as an index has it. */
export interface FileRow {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly document: string | null;
  readonly addedAt: number | null;
  /** It can be searched. */
  readonly indexed: boolean;
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** It was read by a former version of its reader. */
  readonly isOutdated: boolean;
}

/** What is told of every file, of which there may be very many. */
export type ListedFile = Pick<FileRow, 'path' | 'sha256' | 'document' | 'failure'>;

/** What an index holds; a version's metadata say as much. */
export interface Totals {
  readonly documents: number;
  readonly failed: number;
  readonly passages: number;
  /** Of the documents. */
  readonly bytes: number;
}

/**
 * Fills a full-text index, or changes a copy of one. All goes into one transaction without a journal:
 * the file is a draft that nobody reads, made durable as a whole when the snapshot is published.
 */
export class SearchIndexWriter {
  readonly #database: DatabaseSync;
  readonly #addFile: StatementSync;
  readonly #addNote: StatementSync;
  readonly #addFacts: StatementSync;
  readonly #setTime: StatementSync;
  readonly #setStamp: StatementSync;
  readonly #find: StatementSync;
  readonly #removePassage: StatementSync;
  readonly #removeTexts: readonly StatementSync[];
  readonly #removeFile: readonly StatementSync[];
  readonly #texts: PassageTextWriter;
  readonly #addPlace: StatementSync;
  readonly #addPassage: StatementSync;
  #open = true;
  #nextPassage = 1;
  passages = 0;
  documents = 0;
  /** Of the documents. */
  bytes = 0;
  failed = 0;

  /** @param existing The file is an index already. What it holds is counted, unless that is told. */
  constructor(file: string, { existing = false }: { readonly existing?: boolean | Totals } = {}) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -16384;
      ${existing ? '' : schema}
      BEGIN;
    `);
    const former = existing && hasFormerPassages(this.#database);
    // Its files are rows as ever; the passages are taken over below, folded.
    if (former) this.#database.exec(`ALTER TABLE passages RENAME TO former; ${indexSchema}`);
    addNotes(this.#database);
    addFacts(this.#database);
    this.#addFile = this.#database.prepare(
      `INSERT INTO files (path, bytes, sha256, modified_at, document, added_at, media_type, title,
                          passage_count, first_passage, failure_code, failure)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#addNote = this.#database.prepare(
      'INSERT INTO file_notes (file, place, note) VALUES (?, ?, ?)',
    );
    this.#addFacts = this.#database.prepare(
      'INSERT INTO file_facts (file, stamp, own_title, limits, reader) VALUES (?, ?, ?, ?, ?)',
    );
    this.#setTime = this.#database.prepare('UPDATE files SET modified_at = ? WHERE path = ?');
    this.#setStamp = this.#database.prepare(
      'UPDATE file_facts SET stamp = ? WHERE file = (SELECT id FROM files WHERE path = ?)',
    );
    this.#find = this.#database.prepare(
      'SELECT id, bytes, passage_count, first_passage FROM files WHERE path = ?',
    );
    this.#removePassage = this.#database.prepare('DELETE FROM passages WHERE rowid = ?');
    this.#removeTexts = [
      'DELETE FROM passage_blocks WHERE id BETWEEN ? AND ?',
      'DELETE FROM passage_files WHERE id BETWEEN ? AND ?',
    ].map((statement) => this.#database.prepare(statement));
    this.#removeFile = ['file_notes WHERE file', 'file_facts WHERE file', 'files WHERE id'].map(
      (where) => this.#database.prepare(`DELETE FROM ${where} = ?`),
    );
    this.#texts = new PassageTextWriter(this.#database);
    this.#addPlace = this.#database.prepare('INSERT INTO passage_files (id, file) VALUES (?, ?)');
    this.#addPassage = this.#database.prepare(
      'INSERT INTO passages (rowid, title, heading, text, name) VALUES (?, ?, ?, ?, ?)',
    );
    if (former) this.#takeOver();
    if (existing) this.#beginWith(existing === true ? this.#count() : existing);
  }

  #takeOver(): void {
    const files = this.#database
      .prepare(
        'SELECT id, path, title, first_passage, passage_count FROM files WHERE passage_count > 0',
      )
      .all();
    const passagesOf = this.#database.prepare(
      `SELECT heading, text FROM former WHERE rowid BETWEEN ? AND ? ORDER BY rowid`,
    );
    for (const row of files) {
      const id = Number(row.id);
      const first = Number(row.first_passage);
      const last = first + Number(row.passage_count) - 1;
      const passages = passagesOf
        .all(first, last)
        .map(({ heading, text }) => ({ heading: String(heading), text: String(text) }));
      this.#add(first, id, passages, titleAndName(String(row.title), String(row.path)));
    }
    this.#database.exec('DROP TABLE former');
  }

  #add(
    first: number,
    file: number | bigint,
    passages: readonly PassageText[],
    { title, name }: { readonly title: string; readonly name: string },
  ): void {
    this.#texts.add(first, file, passages);
    for (const [at, { heading, text }] of passages.entries()) {
      this.#addPlace.run(first + at, file);
      this.#addPassage.run(first + at, title, indexedForm(heading), indexedForm(text), name);
    }
  }

  addDocument(file: IndexedFile, { mediaType, title, passages, notes = [] }: ParsedFile): void {
    const shown = title === '' ? titleFromPath(file.path) : title;
    const first = this.#nextPassage;
    const { lastInsertRowid } = this.#addFile.run(
      file.path,
      file.bytes,
      file.sha256,
      file.modifiedAt,
      file.document ?? null,
      file.addedAt ?? null,
      mediaType,
      shown,
      passages.length,
      first,
      null,
      null,
    );
    this.#add(
      first,
      lastInsertRowid,
      // A heading that repeats the title would count its words twice.
      passages.map(({ heading, text }) => ({ heading: heading === title ? '' : heading, text })),
      titleAndName(shown, file.path),
    );
    for (const [place, note] of shownNotes(notes).entries()) {
      this.#addNote.run(lastInsertRowid, place, note);
    }
    const { stamp = null, reader = readerOf(mediaType) } = file;
    this.#addFacts.run(lastInsertRowid, stamp, title === '' ? 0 : 1, null, reader);
    this.#nextPassage += passages.length;
    this.documents += 1;
    this.passages += passages.length;
    this.bytes += file.bytes;
  }

  /** @param limits By which it failed, where others might do. */
  addFailure(
    file: IndexedFile,
    { code, message }: { readonly code: string; readonly message: string },
    limits: string | null = null,
  ): void {
    const { path, bytes, sha256, modifiedAt, document = null, addedAt = null } = file;
    const { lastInsertRowid } = this.#addFile.run(
      ...[path, bytes, sha256, modifiedAt, document, addedAt],
      ...[null, null, 0, null, code, message],
    );
    const { stamp = null, reader = readerOf(null) } = file;
    this.#addFacts.run(lastInsertRowid, stamp, 0, limits, reader);
    this.failed += 1;
  }

  /** Notes that a file which is there as it was has other times now. */
  restamp(path: string, { modifiedAt, stamp }: Pick<IndexedFile, 'modifiedAt' | 'stamp'>): void {
    this.#setTime.run(modifiedAt, path);
    this.#setStamp.run(stamp ?? null, path);
  }

  /** Takes a file out, with its passages. False where there is none of that path. */
  remove(path: string): boolean {
    const row = this.#find.get(path);
    if (row === undefined) return false;
    const count = Number(row.passage_count);
    if (count > 0) {
      // A file's passages lie together: found by their numbers, not by reading all.
      const first = Number(row.first_passage);
      const last = first + count - 1;
      // One by one: the full-text table looks through all of its rows for a range.
      for (let at = first; at <= last; at += 1) this.#removePassage.run(at);
      for (const statement of this.#removeTexts) statement.run(first, last);
      this.documents -= 1;
      this.passages -= count;
      this.bytes -= Number(row.bytes);
    } else {
      this.failed -= 1;
    }
    for (const statement of this.#removeFile) statement.run(Number(row.id));
    return true;
  }

  /** All files, in the order of their paths' code points. */
  files(): Generator<ListedFile> {
    return listedFiles(this.#database);
  }

  /** Writes out what is left and closes the file; after it the index is complete. */
  finish(): void {
    listWords(this.#database);
    this.#database.exec('COMMIT');
    this.close();
  }

  #count(): Totals {
    const found = this.#database
      .prepare(
        `SELECT count(*) FILTER (WHERE failure_code IS NULL) AS documents,
                count(*) FILTER (WHERE failure_code IS NOT NULL) AS failed,
                coalesce(sum(passage_count), 0) AS passages,
                coalesce(sum(bytes) FILTER (WHERE failure_code IS NULL), 0) AS bytes
         FROM files`,
      )
      .get();
    return {
      documents: Number(found?.documents),
      failed: Number(found?.failed),
      passages: Number(found?.passages),
      bytes: Number(found?.bytes),
    };
  }

  #beginWith({ documents, failed, passages, bytes }: Totals): void {
    this.documents = documents;
    this.failed = failed;
    this.passages = passages;
    this.bytes = bytes;
    const last = this.#database.prepare('SELECT max(id) AS id FROM passage_files').get();
    this.#nextPassage = Number(last?.id ?? 0) + 1;
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

/** All files of an index, in the order of their paths' code points. */
export function* fileRows(database: DatabaseSync): Generator<FileRow> {
  const rows = database.prepare(
    `SELECT path, bytes, sha256, document, added_at, failure_code, failure, media_type, reader
     FROM files LEFT JOIN file_facts ON file_facts.file = files.id ORDER BY path`,
  );
  for (const row of rows.iterate()) {
    const failed = row.failure_code !== null;
    yield {
      path: String(row.path),
      bytes: Number(row.bytes),
      sha256: row.sha256 === null ? null : String(row.sha256),
      document: row.document === null ? null : String(row.document),
      addedAt: row.added_at === null ? null : Number(row.added_at),
      indexed: !failed,
      failure: failed ? { code: String(row.failure_code), message: String(row.failure) } : null,
      isOutdated: row.sha256 !== null && isOutdated(row),
    };
  }
}

function* listedFiles(database: DatabaseSync): Generator<ListedFile> {
  const rows = database.prepare(
    'SELECT path, sha256, document, failure_code, failure FROM files ORDER BY path',
  );
  // Twice as fast as objects.
  rows.setReturnArrays(true);
  for (const row of rows.iterate()) {
    const values: readonly unknown[] = Array.isArray(row) ? row : [];
    const [path, sha256, document, code, message] = values;
    yield {
      path: String(path),
      sha256: textOf(sha256),
      document: textOf(document),
      failure: code === null ? null : { code: String(code), message: String(message) },
    };
  }
}

const isOutdated = ({ reader, media_type: kind }: Readonly<Record<string, unknown>>): boolean =>
  isFormerReader(textOf(reader), textOf(kind));

const textOf = (value: unknown): string | null => (value === null ? null : String(value));

/** How many files of an index were read by former readers, and of how many of these it keeps the file. */
export function countOutdated(database: DatabaseSync): { all: number; kept: number } {
  const counts = { all: 0, kept: 0 };
  const kinds = database.prepare(
    `SELECT media_type, reader, count(*) AS files, count(document) AS kept
     FROM files LEFT JOIN file_facts ON file_facts.file = files.id
     WHERE sha256 IS NOT NULL GROUP BY media_type, reader`,
  );
  for (const kind of kinds.iterate()) {
    if (!isOutdated(kind)) continue;
    counts.all += Number(kind.files);
    counts.kept += Number(kind.kept);
  }
  return counts;
}

const schema = `
  CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL,
    sha256 TEXT,
    modified_at INTEGER,
    document TEXT UNIQUE,
    added_at INTEGER,
    media_type TEXT,
    title TEXT,
    passage_count INTEGER NOT NULL,
    first_passage INTEGER,
    failure_code TEXT,
    failure TEXT
  ) STRICT;
  ${indexSchema}
`;

const maxNotes = 20;
const maxNoteLength = 300;

/** What a parser says it has left out, each once; not more than anybody would read. */
export const shownNotes = (notes: readonly string[]): readonly string[] =>
  [...new Set(notes.map((note) => note.slice(0, maxNoteLength).toWellFormed()))].slice(0, maxNotes);

/** What was left out of a file, by its number in the index. */
export function notesReader(database: DatabaseSync): (file: number) => readonly string[] {
  const notes = database.prepare('SELECT note FROM file_notes WHERE file = ? ORDER BY place');
  return (file) => notes.all(file).map(({ note }) => String(note));
}

/** A title that was made of the name counts as the name, which is less. */
const titleAndName = (title: string, path: string) => ({
  title: title === titleFromPath(path) ? '' : indexedForm(title),
  name: indexedForm(withParts(path)),
});

/** `InvoiceMarch2026` is found by each of the words in it as well. */
function withParts(path: string): string {
  const parts = path
    .replace(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' ')
    .replace(/(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu, ' ');
  return parts === path ? path : `${path} ${parts}`;
}

/** `notes/the-prompt_corner.md` is shown as `the prompt corner`. */
function titleFromPath(filePath: string): string {
  const name = filePath.slice(filePath.lastIndexOf('/') + 1);
  const stem = name.replace(/\.[A-Za-z0-9]{1,8}$/, '');
  return stem.replace(/[-_]+/g, ' ').trim() || name;
}

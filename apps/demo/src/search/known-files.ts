import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ParsedFile } from '../reading/parse-file.ts';
import { isFormerReader } from '../reading/reader-versions.ts';
import { PassageTexts } from './passage-texts.ts';
import { notesReader } from './search-index.ts';

/** What an index knows of a file. */
export interface KnownFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
  /** Where the version keeps it; `null` for a file of a folder. */
  readonly document: string | null;
  readonly addedAt: number | null;
  readonly modifiedAt: number | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly stamp: string | null;
  readonly limits: string | null;
  /** By what it was read; `null` where nobody noted it. */
  readonly reader: string | null;
  /** That is another one by now, so that reading it again may find more. */
  readonly isOutdated: boolean;
}

/** All files of an index by their paths. */
export function knownFiles(database: DatabaseSync): Map<string, KnownFile> {
  const known = new Map<string, KnownFile>();
  const rows = database.prepare(
    `SELECT path, bytes, sha256, document, added_at, modified_at, failure_code, failure, stamp, limits,
            media_type, reader
     FROM files LEFT JOIN file_facts ON file_facts.file = files.id`,
  );
  // Twice as fast as objects, and there may be a hundred thousand.
  rows.setReturnArrays(true);
  const same = sameTexts();
  for (const row of rows.iterate()) {
    const values: readonly unknown[] = Array.isArray(row) ? row : [];
    const [name, bytes, sha256, document, addedAt, modifiedAt, code, message, ...facts] = values;
    const [stamp, limits, mediaType, reader] = facts;
    const path = String(name);
    const by = same(textOf(reader));
    known.set(path, {
      ...{ path, bytes: Number(bytes), sha256: textOf(sha256), document: textOf(document) },
      ...{ addedAt: numberOf(addedAt), modifiedAt: numberOf(modifiedAt) },
      failure: code === null ? null : { code: String(code), message: String(message) },
      ...{ stamp: textOf(stamp), limits: textOf(limits), reader: by },
      isOutdated: sha256 !== null && isFormerReader(by, textOf(mediaType)),
    });
  }
  return known;
}

/** One text for all that are alike: of few that every file has, and a hundred thousand files. */
function sameTexts(): (text: string | null) => string | null {
  const known = new Map<string | null, string | null>();
  return (text) => {
    if (!known.has(text)) known.set(text, text);
    return known.get(text) ?? null;
  };
}

const textOf = (value: unknown): string | null => (value === null ? null : String(value));
const numberOf = (value: unknown): number | null => (value === null ? null : Number(value));

/** Reads from an index what a parser made of its files. */
export class ParsedFiles {
  readonly #file: StatementSync;
  readonly #texts: PassageTexts;
  readonly #notes: (file: number) => readonly string[];

  constructor(database: DatabaseSync) {
    this.#file = database.prepare(
      `SELECT id, media_type, title, first_passage, passage_count, own_title
       FROM files LEFT JOIN file_facts ON file_facts.file = files.id
       WHERE path = ? AND failure_code IS NULL`,
    );
    this.#texts = new PassageTexts(database);
    this.#notes = notesReader(database);
  }

  /** `undefined` where there is no such file, where it could not be read, or where not all is known of it. */
  read(path: string): ParsedFile | undefined {
    const row = this.#file.get(path);
    if (row === undefined || row.own_title === null) return undefined;
    const texts = this.texts(path);
    const title = row.own_title === 1 ? String(row.title) : '';
    return texts && { mediaType: String(row.media_type), title, ...texts };
  }

  /** Its passages, and what was left out of it, in an index of any format. */
  texts(path: string): Pick<ParsedFile, 'passages' | 'notes'> | undefined {
    const row = this.#file.get(path);
    if (row === undefined) return undefined;
    const first = Number(row.first_passage);
    const passages = Array.from({ length: Number(row.passage_count) }, (_, at) =>
      this.#texts.read(first + at),
    );
    if (!passages.every((passage) => passage !== undefined)) return undefined;
    return { passages, notes: this.#notes(Number(row.id)) };
  }
}

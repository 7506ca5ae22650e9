import type { DatabaseSync } from 'node:sqlite';
import { documentIdOf } from '../../change/change-plan.ts';
import { notesReader } from '../../search/search-index.ts';
import type { DocumentKind, DocumentsQuery, DocumentView, FailureReason } from '../../web/api.ts';

/** Which of a version's documents are meant, and in which order. */
export type ListQuery = Pick<DocumentsQuery, 'sort' | 'order' | 'name' | 'kind' | 'reason'>;

interface Row {
  readonly id: number;
  readonly documentId: string;
  /** For the order of names: numbers by their value, capitals as small letters. */
  readonly key: string;
  readonly path: string;
  /** For the filter of names. */
  readonly folded: string;
  readonly bytes: number;
  readonly passages: number;
  readonly addedAt: number;
  readonly mediaType: string | null;
  readonly reason: string | null;
  /** Something was left out of it. */
  readonly isPartly: boolean;
  readonly canRetry: boolean;
}

/**
 * The documents of one version in any order, filtered. What it needs of each is read once, some hundred
 * bytes a document; the rest of a row when it is shown.
 */
export class DocumentList {
  readonly #database: DatabaseSync;
  readonly #byName: readonly Row[];
  // Asked for page by page, so the last answer serves the next page.
  #last: { readonly key: string; readonly rows: readonly Row[] } = { key: '', rows: [] };

  /** @param isKept Whether the version keeps the file of a document. */
  constructor(database: DatabaseSync, isKept: (document: string) => boolean = () => false) {
    this.#database = database;
    this.#byName = readRows(database, isKept);
  }

  /** How many documents there are of each kind, the most frequent first; those that failed come last. */
  kinds(): DocumentKind[] {
    const counts = new Map<string | null, number>();
    for (const { mediaType, reason } of this.#byName) {
      const kind = reason === null ? mediaType : null;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return [...counts]
      .map(([kind, count]) => ({ kind, count }))
      .sort((a, b) => Number(a.kind === null) - Number(b.kind === null) || b.count - a.count);
  }

  /** Why documents cannot be searched, and how many each reason concerns, the most frequent first. */
  reasons(): FailureReason[] {
    const reasons = new Map<string, FailureReason>();
    for (const { reason, canRetry } of this.#byName) {
      if (reason === null) continue;
      const before = reasons.get(reason) ?? { reason, count: 0, canRetry: 0 };
      reasons.set(reason, {
        reason,
        count: before.count + 1,
        canRetry: before.canRetry + Number(canRetry),
      });
    }
    return [...reasons.values()].sort((a, b) => b.count - a.count);
  }

  /** How many documents were read in part. */
  partly(): number {
    return this.#byName.filter(({ isPartly }) => isPartly).length;
  }

  page(
    query: ListQuery,
    offset: number,
    limit: number,
  ): { readonly total: number; readonly documents: DocumentView[] } {
    const rows = this.#rows(query);
    const statement = this.#database.prepare(
      `SELECT path, document, media_type, bytes, sha256, passage_count, failure_code, failure, added_at
       FROM files WHERE id = ?`,
    );
    const notesOf = notesReader(this.#database);
    const documents = rows.slice(offset, offset + limit).flatMap(({ id, canRetry }) => {
      const row = statement.get(id);
      return row === undefined ? [] : [documentView(row, { notes: notesOf(id), canRetry })];
    });
    return { total: rows.length, documents };
  }

  /** All that a query means, as pages call them. */
  ids(query: ListQuery): string[] {
    return this.#rows(query).map(({ documentId }) => documentId);
  }

  #rows(query: ListQuery): readonly Row[] {
    const key = JSON.stringify([query.sort, query.order, query.name, query.kind, query.reason]);
    if (this.#last.key !== key) this.#last = { key, rows: ordered(this.#byName, query) };
    return this.#last.rows;
  }
}

function ordered(byName: readonly Row[], query: ListQuery): readonly Row[] {
  const { sort = 'name', order = 'asc', name = '', kind, reason } = query;
  const words = fold(name).split(/\s+/).filter(Boolean);
  const rows = byName.filter(
    (row) =>
      words.every((word) => row.folded.includes(word)) &&
      isOfKind(row, kind) &&
      (reason === undefined || row.reason === reason),
  );
  if (sort === 'name') return order === 'asc' ? rows : rows.reverse();
  const figure = figures[sort];
  const sign = order === 'asc' ? 1 : -1;
  return rows.sort((a, b) => sign * (figure(a) - figure(b)));
}

function isOfKind(row: Row, kind: string | undefined): boolean {
  if (kind === undefined) return true;
  if (kind === 'failed') return row.reason !== null;
  return kind === 'partly' ? row.isPartly : row.mediaType === kind;
}

const figures = {
  size: (row: Row) => row.bytes,
  passages: (row: Row) => row.passages,
  added: (row: Row) => row.addedAt,
} as const;

function readRows(database: DatabaseSync, isKept: (document: string) => boolean): Row[] {
  const partly = new Set(
    database
      .prepare('SELECT DISTINCT file FROM file_notes')
      .all()
      .map(({ file }) => Number(file)),
  );
  const statement = database.prepare(
    'SELECT id, path, document, bytes, passage_count, added_at, media_type, failure FROM files',
  );
  const rows: Row[] = [];
  for (const row of statement.iterate()) {
    const path = String(row.path);
    const folded = fold(path);
    const id = Number(row.id);
    const document = textOf(row.document);
    const reason = textOf(row.failure);
    rows.push({
      id,
      documentId: documentIdOf({ document, path }),
      key: naturalKey(folded),
      folded,
      path,
      bytes: Number(row.bytes),
      passages: Number(row.passage_count),
      addedAt: Number(row.added_at ?? 0),
      mediaType: textOf(row.media_type),
      reason,
      isPartly: partly.has(id),
      canRetry: reason !== null && document !== null && isKept(document),
    });
  }
  return rows.sort((a, b) => compare(a.key, b.key) || compare(a.path, b.path));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

// Compared by code units: a tenth of what a collator takes for a hundred thousand names.
const naturalKey = (folded: string): string =>
  folded.replace(/\d+/g, (digits) => digits.padStart(20, '0'));

const textOf = (value: unknown): string | null => (value == null ? null : String(value));

function documentView(
  row: Readonly<Record<string, unknown>>,
  rest: Pick<DocumentView, 'notes' | 'canRetry'>,
): DocumentView {
  const failure = textOf(row.failure_code);
  return {
    id: documentIdOf({ document: textOf(row.document), path: String(row.path) }),
    name: String(row.path),
    mediaType: textOf(row.media_type),
    bytes: Number(row.bytes),
    sha256: textOf(row.sha256),
    passages: Number(row.passage_count),
    outcome: failure === null ? 'indexed' : 'failed',
    problem: failure === null ? null : { code: failure, message: textOf(row.failure) ?? '' },
    ...rest,
    addedAt: row.added_at === null ? null : Number(row.added_at),
  };
}

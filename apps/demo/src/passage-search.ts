import type { DatabaseSync } from 'node:sqlite';
import { PublicError } from '@offstage/core';
import { searchTerms } from './search-query.ts';

/** A stretch of a passage; `match` marks what the query found. */
export interface SnippetPart {
  readonly text: string;
  readonly match: boolean;
}

export interface SearchHit {
  /** Of the document's file, relative to the folder that was ingested; the name of an upload. */
  readonly path: string;
  /** Of an upload. */
  readonly document: string | null;
  readonly title: string;
  /** The heading, or the page, under which the passage stands; may be empty. */
  readonly heading: string;
  readonly mediaType: string;
  readonly snippet: readonly SnippetPart[];
  /** Larger is better; comparable within one answer. */
  readonly score: number;
}

export interface FoundPassages {
  readonly hits: readonly SearchHit[];
  /** `any` when no passage holds all of the words, and those with some of them are given. */
  readonly matched: 'all' | 'any';
}

// What no text in the index contains, for control characters are taken out of it.
const open = '\u0002';
const close = '\u0003';
const maxPerDocument = 3;

/** @throws PublicError `empty_query` */
export function termsOf(query: string): readonly string[] {
  const terms = searchTerms(query);
  if (terms.length > 0) return terms;
  throw new PublicError('empty_query', 'Name at least one word to search for.');
}

/** The best passages of an index for some terms, at most three of one document. */
export function findPassages(
  database: DatabaseSync,
  terms: readonly string[],
  limit: number,
): FoundPassages {
  const all = find(database, terms.join(' AND '), limit);
  const some = all.length === 0 && terms.length > 1;
  return {
    hits: some ? find(database, terms.join(' OR '), limit) : all,
    matched: some ? 'any' : 'all',
  };
}

// `rank` is the index's own weighing of title, heading and text. Ordered by it alone, rows come one
// by one, and snippets are made of those that are read.
const statement = `
  SELECT files.path, files.document, files.title, files.media_type AS mediaType, passages.heading,
         snippet(passages, 2, '${open}', '${close}', '…', 32) AS snippet, -passages.rank AS score
  FROM passages JOIN files ON files.id = passages.file
  WHERE passages MATCH ? ORDER BY passages.rank LIMIT ?`;

function find(database: DatabaseSync, match: string, limit: number): SearchHit[] {
  const hits: SearchHit[] = [];
  const perDocument = new Map<string, number>();
  for (const row of database.prepare(statement).iterate(match, limit * 20)) {
    const path = String(row.path);
    const count = perDocument.get(path) ?? 0;
    if (count === maxPerDocument) continue;
    perDocument.set(path, count + 1);
    hits.push({
      path,
      document: row.document === null ? null : String(row.document),
      title: String(row.title),
      heading: String(row.heading),
      mediaType: String(row.mediaType),
      snippet: parts(String(row.snippet)),
      score: Number(row.score),
    });
    if (hits.length === limit) break;
  }
  return hits;
}

function parts(snippet: string): SnippetPart[] {
  const found: SnippetPart[] = [];
  let match = false;
  for (const text of snippet.split(new RegExp(`[${open}${close}]`))) {
    if (text !== '') found.push({ text, match });
    match = !match;
  }
  return found;
}

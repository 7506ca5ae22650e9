import type { DatabaseSync } from 'node:sqlite';
import { PublicError } from '@offstage/core';
import type { CorpusMetadata } from './corpus-metadata.ts';
import { indexFile, openIndex } from './search-index.ts';
import { searchTerms } from './search-query.ts';
import { openSnapshots } from './snapshots.ts';
import { type Staleness, staleness } from './staleness.ts';

/** A stretch of a passage; `match` marks what the query found. */
export interface SnippetPart {
  readonly text: string;
  readonly match: boolean;
}

export interface SearchHit {
  /** Of the document's file, relative to the folder that was ingested. */
  readonly path: string;
  readonly title: string;
  /** The heading, or the page, under which the passage stands; may be empty. */
  readonly heading: string;
  readonly mediaType: string;
  readonly snippet: readonly SnippetPart[];
  /** Larger is better; comparable within one answer. */
  readonly score: number;
}

export interface SearchAnswer {
  /** The version that answered, `<gen>-<id>`. */
  readonly version: string;
  readonly gen: number;
  readonly metadata: CorpusMetadata;
  readonly hits: readonly SearchHit[];
  /** `any` when no passage holds all of the words, and those with some of them are given. */
  readonly matched: 'all' | 'any';
  /** Present where it was asked for. */
  readonly staleness?: Staleness | undefined;
}

export interface SearchOptions {
  /** 1 to 100. @default 10 */
  readonly limit?: number | undefined;
  /** Compares the version with the folder and the settings as they are now. @default false */
  readonly checkStaleness?: boolean | undefined;
}

// What no text in the index contains, for control characters are taken out of it.
const open = '\u0002';
const close = '\u0003';
const maxPerDocument = 3;

/**
 * Looks up words in the current version alone (D4). The version is held open meanwhile, so that
 * retention leaves it be.
 *
 * @throws PublicError `no_snapshot` before the first ingest, `empty_query`
 */
export async function search(
  dataFolder: string,
  query: string,
  { limit = 10, checkStaleness = false }: SearchOptions = {},
): Promise<SearchAnswer> {
  const terms = searchTerms(query);
  if (terms.length === 0) {
    throw new PublicError('empty_query', 'Name at least one word to search for.');
  }
  await using version = await openSnapshots(dataFolder).current();
  if (version === undefined) {
    throw new PublicError('no_snapshot', 'Nothing is published here yet. Run an ingest first.');
  }
  const file = version.path(indexFile);
  using database = openIndex(file);
  const all = find(database, terms.join(' AND '), limit);
  const some = all.length === 0 && terms.length > 1;
  return {
    version: version.version,
    gen: version.gen,
    metadata: version.metadata,
    hits: some ? find(database, terms.join(' OR '), limit) : all,
    matched: some ? 'any' : 'all',
    ...(checkStaleness && { staleness: staleness(version.metadata, file, { dataFolder }) }),
  };
}

// `rank` is the index's own weighing of title, heading and text. Ordered by it alone, rows come one
// by one, and snippets are made of those that are read.
const statement = `
  SELECT files.path, files.title, files.media_type AS mediaType, passages.heading,
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

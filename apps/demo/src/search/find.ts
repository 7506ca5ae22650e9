import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { PublicError } from '@offstage/core';
import { kindOf, typesOf } from './kinds.ts';
import { Marker, type SnippetPart } from './marks.ts';
import { PassageTexts } from './passage-texts.ts';
import { type ParseOptions, parseQuery, type Query, queryExpression } from './query.ts';
import type { SearchLanguage } from './stemming.ts';
import { Vocabulary } from './vocabulary.ts';

export interface FindOptions extends ParseOptions {
  /** Documents on a page, 1 to 100. @default 10 */
  readonly limit?: number | undefined;
  /** From 1. @default 1 */
  readonly page?: number | undefined;
  /** Of these kinds alone: `pdf`, `word`, `web`, or media types. @default all */
  readonly kinds?: readonly string[] | undefined;
  /** In this folder and those below it alone. @default all */
  readonly folder?: string | undefined;
}

/** A passage in which the query was found. */
export interface PassageHit {
  /** Its number within the index; passages of a document count on in reading order. */
  readonly passage: number;
  /** The heading, or the page, under which it stands; may be empty. */
  readonly heading: string;
  readonly snippet: readonly SnippetPart[];
  /** Larger is better; comparable within one answer. */
  readonly score: number;
}

/** A document with the best of its passages that were found. */
export interface DocumentHit {
  /** Of the file, relative to the folder that was ingested; the name of an upload. */
  readonly path: string;
  /** Of an upload. */
  readonly document: string | null;
  readonly title: string;
  readonly mediaType: string;
  readonly kind: string;
  /** How many of its passages were found. */
  readonly passages: number;
  /** The best three at most, best first. */
  readonly hits: readonly PassageHit[];
}

/** A passage with its document, for who lists passages and not documents. */
export interface SearchHit
  extends PassageHit,
    Pick<DocumentHit, 'path' | 'document' | 'title' | 'mediaType'> {}

export interface NearWords {
  readonly word: string;
  /** Words of the index, the likeliest first; may be empty. */
  readonly near: readonly string[];
}

export interface FoundPage {
  readonly documents: readonly DocumentHit[];
  /** The best passages of these documents, best first: one of each, and more while `limit` allows. */
  readonly hits: readonly SearchHit[];
  /** All that was found, on whatever page. */
  readonly total: { readonly documents: number; readonly passages: number };
  readonly page: number;
  readonly pages: number;
  /** `any` when no passage holds all of the words, and those with some of them are given. */
  readonly matched: 'all' | 'any';
  /** What was looked for, other forms of words included. */
  readonly searched: readonly string[];
  /** Of each word that is nowhere, where nothing was found. */
  readonly near: readonly NearWords[];
}

export interface FindTools {
  readonly vocabulary: Vocabulary;
  /** Called between steps; throws to end the search. @default goes on */
  readonly check?: () => void;
}

const shownPerDocument = 3;

/**
 * One page of the documents in which a query is found, best first.
 *
 * @throws PublicError `empty_query`; what `check` throws
 */
export function findDocuments(
  database: DatabaseSync,
  text: string,
  options: FindOptions = {},
  { vocabulary, check = () => {} }: FindTools = newTools(database),
): FoundPage {
  const query = parseQuery(text, options);
  const marker = new Marker(query, vocabulary);
  const lookFor = (match: string) => lookUp(database, match, { options, marker, check });
  let matched: FoundPage['matched'] = 'all';
  let found = lookFor(queryExpression(query, vocabulary));
  if (found.total.documents === 0 && query.groups.length > 1) {
    const some = lookFor(queryExpression(query, vocabulary, 'OR'));
    if (some.total.documents > 0) [matched, found] = ['any', some];
  }
  return {
    ...found,
    hits: bestPassages(found.documents, options.limit ?? 10),
    matched,
    searched: searchedFor(query, vocabulary),
    near: found.total.documents > 0 && matched === 'all' ? [] : nearWords(query, vocabulary, check),
  };
}

/** Finds in texts of an index what a query finds; `undefined` where it names no word. */
export function markerOf(database: DatabaseSync, text: string): Marker | undefined {
  try {
    return new Marker(parseQuery(text), newTools(database).vocabulary);
  } catch (error) {
    if (PublicError.isInstance(error) && error.code === 'empty_query') return undefined;
    throw error;
  }
}

/** What a search needs of an index, kept from one to the next. */
export const newTools = (database: DatabaseSync, language: SearchLanguage = 'auto') => ({
  vocabulary: new Vocabulary(database, language),
});

function bestPassages(documents: readonly DocumentHit[], limit: number): SearchHit[] {
  const byScore = (a: SearchHit, b: SearchHit): number => b.score - a.score;
  const passages = documents.map(({ path, document, title, mediaType, hits }) =>
    hits.map((hit): SearchHit => ({ path, document, title, mediaType, ...hit })),
  );
  const first = passages.flatMap((hits) => hits.slice(0, 1));
  const further = passages.flatMap((hits) => hits.slice(1)).sort(byScore);
  return [...first, ...further].slice(0, limit).sort(byScore);
}

interface LookUp {
  readonly options: FindOptions;
  readonly marker: Marker;
  readonly check: () => void;
}

function lookUp(database: DatabaseSync, match: string, { options, marker, check }: LookUp) {
  const { limit = 10, page = 1 } = options;
  const filter = filterOf(options);
  const values = [match, ...filter.values];
  check();
  const counted = database.prepare(countStatement(filter)).get(...values);
  const total = { documents: Number(counted?.documents), passages: Number(counted?.passages) };
  const pages = Math.ceil(total.documents / limit);
  check();
  const wanted = wantedRows(database, filter, values, { ...total, limit, page, check });
  const one = database.prepare(
    `SELECT path, document, title, media_type AS mediaType FROM files WHERE id = ?`,
  );
  const counts = passageCounts(database, match, wanted, check);
  const texts = new PassageTexts(database);
  const documents: DocumentHit[] = [];
  for (const [file, { rows }] of wanted) {
    check();
    const about = one.get(file);
    if (about === undefined) continue;
    const mediaType = String(about.mediaType);
    documents.push({
      path: String(about.path),
      document: about.document === null ? null : String(about.document),
      title: String(about.title),
      ...{ mediaType, kind: kindOf(mediaType) },
      passages: counts.get(file) ?? rows.length,
      hits: rows.slice(0, shownPerDocument).map(({ passage, score }) => {
        const { heading = '', text = '' } = texts.read(passage) ?? {};
        return { passage, heading, snippet: marker.snippet(text), score };
      }),
    });
  }
  return { documents, total, page, pages };
}

interface Filter {
  readonly condition: string;
  readonly values: readonly SQLInputValue[];
}

function filterOf({ kinds = [], folder = '' }: FindOptions): Filter {
  const conditions: string[] = [];
  const values: string[] = [];
  const types = kinds.flatMap(typesOf);
  if (types.length > 0) {
    conditions.push(`files.media_type IN (${types.map(() => '?').join(', ')})`);
    values.push(...types);
  }
  const above = folder.replace(/^(?:\.?\/)+|(?<!\/)\/+$/g, '');
  if (above !== '') {
    // `/` and the character after it hold between them whatever lies in the folder.
    conditions.push('files.path >= ? AND files.path < ?');
    values.push(`${above}/`, `${above}0`);
  }
  return { condition: conditions.join(' AND '), values };
}

// Read in the index's own order, each row finds its place without a search for it.
const joined = ({ condition }: Filter): string =>
  condition === ''
    ? 'passages CROSS JOIN passage_files AS places ON places.id = passages.rowid WHERE passages MATCH ?'
    : `passages CROSS JOIN passage_files AS places ON places.id = passages.rowid
       CROSS JOIN files ON files.id = places.file WHERE passages MATCH ? AND ${condition}`;

const countStatement = (filter: Filter): string =>
  `SELECT count(*) AS passages, count(DISTINCT places.file) AS documents FROM ${joined(filter)}`;

interface Row {
  readonly passage: number;
  readonly score: number;
}
interface Group {
  readonly rows: Row[];
  /** All that was found in the document is here. */
  isWhole: boolean;
}

interface Wanted {
  readonly passages: number;
  readonly documents: number;
  readonly limit: number;
  readonly page: number;
  readonly check: () => void;
}

/**
 * The documents of one page with their best passages. Rows come best first, and no more are read than it
 * takes: a document stands where its best passage does.
 */
function wantedRows(
  database: DatabaseSync,
  filter: Filter,
  values: readonly SQLInputValue[],
  { passages, documents, limit, page, check }: Wanted,
): Map<number, Group> {
  const skipped = (page - 1) * limit;
  const groups = new Map<number, Group>();
  if (documents <= skipped) return groups;
  const last = Math.min(documents, skipped + limit);
  // A little further, so that the last documents of a page have more than their best passage.
  const furtherRows = limit * 5;
  const statement = database.prepare(
    filter.condition === ''
      ? // The index alone: a join would have SQLite sort what FTS5 has sorted.
        'SELECT rowid AS passage, rank FROM passages WHERE passages MATCH ? ORDER BY rank'
      : `SELECT passages.rowid AS passage, passages.rank AS rank FROM ${joined(filter)} ORDER BY passages.rank`,
  );
  const fileOf = database.prepare('SELECT file FROM passage_files WHERE id = ?');
  let read = 0;
  let further = 0;
  for (const row of statement.iterate(...values)) {
    read += 1;
    if (read % 1024 === 0) check();
    const passage = Number(row.passage);
    const file = Number(fileOf.get(passage)?.file);
    const group = groups.get(file);
    const entry = { passage, score: -Number(row.rank) };
    if (group !== undefined) group.rows.push(entry);
    else if (groups.size < last) groups.set(file, { rows: [entry], isWhole: false });
    if (groups.size === last) further += 1;
    if (further > furtherRows) break;
  }
  const found = [...groups].slice(skipped, last);
  for (const [, group] of found) group.isWhole = read === passages;
  return new Map(found);
}

/** How many passages were found of each document that is not whole: all of them in one look. */
function passageCounts(
  database: DatabaseSync,
  match: string,
  wanted: ReadonlyMap<number, Group>,
  check: () => void,
): ReadonlyMap<number, number> {
  const files = [...wanted].filter(([, { isWhole }]) => !isWhole).map(([file]) => file);
  if (files.length === 0) return new Map();
  check();
  const rows = database
    .prepare(
      `SELECT places.file AS file, count(*) AS count FROM ${joined({ condition: '', values: [] })}
       AND places.file IN (${files.map(() => '?').join(', ')}) GROUP BY places.file`,
    )
    .all(match, ...files);
  return new Map(rows.map(({ file, count }) => [Number(file), Number(count)]));
}

function searchedFor({ groups }: Query, vocabulary: Vocabulary): string[] {
  const words = groups.flat().flatMap((term) => [term.source, ...vocabulary.formsOf(term)]);
  return [...new Set(words)];
}

function nearWords(query: Query, vocabulary: Vocabulary, check: () => void): NearWords[] {
  const found: NearWords[] = [];
  for (const { source, tokens, inName } of query.groups.flat().slice(0, 8)) {
    const [word, ...more] = tokens;
    if (word === undefined || more.length > 0 || inName || vocabulary.has(word)) continue;
    found.push({ word: source, near: vocabulary.near(word, check) });
  }
  return found;
}

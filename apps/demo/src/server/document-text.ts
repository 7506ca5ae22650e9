import type { DatabaseSync } from 'node:sqlite';
import { searchTerms } from '../search-query.ts';
import type { DocumentText, SnippetPart } from '../web/api.ts';

// What no text in the index contains, for control characters are taken out of it.
const open = '\u0002';
const close = '\u0003';
// As much as a passage may repeat of the end of the one before it.
const maxRepeated = 200;
// Less may be chance.
const minRepeated = 10;

/** A document's text as the index has it, with the words of a query marked; undefined where there is none. */
export function documentText(
  database: DatabaseSync,
  id: string,
  query: string,
): DocumentText | undefined {
  const file = database
    .prepare(
      `SELECT path, title, media_type, document, first_passage, passage_count
       FROM files WHERE document = ? OR ('path:' || path) = ?`,
    )
    .get(id, id);
  if (file === undefined) return undefined;
  const first = Number(file.first_passage);
  const last = first + Number(file.passage_count) - 1;
  const rows = database
    .prepare('SELECT rowid, heading, text FROM passages WHERE rowid BETWEEN ? AND ? ORDER BY rowid')
    .all(first, last);
  const marked = markedTexts(database, searchTerms(query), first, last);
  let before = { heading: '', text: '' };
  const passages = rows.map((row) => {
    const passage = { heading: String(row.heading), text: String(row.text) };
    const isSame = passage.heading === before.heading;
    const repeated = isSame ? repeatedLength(before.text, passage.text) : 0;
    const parts = partsOf(marked.get(Number(row.rowid)) ?? passage.text);
    before = passage;
    // A heading is shown once, above all that stands under it.
    return { heading: isSame ? '' : passage.heading, parts: withoutStart(parts, repeated) };
  });
  return {
    id,
    name: String(file.path),
    title: String(file.title ?? file.path),
    mediaType: file.media_type === null ? null : String(file.media_type),
    hasOriginal: file.document !== null,
    passages: passages.filter(({ parts }) => parts.length > 0),
  };
}

function markedTexts(
  database: DatabaseSync,
  terms: readonly string[],
  first: number,
  last: number,
): ReadonlyMap<number, string> {
  if (terms.length === 0) return new Map();
  const rows = database
    .prepare(
      `SELECT rowid, highlight(passages, 2, '${open}', '${close}') AS text
       FROM passages WHERE passages MATCH ? AND rowid BETWEEN ? AND ?`,
    )
    .all(terms.join(' OR '), first, last);
  return new Map(rows.map((row) => [Number(row.rowid), String(row.text)]));
}

function partsOf(text: string): SnippetPart[] {
  return text
    .split(new RegExp(`([${open}][^${close}]*[${close}])`))
    .filter((part) => part !== '')
    .map((part) =>
      part.startsWith(open)
        ? { text: part.slice(1, -1), match: true }
        : { text: part, match: false },
    );
}

/** How much of a passage's start is the end of the one before it. */
function repeatedLength(before: string, text: string): number {
  const most = Math.min(maxRepeated, text.length, before.length);
  for (let length = most; length >= minRepeated; length -= 1) {
    if (/\s/.test(text.charAt(length)) && before.endsWith(text.slice(0, length))) return length;
  }
  return 0;
}

function withoutStart(parts: readonly SnippetPart[], length: number): SnippetPart[] {
  let left = length;
  return parts.flatMap(({ text, match }) => {
    const rest = text.slice(left);
    left = Math.max(0, left - text.length);
    return rest === '' ? [] : [{ text: rest, match }];
  });
}

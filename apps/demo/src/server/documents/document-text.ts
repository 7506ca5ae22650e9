import type { DatabaseSync } from 'node:sqlite';
import { markerOf } from '../../search/find.ts';
import { type PassageText, PassageTexts } from '../../search/passage-texts.ts';
import { notesReader } from '../../search/search-index.ts';
import type { DocumentText, SnippetPart } from '../../web/api.ts';

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
      `SELECT id, path, title, media_type, document, first_passage, passage_count
       FROM files WHERE document = ? OR ('path:' || path) = ?`,
    )
    .get(id, id);
  if (file === undefined) return undefined;
  const first = Number(file.first_passage);
  const last = first + Number(file.passage_count) - 1;
  const texts = new PassageTexts(database);
  const written: PassageText[] = [];
  for (let passage = first; passage <= last; passage += 1) {
    const found = texts.read(passage);
    if (found !== undefined) written.push(found);
  }
  const marker = markerOf(database, query);
  let before = { heading: '', text: '' };
  const passages = written.map((passage) => {
    const isSame = passage.heading === before.heading;
    const repeated = isSame ? repeatedLength(before.text, passage.text) : 0;
    const parts = marker?.parts(passage.text) ?? [{ text: passage.text, match: false }];
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
    notes: notesReader(database)(Number(file.id)),
    passages: passages.filter(({ parts }) => parts.length > 0),
  };
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

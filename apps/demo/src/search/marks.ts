import { formOf, goesOn, type KnownWords, type Query, type Sought } from './query.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A stretch of a passage; `match` marks what the query found. */
export interface SnippetPart {
  readonly text: string;
  readonly match: boolean;
}

export interface MarkedRange {
  readonly start: number;
  readonly end: number;
  /** Which of what was sought stands here. */
  readonly sought: number;
}

const snippetLength = 220;
const before = 60;

/** Finds in texts as they were written what the index found in their folded form. */
export class Marker {
  /** By their first word; what is open is found by its beginning. */
  readonly #sought: readonly Sought[];
  readonly #firsts = new Map<string, number[]>();
  readonly #open: number[] = [];

  constructor({ groups }: Query, words: KnownWords) {
    const sought: Sought[] = [];
    for (const term of groups.flat()) {
      if (term.inName) continue;
      sought.push({ tokens: term.tokens, isOpen: goesOn(term) });
      for (const form of words.formsOf(term)) sought.push(formOf(form));
    }
    this.#sought = sought;
    for (const [at, { tokens, isOpen }] of sought.entries()) {
      const first = tokens[0] ?? '';
      if (isOpen && tokens.length === 1) this.#open.push(at);
      else this.#firsts.set(first, [...(this.#firsts.get(first) ?? []), at]);
    }
  }

  /** In their order; they do not overlap. */
  ranges(text: string): readonly MarkedRange[] {
    const tokens = [...tokensOf(text)];
    const ranges: MarkedRange[] = [];
    let covered = 0;
    for (const [at, token] of tokens.entries()) {
      const { sought, length } = this.#longestAt(tokens, at, token);
      if (length === 0) continue;
      const start = Math.max(token.start, covered);
      const end = tokens[at + length - 1]?.end ?? token.end;
      if (end <= start) continue;
      ranges.push({ start, end, sought });
      covered = end;
    }
    return ranges;
  }

  /** A whole text with marks. */
  parts(text: string): SnippetPart[] {
    return partsOf(text, this.ranges(text), 0, text.length);
  }

  /** The stretch of a text in which most of what was sought stands, with marks. */
  snippet(written: string): SnippetPart[] {
    // Rows of a table stand in lines of their own, and a snippet is one line.
    const text = written.replaceAll('\n', ' ');
    const ranges = this.ranges(text);
    const first = bestStart(ranges);
    const from =
      first <= before || text.length <= snippetLength ? 0 : wordStart(text, first - before);
    const to =
      from + snippetLength >= text.length ? text.length : wordEnd(text, from + snippetLength);
    return joined([
      ...(from > 0 ? [{ text: '…', match: false }] : []),
      ...partsOf(text, ranges, from, to),
      ...(to < text.length ? [{ text: '…', match: false }] : []),
    ]);
  }

  #longestAt(tokens: readonly Token[], at: number, { text }: Token) {
    let sought = 0;
    let length = 0;
    const offer = (which: number, found: number): void => {
      if (found > length) [sought, length] = [which, found];
    };
    for (const which of this.#open) {
      if (text.startsWith(this.#sought[which]?.tokens[0] ?? '')) offer(which, 1);
    }
    for (const which of this.#firsts.get(text) ?? []) {
      const one = this.#sought[which];
      if (one !== undefined && standsAt(tokens, at, one)) offer(which, one.tokens.length);
    }
    return { sought, length };
  }
}

function standsAt(
  tokens: readonly Token[],
  at: number,
  { tokens: wanted, isOpen }: Sought,
): boolean {
  return wanted.every((word, offset) => {
    const found = tokens[at + offset]?.text;
    const isLast = offset === wanted.length - 1;
    return found === word || (isOpen && isLast && found?.startsWith(word) === true);
  });
}

function partsOf(
  text: string,
  ranges: readonly MarkedRange[],
  from: number,
  to: number,
): SnippetPart[] {
  const parts: SnippetPart[] = [];
  let at = from;
  for (const { start, end } of ranges) {
    if (start < at || end > to) continue;
    parts.push({ text: text.slice(at, start), match: false });
    parts.push({ text: text.slice(start, end), match: true });
    at = end;
  }
  parts.push({ text: text.slice(at, to), match: false });
  return parts.filter((part) => part.text !== '');
}

/** Where the most different words stand close together; the first of the best. */
function bestStart(ranges: readonly MarkedRange[]): number {
  let best = 0;
  let start = ranges[0]?.start ?? 0;
  for (const [at, first] of ranges.slice(0, 100).entries()) {
    const near = new Set<number>();
    for (const range of ranges.slice(at, at + 50)) {
      if (range.end > first.start + snippetLength - before) break;
      near.add(range.sought);
    }
    if (near.size > best) [best, start] = [near.size, first.start];
  }
  return start;
}

/** The beginning of a word near a place, or the place itself where there is none. */
function wordStart(text: string, place: number): number {
  const space = text.indexOf(' ', place);
  if (space !== -1 && space - place < before / 2) return space + 1;
  return isInside(text, place) ? place + 1 : place;
}

function wordEnd(text: string, place: number): number {
  const space = text.lastIndexOf(' ', place);
  if (space !== -1 && place - space < before / 2) return space;
  return isInside(text, place) ? place - 1 : place;
}

/** Between the two units of one character. */
const isInside = (text: string, place: number): boolean =>
  /^[\udc00-\udfff]/.test(text.slice(place));

/** Neighbours of one kind are one part: the ellipsis and what follows it. */
function joined(parts: readonly SnippetPart[]): SnippetPart[] {
  const found: SnippetPart[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (last !== undefined && last.match === part.match && !part.match) {
      found[found.length - 1] = { text: last.text + part.text, match: false };
    } else {
      found.push(part);
    }
  }
  return found;
}

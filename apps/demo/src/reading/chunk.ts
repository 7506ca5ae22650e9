import type { Block } from './parsed-document.ts';

/** One entry of the index: a stretch of text under its heading. */
export interface Passage {
  /** The heading it stands under; empty where there is none. */
  readonly heading: string;
  readonly text: string;
}

export interface ChunkOptions {
  /** A passage is closed once it has this many UTF-16 code units. @default 800 */
  readonly minLength?: number;
  /** No passage is longer. @default 1200 */
  readonly maxLength?: number;
  /** At most this much of a passage's end begins the next one under the same heading. @default 150 */
  readonly overlap?: number;
}

export const defaultPassageLength = 1200;

/** How long passages may be at most, as one may choose. */
export const passageLengths = { least: 300, most: 4000 } as const;

/** How text is cut where no passage is to be longer than that. */
export const chunkingOf = (passageLength: number): Required<ChunkOptions> => ({
  minLength: Math.round((passageLength * 2) / 3),
  maxLength: passageLength,
  overlap: Math.round(passageLength / 8),
});

export const chunkDefaults = chunkingOf(defaultPassageLength);

/**
 * Cuts a document into passages along its headings and paragraphs, then at sentences, then at words;
 * a grapheme is never parted.
 */
export function chunk(blocks: readonly Block[], options: ChunkOptions = {}): Passage[] {
  const { minLength, maxLength, overlap } = { ...chunkDefaults, ...options };
  const passages: Passage[] = [];
  let heading = '';
  let text = '';
  let carried = 0; // how much of `text` repeats the former passage's end

  let headed = 0; // the passages before those of the heading
  const close = (): void => {
    if (text.length > carried) passages.push({ heading, text });
    text = '';
    carried = 0;
  };
  // A heading without text under it is found by itself.
  const closeHeading = (): void => {
    close();
    if (heading !== '' && passages.length === headed) passages.push({ heading, text: heading });
    headed = passages.length;
  };
  const add = (piece: string, sign = ' '): void => {
    if (text !== '' && text.length + sign.length + piece.length > maxLength) {
      const tail =
        text.length > carried
          ? tailOf(text, Math.min(overlap, maxLength - piece.length - sign.length))
          : '';
      close();
      text = tail;
      carried = tail.length;
    }
    text = text === '' ? piece : `${text}${sign}${piece}`;
    if (text.length >= minLength) {
      const tail = tailOf(text, overlap);
      close();
      text = tail;
      carried = tail.length;
    }
  };

  let wasInTable = false;
  for (const block of blocks) {
    const clean = tidy(block.text);
    if (block.kind === 'heading') {
      closeHeading();
      heading = clean.slice(0, maxLength).toWellFormed();
      // What is marked as a heading may be a whole text.
      if (clean.length > maxLength) for (const piece of pieces(clean, minLength)) add(piece);
    } else if (clean === '') {
    } else if (block.kind === 'record') {
      close();
      for (const piece of pieces(clean, maxLength)) passages.push({ heading, text: piece });
    } else {
      let sign = signBefore(block, wasInTable);
      for (const piece of pieces(clean, minLength)) {
        add(piece, sign);
        sign = ' ';
      }
    }
    if (clean !== '') wasInTable = block.inTable !== undefined;
  }
  closeHeading();
  return passages;
}

/** What parts a text from the one before it: rows of a table, and the table's end, are ends of lines. */
function signBefore({ inTable }: Block, wasInTable: boolean): string {
  if (inTable === 'row' || (inTable === undefined && wasInTable)) return '\n';
  return inTable === 'cell' ? ' | ' : ' ';
}

// A byte order mark inside a word parts nothing, though JavaScript counts it among the spaces.
const untidy = /(?:(?!\ufeff)\s|\p{Cc})+/gu;

// Most text has nothing but single spaces, and finding that out is cheaper than replacing them.
const needsTidying = /[^\S \ufeff]| {2}|\p{Cc}/u;

/** One line without control characters, with single spaces, and well-formed. */
export function tidy(text: string): string {
  const whole = text.toWellFormed();
  return (needsTidying.test(whole) ? whole.replace(untidy, ' ') : whole).trim();
}

/** Parts a text into pieces of at most `maxLength`, at the best place there is. */
function* pieces(text: string, maxLength: number): Generator<string> {
  let start = 0;
  while (text.length - start > maxLength) {
    const end = start + bestCut(text.slice(start, start + maxLength));
    const piece = text.slice(start, end).trim();
    if (piece !== '') yield piece;
    start = end;
  }
  const rest = text.slice(start).trim();
  if (rest !== '') yield rest;
}

const sentenceEnd = /[.!?…]["')\]»”’]*\s|[。！？]/gu;

function bestCut(window: string): number {
  const half = window.length / 2;
  let cut = 0;
  for (const match of window.matchAll(sentenceEnd)) cut = match.index + match[0].length;
  if (cut > half) return cut;
  const space = window.lastIndexOf(' ');
  return space > half ? space + 1 : graphemeCut(window);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

// The last grapheme of the window may go on behind it, so the cut stands before it.
function graphemeCut(window: string): number {
  const from = Math.max(0, window.length - 128);
  let last = 0;
  for (const { index } of graphemes.segment(window.slice(from))) last = index;
  const cut = from + last;
  if (cut > 0 && last > 0) return cut;
  // One grapheme of more than a hundred code units: only its code points are kept whole.
  const low = window.charCodeAt(window.length - 1);
  return low >= 0xd800 && low <= 0xdbff ? window.length - 1 : window.length;
}

/** The end of a text from a word's beginning on, at most `length` long. */
function tailOf(text: string, length: number): string {
  if (length <= 0 || text.length <= length) return '';
  const tail = text.slice(-length);
  const sentence = [...tail.matchAll(sentenceEnd)].at(0);
  if (sentence !== undefined && sentence.index + sentence[0].length < tail.length) {
    return tail.slice(sentence.index + sentence[0].length);
  }
  const space = tail.indexOf(' ');
  return space === -1 ? '' : tail.slice(space + 1);
}

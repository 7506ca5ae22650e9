import { type Alphabet, alphabets } from './alphabets.ts';

type Decode = (bytes: Uint8Array, encoding: string) => string | undefined;

/** A letter or a sign of another encoding is worth less than a letter of words; a line of a table is nothing. */
const worth = {
  telling: 4,
  often: 2,
  usual: 0.7,
  rare: -0.5,
  quotation: 0,
  line: -0.3,
  none: -2,
} as const;
const capital = /\p{Lu}/u;
const latin = /[A-Za-z]/;
const lineOfTable = /[\u2500-\u259f]/;
const quotation = /[«»„“”‘’–—…№·\u00a0\u200c-\u200f\u060c\u061b\u061f\u0589]/;
/** What text of people has at least, for each sign. */
const least = 1;

/**
 * The encoding in which bytes read most like one of the alphabets that are not Latin: encodings differ in where
 * letters lie, so all but one make rare letters, lines of tables, or capitals within words of what people write.
 *
 * @returns `undefined` where they read like none
 */
export function scriptEncoding(bytes: Uint8Array, decode: Decode): string | undefined {
  let best: string | undefined;
  let most: number = least;
  for (const alphabet of alphabets) {
    const name = encodingOf(alphabet, bytes, decode);
    const likeness = likenessOf(decode(bytes, name), alphabet) - alphabet.rarity;
    if (likeness <= most) continue;
    most = likeness;
    best = name;
  }
  return best;
}

/** The encoding of an alphabet in which bytes read most like it, `found` where others are hardly better. */
export function encodingOf(
  alphabet: Alphabet,
  bytes: Uint8Array,
  decode: Decode,
  found: string = alphabet.encodings[0],
): string {
  let best = found;
  let most = likenessOf(decode(bytes, found), alphabet);
  for (const encoding of alphabet.encodings) {
    const margin =
      alphabet.rareEncodings?.includes(encoding) === true ? margins.rare : margins.other;
    const likeness = likenessOf(decode(bytes, encoding), alphabet) - margin;
    if (likeness <= most) continue;
    best = encoding;
    most = likeness;
  }
  return best;
}

/** What another encoding has to be better by, for each sign. */
const margins = { rare: 0.4, other: 0.02 } as const;

/** Of each character beyond ASCII, on average. */
function likenessOf(text: string | undefined, alphabet: Alphabet): number {
  if (text === undefined) return Number.NEGATIVE_INFINITY;
  let value = 0;
  let count = 0;
  let former = '';
  let repeated = 0;
  for (const character of text) {
    if (character > '\u007f') {
      count += 1;
      repeated = character === former ? repeated + 1 : 0;
      const isLetter = alphabet.letter.test(character);
      const isInWord =
        alphabet.letter.test(former) && !capital.test(former) && capital.test(character);
      const isOdd =
        isInWord ||
        (isLetter &&
          (repeated > 1 || latin.test(former) || alphabet.onlyLast?.test(former) === true));
      value += isOdd ? worth.none : worthOf(character, former, alphabet);
    } else {
      repeated = 0;
      if (latin.test(character) && alphabet.letter.test(former)) value += worth.none;
    }
    former = character;
  }
  if (alphabet.telling !== undefined) {
    value += (text.match(alphabet.telling)?.length ?? 0) * worth.telling;
  }
  return count === 0 ? Number.NEGATIVE_INFINITY : value / count;
}

function worthOf(character: string, former: string, alphabet: Alphabet): number {
  if (lineOfTable.test(character)) return worth.line;
  if (!alphabet.letter.test(character))
    return quotation.test(character) ? worth.quotation : worth.none;
  const small = character.toLowerCase();
  if (alphabet.neverFirst?.test(small) === true && !alphabet.letter.test(former)) return worth.none;
  if (alphabet.often.has(small)) return worth.often;
  return alphabet.usual.has(small) ? worth.usual : worth.rare;
}

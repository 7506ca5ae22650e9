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
/** No more is looked at. */
const sampleBytes = 4096;
/** What text of people has at least, for each sign. */
const least = 1;

/**
 * The encoding in which bytes read most like one of the alphabets that are not Latin: encodings differ in where
 * letters lie, so all but one make rare letters, lines of tables, or capitals within words of what people write.
 *
 * @returns `undefined` where they read like none
 */
export function scriptEncoding(bytes: Uint8Array, decode: Decode): string | undefined {
  const sample = bytes.subarray(0, sampleBytes);
  let best: string | undefined;
  let most: number = least;
  for (const alphabet of alphabets) {
    const name = encodingOf(alphabet, sample, decode);
    const likeness = likenessOf(decode(sample, name), alphabet) - alphabet.rarity;
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
  const known = charactersOf(alphabet);
  let value = 0;
  let count = 0;
  let former: Character = other;
  let last = '';
  let repeated = 0;
  for (const sign of text) {
    const one = known(sign);
    if (sign > '\u007f') {
      count += 1;
      repeated = sign === last ? repeated + 1 : 0;
      const isInWord = former.isLetter && !former.isCapital && one.isCapital;
      const isOdd =
        isInWord ||
        (one.isLetter && (repeated > 1 || former.isLatin || former.endsWord)) ||
        (one.neverFirst && !former.isLetter);
      value += isOdd ? worth.none : one.worth;
    } else {
      repeated = 0;
      if (one.isLatin && former.isLetter) value += worth.none;
    }
    former = one;
    last = sign;
  }
  if (alphabet.telling !== undefined) {
    value += (text.match(alphabet.telling)?.length ?? 0) * worth.telling;
  }
  return count === 0 ? Number.NEGATIVE_INFINITY : value / count;
}

interface Character {
  readonly worth: number;
  readonly isLetter: boolean;
  readonly isLatin: boolean;
  readonly isCapital: boolean;
  readonly neverFirst: boolean;
  readonly endsWord: boolean;
}

const other: Character = {
  worth: worth.none,
  isLetter: false,
  isLatin: false,
  isCapital: false,
  neverFirst: false,
  endsWord: false,
};

/** What a sign is in an alphabet, found out once: a sample has few of them, and many times. */
function charactersOf(alphabet: Alphabet): (sign: string) => Character {
  const known = new Map<string, Character>();
  return (sign) => {
    const former = known.get(sign);
    if (former !== undefined) return former;
    const small = sign.toLowerCase();
    const isLetter = alphabet.letter.test(sign);
    const found = {
      worth: isLetter ? worthOfLetter(small, alphabet) : worthOfSign(sign),
      isLetter,
      isLatin: latin.test(sign),
      isCapital: capital.test(sign),
      neverFirst: alphabet.neverFirst?.test(small) === true,
      endsWord: alphabet.onlyLast?.test(sign) === true,
    };
    known.set(sign, found);
    return found;
  };
}

function worthOfLetter(small: string, { often, usual }: Alphabet): number {
  if (often.has(small)) return worth.often;
  return usual.has(small) ? worth.usual : worth.rare;
}

function worthOfSign(sign: string): number {
  if (lineOfTable.test(sign)) return worth.line;
  return quotation.test(sign) ? worth.quotation : worth.none;
}

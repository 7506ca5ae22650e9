type Decode = (bytes: Uint8Array, encoding: string) => string | undefined;

const encodings = [
  'windows-1251',
  'koi8-r',
  'koi8-u',
  'iso-8859-5',
  'ibm866',
  'x-mac-cyrillic',
] as const;

/** A letter or a sign of the other encodings is worth less than a letter of words; a line of a table is nothing. */
const worth = { often: 2, usual: 0.7, rare: -0.5, quotation: 0, line: -0.3, none: -2 } as const;
const often = new Set('оеаинтсрвл');
const usual = new Set('кмдпуяыьгзбчйхіїј');
const letter = /\p{Script=Cyrillic}/u;
const capital = /\p{Lu}/u;
const lineOfTable = /[\u2500-\u259f]/;
const quotation = /[«»„“”‘’–—…№\u00a0]/;
/** What another encoding has to be better by, for each sign; few people have had a Macintosh. */
const margins = { others: 0.02, 'x-mac-cyrillic': 0.12 } as const;

export const isCyrillicEncoding = (name: string): boolean =>
  encodings.some((encoding) => encoding === name.toLowerCase());

/**
 * The encoding in which bytes that are taken for Cyrillic read most like it: they differ in where letters lie, so
 * all but one make rare letters, lines of tables, or capitals within words of what people write.
 */
export function cyrillicEncoding(bytes: Uint8Array, found: string, decode: Decode): string {
  let best = found;
  let most = likenessOf(decode(bytes, found));
  for (const encoding of encodings) {
    const margin = encoding === 'x-mac-cyrillic' ? margins[encoding] : margins.others;
    const likeness = likenessOf(decode(bytes, encoding)) - margin;
    if (likeness <= most) continue;
    best = encoding;
    most = likeness;
  }
  return best;
}

/** Of each character beyond ASCII, on average. */
function likenessOf(text: string | undefined): number {
  if (text === undefined) return Number.NEGATIVE_INFINITY;
  let value = 0;
  let count = 0;
  let former = '';
  let repeated = 0;
  for (const character of text) {
    if (character > '\u007f') {
      count += 1;
      repeated = character === former ? repeated + 1 : 0;
      const isInWord = letter.test(former) && !capital.test(former) && capital.test(character);
      const isOdd = isInWord || (repeated > 1 && letter.test(character));
      value += isOdd ? worth.none : worthOf(character, former);
    } else repeated = 0;
    former = character;
  }
  return count === 0 ? 0 : value / count;
}

function worthOf(character: string, former: string): number {
  if (lineOfTable.test(character)) return worth.line;
  if (!letter.test(character)) return quotation.test(character) ? worth.quotation : worth.none;
  const small = character.toLowerCase();
  // Words of Russian begin with neither.
  if (/[ыьъ]/.test(small) && !letter.test(former)) return worth.none;
  if (often.has(small)) return worth.often;
  return usual.has(small) ? worth.usual : worth.rare;
}

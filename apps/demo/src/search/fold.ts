/**
 * One form for all the ways in which a word can be written: compatible letters (NFKC), case, marks that
 * readers do not type, and characters that nobody sees. Texts and questions are folded by the same
 * function, and what is shown is never folded.
 */
export function fold(text: string): string {
  if (isPlain.test(text)) return text.toLowerCase();
  // A note's number stands behind a word; in `m²` and `H₂O` it belongs to it.
  const parted = text.replace(noteNumber, ' ').replace(signs, ' ');
  const base = parted
    .normalize('NFKD')
    .replace(unseen, '')
    .toLowerCase()
    .replace(typedMarks, '$1')
    .replace(cyrillic, softened)
    .replace(nukta, '')
    .replace(nasal, '\u0902')
    .replaceAll('\u0901', '\u0902');
  const letters = needsLetters.test(base) ? base.replace(letter, (one) => letterOf(one)) : base;
  return letters.normalize('NFC').replace(digit, (one) => String(digitOf(one)));
}

const isPlain = /^[\x20-\x7e]*$/;

const noteNumber = /(?<=\p{L}{4})[\u00b9\u00b2\u00b3\u2070-\u2079\u2080-\u2089]+(?![\p{L}\p{N}])/gu;
// They would become letters that stick to the word before them.
const signs = /[\u2120\u2122]/gu;

/** Nobody sees it, or nobody types it: turned commas of Hawaiian and of transliterated Arabic. */
const unseen = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Me}\u0640\u02bb-\u02bf]/gu;

// Marks are found from the letter before them, once: a text may be marks alone, and looking back from each
// of them would take the square of their number.

/** Marks over Latin, Greek, Hebrew, Syriac and Arabic letters: people ask without them. */
const typedMarks =
  /(?!\p{M})([\p{Script=Latin}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{N}])\p{M}+/gu;
/** Cyrillic letters keep what makes them others (й, ї, ў); stress and the dots of ё go. */
const cyrillic = /(?!\p{M})\p{Script=Cyrillic}(?=\p{M}*[\u0300\u0301\u0308])\p{M}+/gu;
const softened = (marked: string): string =>
  marked.replace(marked.startsWith('е') ? /[\u0300\u0301\u0308]/g : /[\u0300\u0301]/g, '');
/** The dot of Hindi under letters of foreign words goes as well. */
const nukta = /(?<=\p{Script=Devanagari})\u093c/gu;

/** A nasal before a consonant of its own row, which Hindi writes as a dot as well: `हिन्दी`, `हिंदी`. */
const nasal = /(?:ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ]))/g;

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ŧ: 't',
  ŋ: 'n',
  ĸ: 'k',
  ƒ: 'f',
  ɓ: 'b',
  ɗ: 'd',
  ɖ: 'd',
  ƙ: 'k',
  ɨ: 'i',
  ς: 'σ',
  // Arabic and Persian forms of one letter.
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ٱ: 'ا',
  // Hebrew letters at the end of a word stay: they are typed.
};
const needsLetters = new RegExp(`[${Object.keys(letters).join('')}]`, 'u');
const letter = new RegExp(`[${Object.keys(letters).join('')}]`, 'gu');
const letterOf = (one: string): string => letters[one] ?? one;

const digit = /(?![0-9])\p{Nd}/gu;

/** The digits of a script lie together, ten by ten. */
function digitOf(one: string): number {
  const code = one.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return value;
}

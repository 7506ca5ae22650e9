import { fold } from './fold.ts';
import type { Term } from './query.ts';
import { semiticWays } from './semitic-words.ts';

/** Whether the index has a word as it is. */
type Has = (word: string) => boolean;

const maxWays = 24;

/**
 * Other ways in which people write what is asked for: `e-mail` and `email`, `Müller` and `Mueller`, `1234567` and
 * `1,234,567`, `USA` and `U.S.A.`. Several words are a phrase, with blanks between them. What might be another
 * word is tried only where the index has not the one that is asked for.
 */
export function otherWays(term: Term, has: Has): readonly string[] {
  const { tokens, source, isPrefix } = term;
  const [word = ''] = tokens;
  const ways = new Set<string>();
  const add = (way: string | undefined): void => {
    if (way !== undefined && way !== tokens.join(' ')) ways.add(way);
  };
  if (tokens.length > 1) {
    if (isOneWord(source, tokens)) add(tokens.join(''));
    add(otherVersion(source, tokens));
    add(withGroups(source, tokens));
    for (const way of partlyJoined(source, tokens)) add(way);
    // Japanese writes the last vowel of `コンピューター` long or short.
    if (longKatakana.test(source)) add(tokens.slice(0, -1).join(' '));
  }
  for (const way of germanWays(source, tokens, has)) add(way);
  if (tokens.length === 1 && !isPrefix) {
    if (/^\d+$/.test(word)) for (const way of groupedDigits(word, has)) add(way);
    else if (/^[a-z]{2}\d{2}[a-z\d]{11,30}$/.test(word)) add(inGroups(word, 4));
    else if (lettersAndDigits.test(word)) add(word.replace(lettersAndDigits, '$1$3 $2$4'));
    else if (/^\p{Lu}{2,5}$/u.test(source)) add([...word].join(' '));
    else if (isLatin.test(word)) {
      for (const way of parted(word, has)) add(way);
      for (const way of spanishNumbers(word, has)) add(way);
      // `usa`, as people type it.
      if (/^[a-z]{3}$/.test(word) && !has(word)) add([...word].join(' '));
    } else for (const way of semiticWays(source, word, has)) add(way);
  }
  return [...ways].slice(0, maxWays);
}

/** `F16` is `F-16`, and `50mg` is `50 mg`. */
const lettersAndDigits = /^(?:([a-z]+)(\d+)|(\d+)([a-z]+))$/;
const isLatin = /^\p{Script=Latin}{3,40}$/u;

const longKatakana = /^[\p{Script=Katakana}ー]{3,}ー$/u;
const hyphenated = /^[\p{L}\p{M}\p{N}]+(?:[-\u2010\u2011][\p{L}\p{M}\p{N}]+){1,3}$/u;
// Not `we're`, which would be another word.
const withApostrophe = /^\p{L}{1,2}['\u2019\u02bc]\p{L}[\p{L}\p{M}]{2,}$/u;
const abbreviation = /^(?:\p{L}\.){2,}\p{L}?$/u;
const thousands = /^\d{1,3}(?:[,.'\u2019]\d{3})+$/;
// A query has two words in one for those alone that Persian joins.
const persian = /^\p{Script=Arabic}+ \p{Script=Arabic}+$/u;
const accountNumber = /^[a-z]{2}\d{2}(?: [a-z\d]{1,4})+$/i;

/** Whether people write it in one as well; short numbers would be others then. */
function isOneWord(source: string, tokens: readonly string[]): boolean {
  const word = source.replace(/\*$/, '');
  if (tokens.every((token) => /^\d+$/.test(token))) {
    return thousands.test(word) || (tokens.join('').length >= 8 && /^[\d/-]+$/.test(word));
  }
  return [hyphenated, withApostrophe, abbreviation, accountNumber, persian].some((form) =>
    form.test(word),
  );
}

/** `Theater-Proben-Plan` is `Theaterproben-Plan`, and `Theater-Probenplan`. */
function* partlyJoined(source: string, tokens: readonly string[]): Generator<string> {
  const [first = '', middle = '', last = ''] = tokens;
  if (tokens.length !== 3 || !hyphenated.test(source) || /\d/.test(source)) return;
  yield `${first}${middle} ${last}`;
  yield `${first} ${middle}${last}`;
}

/** `2.10.4` is what `v2.10.4` is. */
function otherVersion(
  source: string,
  [first = '', ...rest]: readonly string[],
): string | undefined {
  if (!/^v?\d+(?:\.\d+)+/i.test(source)) return undefined;
  return [first.startsWith('v') ? first.slice(1) : `v${first}`, ...rest].join(' ');
}

const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' };

/** Umlauts as they are written where there are none; and words that are written so may have had one. */
function* germanWays(source: string, tokens: readonly string[], has: Has): Generator<string> {
  const lower = source.normalize('NFC').toLowerCase();
  if (/[äöüøå]/.test(lower)) {
    const written = fold(lower.replace(/[äöüøå]/g, (letter) => umlauts[letter] ?? letter));
    const words = written.match(/[\p{L}\p{N}]+/gu) ?? [];
    if (words.length === tokens.length) yield words.join(' ');
    return;
  }
  const bare = tokens.map((token) => withoutUmlautPairs(token, has));
  if (bare.some((word, at) => word !== tokens[at])) yield bare.join(' ');
  const [word = '', ...more] = tokens;
  if (more.length > 0 || has(word)) return;
  const stem = withoutPairs(word);
  if (stem !== word) for (const end of germanEnds) if (has(`${stem}${end}`)) yield `${stem}${end}`;
}

/** Of words that the index has in another form alone. */
const germanEnds = ['s', 'n', 'e', 'en', 'er', 'es', 'in'];

function withoutPairs(word: string): string {
  if (word.length < 5 || !/^[a-z]+$/.test(word)) return word;
  return word
    .replace(/(?<![aeiouq])(?:aa|ae|oe|ue)/g, (pair) => pair.charAt(0))
    .replace(/^(?:aa|ae|oe|ue)/, (pair) => pair.charAt(0));
}

function withoutUmlautPairs(word: string, has: Has): string {
  const bare = withoutPairs(word);
  const isGerman = (): boolean => has('der') && has('und');
  return bare !== word && has(bare) && (!has(word) || isGerman()) ? bare : word;
}

/** Digits as they are grouped: by thousands, by fours as cards are, and as telephones and books are numbered. */
function* groupedDigits(word: string, has: Has): Generator<string> {
  if (word.length >= 4 && word.length <= 12 && !word.startsWith('0')) yield inThousands(word);
  // Telephone numbers.
  if (word.length === 7) yield `${word.slice(0, 3)} ${word.slice(3)}`;
  if (word.length === 10) yield `${inGroups(word.slice(0, 6), 3)} ${word.slice(6)}`;
  if (word.length === 16) yield inGroups(word, 4);
  if (!/^97[89]\d{10}$/.test(word) || has(word)) return;
  for (let group = 1; group <= 5; group += 1) {
    for (let publisher = 2; group + publisher <= 8 && publisher <= 7; publisher += 1) {
      const at = 3 + group;
      const parts = [word.slice(0, 3), word.slice(3, at), word.slice(at, at + publisher)];
      yield [...parts, word.slice(at + publisher, 12), word.slice(12)].join(' ');
    }
  }
}

/** `1234.50` is `1,234.50`. */
function withGroups(source: string, [whole = '', fraction]: readonly string[]): string | undefined {
  if (!/^[1-9]\d{3,11}[.,]\d{1,4}$/.test(source)) return undefined;
  return `${inThousands(whole)} ${fraction}`;
}

function inThousands(digits: string): string {
  const first = digits.length % 3;
  return [digits.slice(0, first), inGroups(digits.slice(first), 3)].join(' ').trim();
}

const inGroups = (word: string, length: number): string =>
  word.match(new RegExp(`.{1,${length}}`, 'g'))?.join(' ') ?? word;

/** `luz`, `luces`; the stems of one and of many differ. */
function* spanishNumbers(word: string, has: Has): Generator<string> {
  const other = word.endsWith('z')
    ? `${word.slice(0, -1)}ces`
    : word.endsWith('ces')
      ? `${word.slice(0, -3)}z`
      : undefined;
  if (other !== undefined && has(other)) yield other;
}

/** What stands before a hyphen or an apostrophe as one letter, and is no word of its own. */
const firstLetters = new Set('bdeoltux');

/** `dont`, `phd`. */
const lastLetters = new Set('dst');
/** What names have behind a dot: `node.js`. */
const lastNames = new Set('io js py rb rs ts'.split(' '));

/** A word in two, of which the index has both: `e mail`, `well known`. */
function* parted(word: string, has: Has): Generator<string> {
  const isThere = has(word);
  for (let at = 1; at < word.length; at += 1) {
    const [first, last] = [word.slice(0, at), word.slice(at)];
    if (at === 1 && last.length > 2 && firstLetters.has(first) && has(last))
      yield `${first} ${last}`;
    // Two long words beside one another hardly mean anything else.
    const areLong = first.length >= 4 && last.length >= 4;
    if (at === 1 || (isThere && !areLong)) continue;
    const isLast = last.length > 2 || lastNames.has(last) || (last.length === 2 && at === 2);
    const isBoth = last.length === 1 ? lastLetters.has(last) : isLast && has(last);
    if (isBoth && has(first)) yield `${first} ${last}`;
    if (!isThere && first.length > 2 && has(first)) {
      for (const two of inTwo(last, has)) yield `${first} ${two}`;
    }
  }
}

/** The rest of a word in three: `mother in law`. */
function* inTwo(rest: string, has: Has): Generator<string> {
  for (let at = 2; at <= rest.length - 3; at += 1) {
    const [middle, last] = [rest.slice(0, at), rest.slice(at)];
    if (has(last) && has(middle)) yield `${middle} ${last}`;
  }
}

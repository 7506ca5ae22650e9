import { fold } from './fold.ts';

/** Whether the index has a word as it is. */
type Has = (word: string) => boolean;

const isArabic = /^\p{Script=Arabic}{3,40}$/u;
const isHebrew = /^\p{Script=Hebrew}{2,40}$/u;
const joiner = '\u200c';

/** What Persian writes before and behind a word with a joiner, with a blank, or with nothing. */
const persianBeginnings = ['می', 'نمی'].map(fold);
const persianEndings = ['ها', 'های', 'هایی', 'تر', 'ترین'].map(fold);
/** Articles and prepositions that are written as one with the word behind them. */
const arabicPrefixes = ['ال', 'وال', 'بال', 'فال', 'كال', 'لل', 'و', 'ب', 'ل', 'ف'].map(fold);
const hebrewPrefixes = 'ה ו ב כ ל מ ש וה שה בה לה מה'.split(' ');
const minBare = 3;

/** Other ways in which a word of Arabic, Persian or Hebrew stands in a text. */
export function* semiticWays(source: string, word: string, has: Has): Generator<string> {
  if (isArabic.test(word)) {
    yield* persianWays(source, word, has);
    yield* withPrefixes(word, arabicPrefixes, has);
  } else if (isHebrew.test(word)) {
    yield* withPrefixes(word, hebrewPrefixes, has);
    // Two strokes stand before the last letter of an abbreviation, and they part words elsewhere.
    const begin = word.slice(0, -1);
    if (begin.length > 1 && !has(word) && has(begin)) yield `${begin} ${word.slice(-1)}`;
  }
}

function* persianWays(source: string, word: string, has: Has): Generator<string> {
  if (source.includes(joiner)) yield source.split(joiner).map(fold).filter(Boolean).join(' ');
  for (const begin of persianBeginnings) {
    const rest = word.slice(begin.length);
    if (word.startsWith(begin) && rest.length > 1 && has(begin) && has(rest))
      yield `${begin} ${rest}`;
  }
  for (const end of persianEndings) {
    const rest = word.slice(0, -end.length);
    if (word.endsWith(end) && rest.length > 1 && has(end) && has(rest)) yield `${rest} ${end}`;
    if (has(`${word}${end}`)) yield `${word}${end}`;
  }
}

/** The word with each of them; and without, where the index has not the word that is asked for. */
function* withPrefixes(word: string, prefixes: readonly string[], has: Has): Generator<string> {
  for (const prefix of prefixes) if (has(`${prefix}${word}`)) yield `${prefix}${word}`;
  if (has(word)) return;
  for (const prefix of prefixes) {
    const bare = word.slice(prefix.length);
    if (word.startsWith(prefix) && bare.length >= minBare && has(bare)) yield bare;
  }
}

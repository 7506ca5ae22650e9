import { fold } from './fold.ts';

/** A word as the index has it, and where it stands in the text as written. */
export interface Token {
  readonly text: string;
  readonly start: number;
  /** Behind its last code unit. */
  readonly end: number;
}

/** A stretch of letters and digits that may hold others than plain ones. */
const plainOrRun = /[A-Za-z0-9]*[^\0-\x7f](?:[A-Za-z0-9]|[^\0-\x7f])*|[A-Za-z0-9]+/g;
// From its beginning alone: a text may be one long stretch of plain ones.
const run = /(?<![A-Za-z0-9])[A-Za-z0-9]*[^\0-\x7f](?:[A-Za-z0-9]|[^\0-\x7f])*/g;

/**
 * A text as it is given to the index, whose tokenizer parts it at ASCII that is no letter and no digit, and
 * nowhere else. Plain text is given as it is, for then nothing has to be done.
 */
export function indexedForm(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(run, (found) => {
    if (simpleRun.test(found)) return ` ${(found.match(simpleWord) ?? []).join(' ')} `;
    let form = ' ';
    for (const word of wordsOfRun(found)) form += `${word.text} `;
    return form;
  });
}

/** The words of a text in their order, the same that the index finds in `indexedForm`. */
export function* tokensOf(text: string): Generator<Token> {
  for (const { 0: found, index } of text.matchAll(plainOrRun)) {
    if (isPlain(found)) {
      yield { text: found.toLowerCase(), start: index, end: index + found.length };
    } else {
      for (const { text: word, start, end } of wordsOfRun(found)) {
        yield { text: word, start: index + start, end: index + end };
      }
    }
  }
}

const isPlain = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

// What follows a letter and belongs to it; half-width voice marks are letters of their own there.
const follows = '[\\p{M}\\p{Default_Ignorable_Code_Point}\\p{Cf}\\uff9e\\uff9f]';
const characterScripts =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Bopomofo}\\u30fc\\uff70\\u3005\\u3007';
const dictionaryScripts = '\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
// Squared and letterlike signs (`㎡`, `℡`, `㍿`) are letters once they are folded.
const compatible = '\\u2100-\\u214f\\u2460-\\u24ff\\u3200-\\u33ff\\u{1f100}-\\u{1f1ff}';

const scripts = new RegExp(
  [
    `(?<character>[${characterScripts}]${follows}*)`,
    `(?<dictionary>[${dictionaryScripts}](?:[${dictionaryScripts}]|${follows})*)`,
    `(?<hangul>\\p{Script=Hangul}(?:\\p{Script=Hangul}|${follows})*)`,
    `(?<word>(?:(?![${characterScripts}${dictionaryScripts}\\p{Script=Hangul}])[\\p{L}\\p{N}${compatible}]${follows}*)+)`,
  ].join('|'),
  'gu',
);

const dictionary = new Intl.Segmenter('th', { granularity: 'word' });
const hasWord = /[\p{L}\p{N}]/u;
const isWhole = /^[\p{L}\p{N}\p{M}]+$/u;

// Most runs of these scripts hold nothing that has to be folded, and no rule but one: each is a word.
const simpleRun =
  /^[A-Za-z0-9\u4e00-\u9fff\u3041-\u3096\u30a1-\u30fa\u30fc\u3005\u3000-\u3002\u300a-\u300f\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]*$/;
const simpleWord = /[\u4e00-\u9fff\u3041-\u3096\u30a1-\u30fa\u30fc\u3005]|[A-Za-z0-9]+/g;

function* wordsOfRun(text: string): Generator<Token> {
  if (simpleRun.test(text)) {
    for (const { 0: word, index } of text.matchAll(simpleWord)) {
      yield { text: word.toLowerCase(), start: index, end: index + word.length };
    }
    return;
  }
  for (const { 0: found, index, groups } of text.matchAll(scripts)) {
    const end = index + found.length;
    if (groups?.dictionary !== undefined) {
      yield* dictionaryWords(found, index);
      continue;
    }
    const folded = fold(found);
    if (groups?.word === undefined) {
      if (isWhole.test(folded)) yield { text: folded, start: index, end };
      continue;
    }
    // A sign may fold to several words, or to letters of another script.
    if (isWhole.test(folded) && !otherScript.test(folded)) {
      yield { text: folded, start: index, end };
    } else {
      for (const [part] of folded.matchAll(scripts)) yield { text: part, start: index, end };
    }
  }
}

const otherScript = new RegExp(`[${characterScripts}${dictionaryScripts}\\p{Script=Hangul}]`, 'u');

/** Thai, Lao, Khmer and Burmese words are known by a dictionary alone. */
function* dictionaryWords(text: string, offset: number): Generator<Token> {
  // The dictionary knows words without what nobody sees; places are found again by counting.
  const seen: number[] = [];
  let clean = '';
  for (const { 0: character, index } of text.matchAll(/[\s\S]/gu)) {
    if (/[\p{Default_Ignorable_Code_Point}\p{Cf}]/u.test(character)) continue;
    for (let unit = 0; unit < character.length; unit += 1) seen.push(index + unit);
    clean += character;
  }
  for (const { segment, index } of dictionary.segment(clean)) {
    if (!hasWord.test(segment)) continue;
    const first = seen[index] ?? 0;
    const last = seen[index + segment.length - 1] ?? first;
    yield { text: fold(segment), start: offset + first, end: offset + last + 1 };
  }
}

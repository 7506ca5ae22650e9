import { PublicError } from '@offstage/core';
import { tokensOf } from './tokens.ts';

/** At most this many words and phrases of a query are looked for. */
export const maxTerms = 32;
/** What begins so costs many words each; further ones are looked for as whole words. */
const maxPrefixes = 4;
const minPrefix = 2;
const maxQueryLength = 1000;

/** A word or a phrase that is looked for. */
export interface Term {
  /** As it was asked. */
  readonly source: string;
  /** Folded, in their order; one or more. */
  readonly tokens: readonly string[];
  /** Written in quotes: found as it is, without other forms of its words. */
  readonly isExact: boolean;
  /** Its last word may go on. */
  readonly isPrefix: boolean;
  /** In names of files and folders alone. */
  readonly inName: boolean;
}

export interface Query {
  /** Each has to be found; of one with several terms, any. */
  readonly groups: readonly (readonly Term[])[];
  readonly without: readonly Term[];
}

export interface ParseOptions {
  /** The query is not complete yet: its last word may go on. @default false */
  readonly asTyped?: boolean | undefined;
}

/**
 * A person's words: `"a phrase"`, `-without`, `NOT without`, `one OR another`, `name:report`, `begin*`. Every other sign
 * means itself, so no input is a syntax error.
 *
 * @throws PublicError `empty_query` where nothing is left to look for
 */
export function parseQuery(query: string, { asTyped = false }: ParseOptions = {}): Query {
  const text = query
    .slice(0, maxQueryLength)
    .toWellFormed()
    .replace(/[“”„«»＂]/g, '"');
  const groups: Term[][] = [];
  const without: Term[] = [];
  let isAlternative = false;
  let isWithout = false;
  let count = 0;
  let prefixes = 0;
  const parts = [...text.matchAll(part)];
  for (const [at, { 0: source, index, groups: found }] of parts.entries()) {
    if (source === 'OR' || source === '|') {
      isAlternative = groups.length > 0;
      continue;
    }
    if (source === 'AND') continue;
    // Where all is in capitals, it is a word.
    if (source === 'NOT' && groups.length > 0 && text !== text.toUpperCase()) {
      isWithout = true;
      continue;
    }
    const { minus, name, phrase, word = '' } = found ?? {};
    const tokens = [...tokensOf(phrase ?? word)].map((token) => token.text);
    if (tokens.length === 0) continue;
    const isLast = at === parts.length - 1 && index + source.length === text.length;
    const canGoOn = word.endsWith('*') || (asTyped && isLast && phrase === undefined);
    const isPrefix = canGoOn && prefixes < maxPrefixes && (tokens.at(-1)?.length ?? 0) >= minPrefix;
    if (isPrefix) prefixes += 1;
    const term: Term = {
      source: phrase ?? word,
      tokens,
      isExact: phrase !== undefined,
      isPrefix,
      inName: name !== undefined,
    };
    if (minus !== undefined || isWithout) without.push(term);
    else if (isAlternative) groups.at(-1)?.push(term);
    else groups.push([term]);
    isAlternative = false;
    isWithout = false;
    count += 1;
    if (count === maxTerms) break;
  }
  if (groups.length > 0) return { groups, without };
  throw new PublicError('empty_query', 'Name at least one word to search for.');
}

// The number of an account is one word, though it is written in groups.
const account =
  '(?<![\\w])[a-z]{2}\\d{2}(?: [a-z\\d]{4})(?: \\d{4}){2,6}(?: [a-z\\d]{1,4})?(?![^\\s"])';
// So is a word of Persian whose beginning or end stands behind a blank.
const persian = [
  '(?<![^\\s"])ن?م[یي] \\p{Script=Arabic}{2,}(?![^\\s"])',
  '(?<![^\\s"])\\p{Script=Arabic}{2,} (?:ها(?:[یي]{0,2})|تر(?:[یي]ن)?)(?![^\\s"])',
].join('|');

const part = new RegExp(
  `(?<minus>[-\\u2013\\u2212])?(?<name>name:)?(?:"(?<phrase>[^"]*)"?|(?<word>${account}|${persian}|[^\\s"]+))`,
  'giu',
);

/** What an index knows of words. */
export interface KnownWords {
  /** Words and phrases that a term stands for besides its own. */
  readonly formsOf: (term: Term) => readonly string[];
  /** Where names are. */
  readonly nameColumn: string;
}

/** A word or a phrase, and whether it may go on. Particles are written behind Korean words, so those may. */
export const formOf = (form: string): Sought => ({
  tokens: form.split(' '),
  isOpen: isHangul.test(form),
});

/** A term as FTS5 has it. Tokens hold letters, digits and marks alone, so quotes are all they need. */
export function termExpression(term: Term, words: KnownWords): string {
  const { tokens, inName } = term;
  const forms = [expressionOf({ tokens, isOpen: goesOn(term) })];
  for (const form of words.formsOf(term)) forms.push(expressionOf(formOf(form)));
  const any = forms.length === 1 ? forms[0] : `(${forms.join(' OR ')})`;
  return inName ? `${words.nameColumn} : ${any}` : String(any);
}

/** Words that stand one behind the other; the last one may go on. */
export interface Sought {
  readonly tokens: readonly string[];
  readonly isOpen: boolean;
}

const expressionOf = ({ tokens, isOpen }: Sought): string =>
  `"${tokens.join(' ')}"${isOpen ? ' *' : ''}`;

export const goesOn = ({ tokens, isExact, isPrefix }: Term): boolean =>
  !isExact && (isPrefix || isHangul.test(tokens.at(-1) ?? ''));

export const isHangul = /^\p{Script=Hangul}+$/u;

export function queryExpression(
  { groups, without }: Query,
  words: KnownWords,
  join: 'AND' | 'OR' = 'AND',
): string {
  const any = (terms: readonly Term[]): string =>
    `(${terms.map((term) => termExpression(term, words)).join(' OR ')})`;
  const wanted = groups.map(any).join(` ${join} `);
  return without.length === 0 ? wanted : `(${wanted}) NOT ${any(without)}`;
}

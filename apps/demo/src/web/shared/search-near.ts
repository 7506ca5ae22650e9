import type { SearchAnswer } from '../api.ts';

const maxSuggestions = 3;

/**
 * The query with other words for those that are nowhere: for a single one, each of its likeliest; for
 * several, the likeliest of all at once.
 */
export function suggestionsOf(query: string, near: SearchAnswer['near']): readonly string[] {
  const known = near.filter((one) => one.near.length > 0);
  const [first, ...more] = known;
  if (first === undefined) return [];
  if (more.length === 0) {
    const others = first.near.slice(0, maxSuggestions);
    return distinct(others.map((other) => replaceWord(query, first.word, other)));
  }
  return [known.reduce((text, one) => replaceWord(text, one.word, one.near[0] ?? one.word), query)];
}

/** Words that are nowhere, and none is like them. */
export const strangeWords = (near: SearchAnswer['near']): readonly string[] =>
  near.filter((one) => one.near.length === 0).map(({ word }) => word);

const isLetter = /[\p{L}\p{N}\p{M}]/u;

/** Where a word stands by itself, not within another one; an operator before it stays. */
function replaceWord(query: string, word: string, other: string): string {
  for (let at = query.indexOf(word); at >= 0; at = query.indexOf(word, at + 1)) {
    const before = query.slice(0, at);
    const after = query.slice(at + word.length);
    if (isLetter.test(before.slice(-1)) || isLetter.test(after.slice(0, 1))) continue;
    return `${before}${other}${after}`;
  }
  return other;
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

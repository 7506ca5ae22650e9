import { describe, expect, test } from 'vitest';
import { mayGoOn, noSearch, searchAddress, searchOf, wordsToMark } from './search-ask.ts';
import { suggestionsOf } from './search-near.ts';

const typed = (query: string) => ({ ...noSearch, query, isTyped: true });

test('D4 an address of a search holds all that is asked, and comes back as the same', () => {
  const ask = { query: 'a&b "c" +d', kind: 'text/x-c', folder: 'ä/b c', page: 7, isTyped: true };
  expect(searchOf(new URLSearchParams(searchAddress(ask)))).toEqual(ask);
  expect(searchAddress(noSearch)).toBe('');
});

test.each(['0', '-1', '1.5', 'x', '1e300', '', 'NaN', '1000001'])(
  'D4 an address with page %j is one of the first page',
  (page) => {
    expect(searchOf(new URLSearchParams({ q: 'a', page })).page).toBe(1);
  },
);

test('D4 a word goes on from three letters on, in any script, and is marked so in its document', () => {
  expect(['ab', ' a  b ', '--"', 'abc', 'été', '日本語', 'a bc'].map(typed).map(mayGoOn)).toEqual([
    ...[false, false, false, true, true, true, true],
  ]);
  expect(mayGoOn({ ...typed('abc'), isTyped: false })).toBe(false);
  expect(['abc', 'ab', 'abc "d"'].map(typed).map(wordsToMark)).toEqual(['abc*', 'ab', 'abc "d"']);
});

describe('near words', () => {
  test.each([
    ['promter', [['promter', ['prompter', 'porter']]], ['prompter', 'porter']],
    ['the he', [['he', ['her']]], ['the her']],
    ['-x name:promter', [['promter', ['prompter']]], ['-x name:prompter']],
    [
      'lantren gohst',
      [
        ['lantren', ['lantern']],
        ['gohst', ['ghost', 'host']],
      ],
      ['lantern ghost'],
    ],
    [
      'lantren zzz',
      [
        ['lantren', ['lantern']],
        ['zzz', []],
      ],
      ['lantern zzz'],
    ],
    ['zzz', [['zzz', []]], []],
    ['cost', [['cost', ['$&']]], ['$&']],
  ] as const)(
    'D4 %j is offered with other words for those that are nowhere',
    (query, near, offered) => {
      expect(
        suggestionsOf(
          query,
          near.map(([word, words]) => ({ word, near: words })),
        ),
      ).toEqual(offered);
    },
  );
});

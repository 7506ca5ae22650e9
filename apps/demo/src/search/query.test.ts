import { DatabaseSync } from 'node:sqlite';
import { PublicError } from '@offstage/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexSchema } from './index-format.ts';
import { maxTerms, parseQuery, queryExpression } from './query.ts';
import { indexedForm } from './tokens.ts';

const alone = { formsOf: () => [], nameColumn: 'name' };
const expressionOf = (query: string, asTyped = false): string =>
  queryExpression(parseQuery(query, { asTyped }), alone);

const signs = [
  ...['"', '""', '*', '^', 'AND', 'OR', 'NOT', 'NEAR(', ')', '(', ':', 'title:', 'name:', '-', '+'],
  ...[
    '{',
    '}',
    ',',
    "'",
    ';',
    '--',
    '\\',
    '\0',
    '|',
    '🎭',
    'word',
    '“',
    '-"',
    'name:"',
    '舞台',
    '\u200d',
  ],
];

test('D4 no input is a syntax error', () => {
  using database = new DatabaseSync(':memory:');
  database.exec(indexSchema);
  database
    .prepare('INSERT INTO passages (rowid, title, heading, text, name) VALUES (1, ?, ?, ?, ?)')
    .run('', '', indexedForm('word "quoted" 舞台'), 'a md');
  const find = database.prepare('SELECT count(*) AS n FROM passages WHERE passages MATCH ?');
  const operators = fc.constantFrom(...signs);
  const query = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.oneof(operators, fc.string()), { maxLength: 12 }).map((parts) => parts.join(' ')),
    fc.array(operators, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(query, fc.boolean(), (text, asTyped) => {
      try {
        const parsed = parseQuery(text, { asTyped });
        expect(find.get(queryExpression(parsed, alone))).toHaveProperty('n');
        expect(find.get(queryExpression(parsed, alone, 'OR'))).toHaveProperty('n');
      } catch (error) {
        if (!PublicError.isInstance(error)) throw error;
        expect(error.code).toBe('empty_query');
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['trap "star trap" fly*', '("trap") AND ("star trap") AND ("fly" *)'],
  ['e-mail', '("e mail")'],
  ['light OR lamp dim', '("light" OR "lamp") AND ("dim")'],
  ['light | lamp', '("light" OR "lamp")'],
  ['light AND lamp', '("light") AND ("lamp")'],
  ['light -lamp -"star trap"', '(("light")) NOT ("lamp" OR "star trap")'],
  ['light NOT lamp dim', '(("light") AND ("dim")) NOT ("lamp")'],
  ['light –lamp −dim', '(("light")) NOT ("lamp" OR "dim")'],
  ['DO NOT ENTER', '("do") AND ("not") AND ("enter")'],
  ['NOT light', '("not") AND ("light")'],
  ['light – lamp', '("light") AND ("lamp")'],
  ['name:report 2026', '(name : "report") AND ("2026")'],
  ['name:"annual report"', '(name : "annual report")'],
  ['OR light OR', '("light")'],
  ['“star trap', '("star trap")'],
  ['a*', '("a")'],
  ['무대', '("무대" *)'],
  ['使用GPU', '("使 用 gpu")'],
])('D4 %s is read as people mean it', (query, expression) => {
  expect(expressionOf(query)).toBe(expression);
});

test('D4 the last word of a query that is being typed may go on', () => {
  expect(expressionOf('the do', true)).toBe('("the") AND ("do" *)');
  expect(expressionOf('the do ', true)).toBe('("the") AND ("do")');
  expect(expressionOf('the "do', true)).toBe('("the") AND ("do")');
});

test('D4 a query costs a bounded number of words and beginnings', () => {
  expect(parseQuery('x '.repeat(100)).groups).toHaveLength(maxTerms);
  const beginnings = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `a${letter}*`).join(' ');
  const open = parseQuery(beginnings)
    .groups.flat()
    .filter(({ isPrefix }) => isPrefix);
  expect(open).toHaveLength(4);
  for (const query of ['', ' ?! "" * ', '-lamp', '🎭']) {
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: 'empty_query' }));
  }
});

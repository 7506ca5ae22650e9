import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';

const level = (format: number, text: string, start = 1): string =>
  `{\\listlevel\\levelnfc${format}\\levelstartat${start}{\\leveltext ${text};}{\\levelnumbers \\'01;}}`;
const lists = `{\\*\\listtable{\\list\\listtemplateid1${level(0, "\\'0aArticle \\'00.")}${level(4, "\\'04\\'00.\\'01)")}\\listid7}{\\list${level(1, "\\'02\\'00.", 4)}\\listid8}{\\list${level(23, "\\'01\\u8226 ?")}\\listid9}}
{\\*\\listoverridetable{\\listoverride\\listid7\\listoverridecount0\\ls1}{\\listoverride\\listid8\\ls2}{\\listoverride\\listid9\\ls3}}`;
const item = (list: number, text: string, depth = 0): string =>
  `\\pard\\ls${list}\\ilvl${depth} ${text}\\par`;

test.each([
  ['one after the other', item(1, 'a') + item(1, 'b'), 'Article 1. a Article 2. b'],
  [
    'deeper, and anew',
    item(1, 'a') + item(1, 'b', 1) + item(1, 'c', 1) + item(1, 'd') + item(1, 'e', 1),
    'Article 1. a 1.a) b 1.b) c Article 2. d 2.a) e',
  ],
  ['from where the list begins', item(2, 'a') + item(2, 'b'), 'IV. a V. b'],
  ['not with a bullet', item(3, 'a'), 'a'],
  [
    'on after what is in no list',
    `${item(1, 'a')}\\pard b\\par${item(1, 'c')}`,
    'Article 1. a b Article 2. c',
  ],
  [
    'once for all lines of it',
    `${item(1, 'a\\line b')}${item(1, 'c')}`,
    'Article 1. a b Article 2. c',
  ],
  [
    'as the document says it',
    `\\pard\\ls1{\\listtext 1st\\tab}a\\par${item(1, 'b')}`,
    '1st a Article 2. b',
  ],
  ['none where its list is none', item(12, 'a'), 'a'],
])('D2 a paragraph of a list in Rich Text has its number: %s', async (_name, body, shown) => {
  const text = await textOf(`{\\rtf1\\ansi ${lists}${body}}`, '.rtf');
  expect(text.replace(/\s+/g, ' ').trim()).toBe(shown);
});

test('D4 rows of a table in Rich Text stand below one another', async () => {
  const row = (a: string, b: string): string => `\\trowd\\pard\\intbl ${a}\\cell ${b}\\cell\\row`;
  const text = await textOf(
    `{\\rtf1 before\\par ${row('a', 'b')}${row('c\\par d', 'e')}\\pard after\\par}`,
    '.rtf',
  );
  expect(text.trim()).toBe('before\na | b\nc d | e\nafter');
});

test('D2 entries of an index and of a table of contents part no word of Rich Text, and are not shown', async () => {
  expect((await textOf('{\\rtf1 ter{\\xe entry}m{\\tc line} after}', '.rtf')).trim()).toBe(
    'term after',
  );
});

import { expect, test } from 'vitest';
import { docxOf, openDocumentOf, pptxOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';

const docxCell = (text: string): string => `<w:tc><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:tc>`;
const odtCell = (text: string): string =>
  `<table:table-cell><text:p>${text}</text:p></table:table-cell>`;
const slideCell = (text: string): string =>
  `<a:tc><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;

test.each<[string, string | Uint8Array, string]>([
  ['.md', 'before\n\n| a | b |\n|---|---|\n| c | d |\n\nafter', 'before\na | b\nc | d\nafter'],
  [
    '.md',
    'before\n\n| a | b |\n|---|---|\n| c<br>x | d |\n\nafter',
    'before\na | b\nc x | d\nafter',
  ],
  [
    '.html',
    'before<table><tr><td>a<td>b<tr><td>c<td>d</table>after',
    'before\na | b\nc | d\nafter',
  ],
  [
    '.html',
    '<table><tr><td><p>a</p><p>b</p></td><td><div>c</div></td></tr><tr><td>d</td></tr></table>e',
    'a b | c\nd\ne',
  ],
  ['.html', '<table><tr><td>a<table><tr><td>b<td>c</table><td>d</table>e', 'a\nb | c | d\ne'],
  [
    '.html',
    '<table><tr hidden><td>x</td></tr><tr><td>a</td></tr></table><p>b</p><p>c</p>',
    'a\nb c',
  ],
  [
    '.odt',
    openDocumentOf(
      'text',
      `<table:table><table:table-row>${odtCell('a')}${odtCell('b')}</table:table-row><table:table-row>${odtCell('c')}</table:table-row></table:table><text:p>after</text:p>`,
    ),
    'a | b\nc\nafter',
  ],
  [
    '.docx',
    docxOf(
      `<w:tbl><w:tr>${docxCell('a')}${docxCell('b')}</w:tr><w:tr>${docxCell('c')}</w:tr></w:tbl><w:p><w:r><w:t>after</w:t></w:r></w:p>`,
    ),
    'a | b\nc\nafter',
  ],
  [
    '.pptx',
    pptxOf([
      `<a:tbl><a:tr>${slideCell('a')}${slideCell('b')}</a:tr><a:tr>${slideCell('c')}</a:tr></a:tbl>`,
    ]),
    'a | b\nc',
  ],
])(
  'D4 rows of a table in a text stand below one another, with their cells apart: %s %#',
  async (extension, source, shown) => {
    const text = await textOf(source, extension);
    expect(
      text
        .split('\n')
        .filter((line) => line !== '' && !/^Slide/.test(line))
        .join('\n'),
    ).toBe(shown);
  },
);

import { expect, test } from 'vitest';
import { docxOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';

const level = (at: number, format: string, text: string, start = 1): string =>
  `<w:lvl w:ilvl="${at}"><w:start w:val="${start}"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
const item = (text: string, list: number | string, at = 0): string => {
  const properties =
    typeof list === 'string'
      ? `<w:pStyle w:val="${list}"/>`
      : `<w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="${list}"/></w:numPr>`;
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
};

const numbering = `<w:numbering>
  <w:abstractNum w:abstractNumId="0">${level(0, 'decimal', 'Article %1.')}${level(1, 'lowerLetter', '%1.%2)')}</w:abstractNum>
  <w:abstractNum w:abstractNumId="1">${level(0, 'bullet', '•')}${level(1, 'upperRoman', 'Part %2', 4)}</w:abstractNum>
  <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
  <w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
  <w:abstractNum w:abstractNumId="2">${level(-5, 'decimal', '%1')}</w:abstractNum><w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num>
  <w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>
</w:numbering>`;
const styles =
  '<w:styles><w:style w:styleId="Clause"><w:name w:val="Clause"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:styleId="Sub"><w:basedOn w:val="Clause"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style></w:styles>';

const read = (body: string): Promise<string> =>
  textOf(
    docxOf(
      body,
      {
        n: { kind: 'numbering', target: 'numbering.xml' },
        s: { kind: 'styles', target: 'styles.xml' },
      },
      { 'word/numbering.xml': numbering, 'word/styles.xml': styles },
    ),
    '.docx',
  );

test.each([
  ['one after the other', item('a', 1) + item('b', 1), 'Article 1. a Article 2. b'],
  [
    'deeper, and anew',
    item('a', 1) + item('b', 1, 1) + item('c', 1, 1) + item('d', 1) + item('e', 1, 1),
    'Article 1. a 1.a) b 1.b) c Article 2. d 2.a) e',
  ],
  ['by its style', item('a', 'Clause') + item('b', 'Sub'), 'Article 1. a 1.a) b'],
  ['from another number on', item('a', 3) + item('b', 3), 'Article 7. a Article 8. b'],
  ['not with a bullet', item('a', 2) + item('b', 2, 1) + item('c', 2, 1), 'a Part IV b Part V c'],
  ['nowhere above the first level', item('a', 4, -5), 'a'],
  ['in no list', item('a', 0) + item('b', 9), 'a b'],
  ['where an empty one is counted', item('', 1) + item('b', 1), 'Article 2. b'],
])('D2 a paragraph of a list in Word has its number: %s', async (_name, body, shown) => {
  expect((await read(body)).trim()).toBe(shown);
});

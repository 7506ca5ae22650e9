import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  docxOf,
  epubOf,
  openDocumentOf,
  packageOf,
  pptxOf,
  relationships,
  xlsxOf,
} from '../testing/packages.ts';
import { parseFile } from './parse-file.ts';
import { defaultParseLimits, UnreadableError } from './parsed-document.ts';

const megabytes = 8;
const limits = {
  ...defaultParseLimits,
  maxCharacters: 1_000_000,
  maxInflatedBytes: megabytes * 1024 * 1024,
};
const blanks = new Uint8Array(2 * limits.maxInflatedBytes).fill(0x20);
const long = 'x'.repeat(limits.maxCharacters + 1);

/** What becomes of a file: its passages, or the code of its failure. */
async function outcome(source: string | Uint8Array, extension: string): Promise<number | string> {
  try {
    const bytes = typeof source === 'string' ? Buffer.from(source) : source;
    return (await parseFile(bytes, extension, limits)).passages.length;
  } catch (error) {
    if (error instanceof UnreadableError) return error.code;
    throw error;
  }
}

describe('what unpacks to more than a limit is refused', () => {
  test.each<[string, Uint8Array, string]>([
    ['a Word document', docxOf('', {}, { 'word/document.xml': blanks }), '.docx'],
    [
      'its headers',
      docxOf('<w:p/>', { h: { kind: 'header', target: 'h.xml' } }, { 'word/h.xml': blanks }),
      '.docx',
    ],
    ['a workbook', xlsxOf('', { 'xl/sharedStrings.xml': blanks }), '.xlsx'],
    ['a presentation', pptxOf(['<p:sp/>'], { 'ppt/slides/slide0.xml': blanks }), '.pptx'],
    ['a text of OpenDocument', openDocumentOf('text', '', { 'content.xml': blanks }), '.odt'],
    ['a book', epubOf({ 'a.xhtml': blanks }), '.epub'],
    [
      'many chapters',
      epubOf(
        Object.fromEntries(
          Array.from({ length: 9 }, (_, n) => [`${n}.xhtml`, blanks.subarray(0, 1024 * 1024)]),
        ),
      ),
      '.epub',
    ],
  ])('D6 %s', async (_name, bytes, extension) => {
    expect(bytes.length).toBeLessThan(100_000);
    expect(await outcome(bytes, extension)).toBe('too_large');
  });

  test('D6 nor is a text read that a million cells show', async () => {
    const cells = '<row><c t="s"><v>0</v></c></row>'.repeat(50_000);
    const file = xlsxOf(cells, {
      'xl/sharedStrings.xml': `<sst><si><t>${'x'.repeat(1000)}</t></si></sst>`,
    });
    expect(await outcome(file, '.xlsx')).toBe('too_large');
  });

  test('D6 archives within a document are not opened', async () => {
    const inner = packageOf({ 'a.txt': blanks });
    const nested = packageOf({ 'b.zip': inner });
    expect(
      await outcome(
        openDocumentOf('text', '<text:p>text</text:p>', { 'Object 1': nested }),
        '.odt',
      ),
    ).toBe(1);
    expect(
      await outcome(epubOf({ 'a.xhtml': '<p>text</p>' }, { 'book/b.epub': nested }), '.epub'),
    ).toBe(2);
  });

  test('D6 more parts than any document has', async () => {
    const parts = Object.fromEntries(Array.from({ length: 20_001 }, (_, n) => [`${n}`, '']));
    expect(await outcome(packageOf(parts), '.docx')).toBe('too_large');
  });
});

/** A mail whose first small sector is followed by itself. */
function circular(): Uint8Array {
  const mail = readFileSync(new URL('../../fixtures/readers/mail.msg', import.meta.url));
  mail.writeInt32LE(0, 3072);
  return mail;
}

const deep = (open: string, close: string, text: string, depth = 20_000): string =>
  `${open.repeat(depth)}${text}${close.repeat(depth)}`;

describe('depth and number cost no more than their length', () => {
  test.each<[string, string | Uint8Array, string, number | string]>([
    ['empty rows', xlsxOf('<row r="1"/>'.repeat(500_000)), '.xlsx', 'no_text'],
    ['a row of empty cells', xlsxOf(`<row>${'<c/>'.repeat(500_000)}</row>`), '.xlsx', 'no_text'],
    [
      'tables in tables',
      docxOf(
        deep('<w:tbl><w:tr><w:tc>', '</w:tc></w:tr></w:tbl>', '<w:p><w:r><w:t>x</w:t></w:r></w:p>'),
      ),
      '.docx',
      1,
    ],
    [
      'text boxes in text boxes',
      docxOf(
        deep(
          '<w:p><w:r><w:txbxContent>',
          '</w:txbxContent></w:r></w:p>',
          '<w:p><w:r><w:t>x</w:t></w:r></w:p>',
          2000,
        ),
      ),
      '.docx',
      1,
    ],
    [
      'groups on a slide',
      pptxOf([deep('<p:grpSp>', '</p:grpSp>', '<a:p><a:r><a:t>x</a:t></a:r></a:p>')]),
      '.pptx',
      1,
    ],
    [
      'sections in sections',
      openDocumentOf('text', deep('<text:section>', '</text:section>', '<text:p>x</text:p>')),
      '.odt',
      1,
    ],
    [
      'tables of OpenDocument',
      openDocumentOf(
        'text',
        deep(
          '<table:table><table:table-row><table:table-cell>',
          '</table:table-cell></table:table-row></table:table>',
          '<text:p>x</text:p>',
          2000,
        ),
      ),
      '.odt',
      1,
    ],
    ['JSON', deep('[', ']', '1'), '.json', 1],
    ['objects of JSON', deep('{"a":', '}', '1', 10_000), '.json', 46],
    ['a line of CSV', `a,b\n${long}`, '.csv', 'too_large'],
    ['a line of commas', `a,b\n${','.repeat(900_000)}`, '.csv', 1],
    ['an open quotation mark', `a,b\n"${'x,'.repeat(400_000)}`, '.csv', 1001],
    ['groups of Rich Text', `{\\rtf1 ${deep('{', '}', 'x', 200_000)}}`, '.rtf', 1],
    ['binary data that is not there', '{\\rtf1 x\\bin2147483647 y', '.rtf', 1],
    [
      'parts of a mail',
      `MIME-Version: 1.0\nFrom: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n${'--x\nContent-Type: text/plain\n\nword\n'.repeat(10_000)}--x--`,
      '.eml',
      77,
    ],
    [
      'fields of a mail',
      `MIME-Version: 1.0\nFrom: a@b.example\n${'X: y\n'.repeat(100_000)}\nword`,
      '.eml',
      1,
    ],
    ['cues', '1\n00:00:01,000 --> 00:00:02,000\n<i>go</i>\n\n'.repeat(20_000), '.srt', 92],
  ])('D6 %s', async (_name, source, extension, expected) => {
    expect(await outcome(source, extension)).toBe(expected);
  });

  test('D6 blanks, brackets and quotation marks that no expression may try again and again', async () => {
    const many = 200_000;
    expect(await outcome(`{\\rtf1 x${' '.repeat(many)}y}`, '.rtf')).toBe(1);
    const code = `<numFmt numFmtId="164" formatCode="${'['.repeat(many)}"/>`;
    const header = `</sheetData><headerFooter><oddHeader>x${'&amp;&quot;'.repeat(many / 10)}</oddHeader></headerFooter><sheetData>`;
    const file = xlsxOf(header, {
      'xl/styles.xml': `<styleSheet>${code}<cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`,
    });
    expect(await outcome(file, '.xlsx')).toBeGreaterThan(0);
    expect(
      await outcome(`1\n00:00:01,000 --> 00:00:02,000\nx${'{\\<v '.repeat(many / 10)}`, '.srt'),
    ).toBeGreaterThan(0);
    expect(
      await outcome(`<p>x${'<sup>'.repeat(10)}${'1,'.repeat(many)}</sup>`, '.html'),
    ).toBeGreaterThan(0);
    expect(await outcome(`x${'\n \t'.repeat(many)}y`, '.txt')).toBe(1);
  });

  test('D6 parts of a mail that are nested without end', async () => {
    const parts = Array.from(
      { length: 2000 },
      (_, n) => `Content-Type: multipart/mixed; boundary=x${n}\n\n--x${n}\n`,
    );
    expect(
      await outcome(`MIME-Version: 1.0\nFrom: a@b.example\n${parts.join('')}\nword`, '.eml'),
    ).toBe('damaged');
  });

  test('D6 what is said once and shown everywhere is cut', async () => {
    const times = 5000;
    const name = 'n'.repeat(100_000);
    const run = '<w:r><w:t>x</w:t></w:r>';
    const item = '<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>';
    const lists = `<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="${name}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`;
    const text = docxOf(
      `${item}${run}</w:p>`.repeat(times),
      { n: { kind: 'numbering', target: 'numbering.xml' } },
      { 'word/numbering.xml': lists },
    );
    expect(await outcome(text, '.docx')).toBeGreaterThan(0);
    const notes = '<comment authorId="0"><text><t>x</t></text></comment>'.repeat(times);
    const sheet = xlsxOf('', {
      'xl/worksheets/_rels/sheet1.xml.rels': relationships({
        c: { kind: 'comments', target: '../comments1.xml' },
      }),
      'xl/comments1.xml': `<comments><authors><author>${name}</author></authors>${notes}</comments>`,
    });
    expect(await outcome(sheet, '.xlsx')).toBeGreaterThan(0);
  });

  test('D6 fields within fields, and forms with entries without end', async () => {
    const begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>';
    const end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>';
    const run = '<w:r><w:t>x</w:t></w:r>';
    const nested = `<w:p>${begin.repeat(50_000)}${end.repeat(50_000)}${run}</w:p>`;
    expect(await outcome(docxOf(nested), '.docx')).toBe(1);
    const instruction = `EQ ${'\\* "'.repeat(100_000)}\\up 1(${'('.repeat(100_000)}`;
    const field = `<w:p>${begin}<w:r><w:instrText>${instruction}</w:instrText></w:r>${end}${run}</w:p>`;
    expect(await outcome(docxOf(field), '.docx')).toBeGreaterThan(0);
    const entries = '{\\*\\ffl x}'.repeat(100_000);
    const form = `{\\rtf1 {\\field{\\*\\fldinst{\\*\\formfield{\\fftype2${entries}}}}{\\fldrslt}}}`;
    expect(await outcome(form, '.rtf')).toBe(1);
  });

  test('D6 a document that takes itself in ends', async () => {
    let file = docxOf('<w:p><w:r><w:t>x</w:t></w:r></w:p>');
    for (let depth = 0; depth < 10; depth += 1) {
      file = docxOf(
        '<w:p><w:r><w:t>x</w:t></w:r></w:p>',
        { a: { kind: 'aFChunk', target: 'a.docx' } },
        { 'word/a.docx': file },
      );
    }
    expect(await outcome(file, '.docx')).toBe(1);
  });

  test('D6 styles that are made of each other end', async () => {
    const styles =
      '<w:styles><w:style w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style></w:styles>';
    const file = docxOf(
      '<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>',
      { s: { kind: 'styles', target: 'styles.xml' } },
      { 'word/styles.xml': styles },
    );
    expect(await outcome(file, '.docx')).toBe(1);
  });
});

describe('garbage has a plain reason', () => {
  const noise = Uint8Array.from({ length: 4096 }, (_, at) => (at * at * 31 + at * 7) % 256);
  const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length / 2);
  const paragraph = '<w:p><w:r><w:t>x</w:t></w:r></w:p>';
  test.each<[string, string | Uint8Array, string, string]>([
    ['half a workbook', cut(xlsxOf('<row/>')), '.xlsx', 'damaged'],
    ['half a book', cut(epubOf({ 'a.xhtml': '<p>x</p>' })), '.epub', 'damaged'],
    ['half an archive', cut(packageOf({ a: noise })), '.zip', 'unsupported'],
    [
      'half of its XML',
      docxOf('', {}, { 'word/document.xml': `<w:document><w:body>${paragraph}` }),
      '.docx',
      'damaged',
    ],
    ['noise for XML', docxOf('', {}, { 'word/document.xml': noise }), '.docx', 'damaged'],
    [
      'no text part',
      packageOf({ '[Content_Types].xml': 'wordprocessingml.document.main' }),
      '.docx',
      'damaged',
    ],
    [
      'no content',
      packageOf({ mimetype: 'application/vnd.oasis.opendocument.text' }),
      '.odt',
      'damaged',
    ],
    ['no book', packageOf({ mimetype: 'application/epub+zip' }), '.epub', 'damaged'],
    [
      'a sheet that is not there',
      xlsxOf('', { 'xl/_rels/workbook.xml.rels': '<Relationships/>' }),
      '.xlsx',
      'no_text',
    ],
    [
      'mail of Outlook',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), noise]),
      '.msg',
      'unsupported',
    ],
    ['mail of Outlook whose sectors go in a circle', circular(), '.msg', 'damaged'],
    ['noise', noise, '.docx', 'unsupported'],
    [
      'a password on OpenDocument',
      openDocumentOf('text', '', {
        'META-INF/manifest.xml':
          '<manifest:manifest><manifest:encryption-data/></manifest:manifest>',
      }),
      '.odt',
      'encrypted',
    ],
    [
      'a book that its seller protects',
      epubOf(
        { 'a.xhtml': 'x' },
        {
          'META-INF/encryption.xml':
            '<encryption><CipherReference URI="book/a.xhtml"/></encryption>',
        },
      ),
      '.epub',
      'encrypted',
    ],
    ['Rich Text without text', '{\\rtf1\\ansi}', '.rtf', 'no_text'],
    ['a table without cells', ',,,\n,,', '.csv', 'no_text'],
  ])('D6 %s', async (_name, source, extension, code) => {
    expect(await outcome(source, extension)).toBe(code);
  });
});

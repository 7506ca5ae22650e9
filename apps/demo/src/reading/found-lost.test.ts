import { expect, test } from 'vitest';
import { epubOf, openDocumentOf, packageOf, pptxOf, xlsxOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const shown = async (source: string | Uint8Array, extension: string): Promise<string> =>
  (await textOf(source, extension)).replace(/\s+/g, ' ').trim();

test.each([
  ['texts of a drawing', '<svg><text>one</text><text>two</text></svg>', 'one two'],
  [
    'a shadow root',
    '<p>a<div><template shadowrootmode=open>shadow</template>light</div>',
    'a shadow light',
  ],
  ['a template', '<p>a<template>left out</template>', 'a'],
  [
    'words beside a bar',
    'one<meter value=1>five</meter>two<progress>x</progress>three',
    'one two three',
  ],
  ['quotations beside one another', '<q>one</q><q>two</q>', 'one two'],
  [
    'boxes by their style',
    '<div style="display:flex"><a>one</a><a>two</a></div><b style="float:left">three</b>four',
    'one two three four',
  ],
  [
    'parts of a formula',
    '<math><mfrac><mi>up</mi><mi>down</mi></mfrac><msup><mi>x</mi><mn>2</mn></msup></math>',
    'up down x2',
  ],
  [
    'comments that are odd',
    'a<!-->b<!-- hidden --!>c<!--->d<!--[if !IE]><!-->e<!--<![endif]-->f',
    'abcdef',
  ],
  ['a choice by its label', '<select><option label="one">two</option></select>', 'one two'],
  ['text that runs', '<marquee>one</marquee>two', 'one two'],
  ['the mark of a note in a book', 'word<a epub:type="noteref" href="#n">1</a>', 'word 1'],
  ['the mark of a note by its role', 'word<a role="doc-noteref" href="#n">1</a>', 'word 1'],
  ['a power, or a note', 'E=mc<sup>2</sup> is', 'E=mc 2 is mc2'],
  [
    'what a page says of itself',
    '<meta name=Description content="of stages"><meta name=viewport content="width=1"><p>a',
    'a of stages',
  ],
  [
    'a title alone',
    '<title>Only this</title><script>x()</script>',
    'Only this Only this Only this',
  ],
])('D2 a page is read as it is seen: %s', async (_name, source, text) => {
  expect(await shown(`<!doctype html>${source}`, '.html')).toBe(text);
});

test.each([
  [
    'elements that somebody made',
    '<p>a <my-card>one</my-card><x-card>two</x-card>three',
    'a one two three',
  ],
  [
    'boxes by a style sheet',
    '<style>/* } */ .row, DIV.pair{color:red;Display : Flex} @media print{.no{display:block}} #b{display:block!important} i.no{display:inline}</style><p class="x row"><b>Total</b><b>100</b></p><div class=pair><b>Key</b><b>Value</b></div>a<b id=b>one</b><b class=no>t</b>wo',
    'Total 100 Key Value a one two',
  ],
  [
    'links to notes of LibreOffice',
    '<p>word<a class="sdfootnoteanc" href="#a"><sup>1</sup></a></p><p><a class="sdfootnotesym" href="#b">1</a>the note</p>',
    'word 1 1 the note',
  ],
  ['a style sheet that is cut', '<p class=a>seen</p><style>.a{display:block', 'seen'],
])('D2 words are parted as %s part them', async (_name, source, text) => {
  expect(await shown(`<!doctype html>${source}`, '.html')).toBe(text);
});

test.each(['.a{', '}', '.a{display:flex}', '{display:block;', '/*', '@media{', 'a,'])(
  'D12 a style sheet of a hundred thousand %j is read in one pass',
  async (piece) => {
    const page = `<!doctype html><style>${piece.repeat(100_000)}</style>seen`;
    expect(await shown(page, '.html')).toBe('seen');
  },
);

test('D2 a page of XML shows what its own document type declares', async () => {
  const page = `<?xml version="1.0"?><!DOCTYPE html PUBLIC "a" "b" [<!ENTITY mine "our word">]><html xmlns="http://www.w3.org/1999/xhtml"><body><p>&mine; &other; &amp;</p></body></html>`;
  expect(await shown(page, '.xhtml')).toBe('our word &other; &');
  expect(await shown(epubOf({ 'a.xhtml': page }), '.epub')).toContain('our word');
});

const wide = (text: string, unit: 2 | 4, isBig: boolean): Buffer => {
  const bytes = Buffer.alloc(text.length * unit);
  for (let at = 0; at < text.length; at += 1) {
    const [code, place] = [text.charCodeAt(at), at * unit];
    if (unit === 4) bytes[isBig ? 'writeUInt32BE' : 'writeUInt32LE'](code, place);
    else bytes[isBig ? 'writeUInt16BE' : 'writeUInt16LE'](code, place);
  }
  return bytes;
};

test.each([
  ['Größe der Bühne', 4, false],
  ['Größe der Bühne', 4, true],
  ['舞台', 4, false],
  // U+5F00 has a zero where little-endian has its letter.
  ['灯光师站在舞台旁边等待信号，演出马上开始。', 2, false],
  ['灯光师站在舞台旁边等待信号，演出马上开始。', 2, true],
] as const)(
  'D2 %j is read without a byte order mark, %i bytes a sign',
  async (text, unit, isBig) => {
    expect(await shown(wide(text, unit, isBig), '.txt')).toBe(text);
  },
);

test.each([
  ['.log', '\u001b[1;31mred\u001b[0m \u001b]0;window\u0007and N\bNA\bAME', 'red and NAME'],
  [
    '.json',
    '{"id": 12345678901234567890, "sum": 1.50, "e": 1e5}',
    'id: 12345678901234567890, sum: 1.50, e: 1e5',
  ],
  ['.json', `{"image/png": "${'iVBORw0KGgo'.repeat(40)}", "text": "seen"}`, 'text: seen'],
  [
    '.ass',
    '[Script Info]\nTitle: Film\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\nDialogue: 0,0:00,0:01,Default,Ann,{\\i1}first{\\i0}\\Nsecond, third\nComment: 0,0:00,0:01,Default,,none',
    'Film Ann: first second, third',
  ],
  [
    '.ass',
    '[Script Info]\n[Events]\nDialogue: 0,0:00,0:01,Default,,0,0,0,,seen{\\p1}m 0 0 l 1 1{\\p0} after',
    'seen after',
  ],
  [
    '.tex',
    'M\\"uller caf\\\'e {\\"o} na\\"{\\i}ve stra{\\ss}e fran\\c{c}ais \\O{} \\v{S}koda \\L\\\'od\\\'z \\cite{c} \\section{x}',
    'Müller café ö naïve straße français Ø Škoda Łódź \\cite{c} \\section{x}',
  ],
  ['.json', '{"a": "B\\u00fchne\\nnext", // remark\n}', '{"a": "Bühne next", // remark }'],
  ['.jsonl', '{"a": "B\\u00fchne', '{"a": "Bühne'],
  [
    '.srt',
    '1\n00:00:01,000 --> 00:00:02,000\nfirst\n2\n00:00:03,000 --> 00:00:04,000\nsecond\n7',
    'first second 7',
  ],
  [
    '.xml',
    '<!DOCTYPE a [<!ENTITY co "Acme"><!ENTITY two "&co;&co;">]><a>by &co; &two; &other;</a>',
    'by Acme &two; &other;',
  ],
])('D2 what no reader sees is no part of a word: %s %j', async (extension, source, text) => {
  expect(await shown(source, extension)).toBe(text);
});

test.each(['<!-->', '<!---> ', '<!-- x --!>', '<!-- x -->', '<!-- '])(
  'D12 a page of hundreds of thousands of %j is read in one pass',
  async (comment) => {
    const page = `<!doctype html>seen<!-->${comment.repeat(200_000)}`;
    expect(await shown(page, '.html')).toBe('seen');
  },
);

test('D12 JSON that is ten thousand deep and has long numbers is read', async () => {
  const deep = `${'['.repeat(10_000)}12345678901234567890${']'.repeat(10_000)}`;
  expect(await shown(deep, '.json')).toContain('1234567890123456');
});

test('D2 a day and a number in a sheet are found by their values', async () => {
  const cells = `<table:table table:name="T"><table:table-row>
    <table:table-cell office:value-type="date" office:date-value="2026-02-01"><text:p>01.02.26</text:p></table:table-cell>
    <table:table-cell office:value-type="float" office:value="1234.5"><text:p>1.234,50</text:p></table:table-cell>
    <table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>
    </table:table-row></table:table>`;
  expect(await shown(openDocumentOf('spreadsheet', cells), '.ods')).toBe(
    'T 01.02.26 (2026-02-01) | 1.234,50 (1234.5) | 7',
  );
  const days =
    '<row><c t="d"><v>2026-02-03T00:00:00</v></c><c t="d"><v>2026-02-03T18:30:00</v></c></row>';
  expect(await shown(xlsxOf(days), '.xlsx')).toContain('2026-02-03 | 2026-02-03 18:30');
});

const page = '<?xml version="1.0" encoding="iso-8859-1"?><html><body>Größe</body></html>';
const listed =
  '<package><metadata><dc:title>T</dc:title></metadata><manifest><item id="a" href="A.XHTML" media-type="application/xhtml+xml"/></manifest><spine/></package>';
test.each<[string, string | Uint8Array, Record<string, string>]>([
  ['in the encoding that it declares', Buffer.from(page, 'latin1'), {}],
  ['in UTF-16', wide(`\ufeff${page}`, 2, false), {}],
  [
    'under a name in other letters, from a list without an order',
    page,
    { 'book/content.opf': listed },
  ],
])('D2 a chapter of a book is read %s', async (_name, chapter, parts) => {
  expect(await shown(epubOf({ 'a.xhtml': chapter }, parts), '.epub')).toContain('Größe');
});

test('D2 formulas and charts in a text of OpenDocument are read, and damage in one takes nothing along', async () => {
  const file = openDocumentOf('text', '<text:p>around</text:p>', {
    'Object 1/content.xml':
      '<math><semantics><mi>energy</mi><annotation>source</annotation></semantics></math>',
    'Object 2/content.xml':
      '<office:document-content><office:body><office:chart><chart:title><text:p>sales</text:p></chart:title><table:table><table:table-row><table:table-cell><text:p>March</text:p></table:table-cell></table:table-row></table:table></office:chart></office:body></office:document-content>',
    'Object 3/content.xml': '<torn',
  });
  expect(await shown(file, '.odt')).toBe('around energy sales March');
});

test('D2 a notebook is read as it is shown: its texts, its code, and what that has put out', async () => {
  const output = (fields: object): object => ({ cell_type: 'code', source: [], outputs: [fields] });
  const notebook = {
    nbformat: 4,
    metadata: { kernelspec: { name: 'kernel' } },
    cells: [
      { cell_type: 'markdown', source: ['# Scen', 'ery\n', '\n', 'of the *st*', 'age'] },
      { cell_type: 'code', source: ['light = ', '1'], outputs: [] },
      output({ text: ['put o', 'ut'] }),
      output({ data: { 'text/html': ['<b>tab', 'le</b>'], 'text/plain': ['unseen'] } }),
      output({ ename: 'Failure', evalue: 'why', traceback: ['\u001b[0;31mtrace\u001b[0m'] }),
    ],
  };
  const file = Buffer.from(JSON.stringify(notebook));
  expect(await parseFile(file, '.ipynb')).toMatchObject({
    title: 'Scenery',
    passages: [
      { heading: 'Scenery', text: 'of the stage light = 1 put out table Failure: why trace' },
    ],
  });
});

test.each<[string, Uint8Array, string, string]>([
  [
    'the name of an empty sheet, and what is shown beside a cell',
    xlsxOf(
      '</sheetData><dataValidations><dataValidation promptTitle="Fill" prompt="it in"/></dataValidations><sheetData>',
    ),
    '.xlsx',
    'Fill it in Cast',
  ],
  [
    'the names of sections',
    pptxOf(['<a:p><a:r><a:t>slide</a:t></a:r></a:p>'], {
      'ppt/presentation.xml':
        '<p:presentation><p:sldIdLst><p:sldId r:id="s0"/></p:sldIdLst><p14:section name="Act one"/></p:presentation>',
    }),
    '.pptx',
    'Slide 1 slide Act one',
  ],
  [
    'values that people noted',
    openDocumentOf('text', '<text:p>text</text:p>', {
      'meta.xml':
        '<office:meta><meta:user-defined meta:name="Client">Acme</meta:user-defined></office:meta>',
    }),
    '.odt',
    'text Acme',
  ],
  [
    'a formula by itself',
    packageOf({
      mimetype: 'application/vnd.oasis.opendocument.formula',
      'content.xml':
        '<math><semantics><mi>energy</mi><annotation>x</annotation></semantics></math>',
    }),
    '.odf',
    'energy',
  ],
  [
    'a part whose name is written in other letters',
    packageOf({
      '[Content_Types].xml': 'wordprocessingml.document.main',
      'Word/Document.xml': '<w:document><w:p><w:r><w:t>text</w:t></w:r></w:p></w:document>',
    }),
    '.docx',
    'text',
  ],
  [
    'a page of notes that stands in no order',
    epubOf(
      { 'a.xhtml': '<p>chapter</p>', 'n.xhtml': '<p>notes</p>', 'toc.xhtml': '<p>contents</p>' },
      {
        'book/content.opf':
          '<package><metadata/><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="n" href="n.xhtml" media-type="application/xhtml+xml"/><item id="t" href="toc.xhtml" properties="nav" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>',
      },
    ),
    '.epub',
    'chapter notes',
  ],
])('D2 %s is found', async (_name, file, extension, text) => {
  expect(await shown(file, extension)).toBe(text);
});

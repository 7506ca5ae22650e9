import { describe, expect, test } from 'vitest';
import { epubOf, openDocumentOf, pptxOf, relationships, xlsxOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const passagesOf = async (source: string | Uint8Array, extension: string) =>
  (await parseFile(typeof source === 'string' ? Buffer.from(source) : source, extension)).passages;

const cell = (text: string): string => `<c t="inlineStr"><is><t>${text}</t></is></c>`;

describe('tables', () => {
  const rows = [
    { heading: 'Name | Town', text: 'Ada | Rome' },
    { heading: 'Name | Town', text: 'Bob | Köln' },
  ];
  test.each([
    ['commas', 'Name,Town\nAda,Rome\nBob,Köln\n', '.csv'],
    ['semicolons', 'Name;Town\r\nAda;Rome\r\nBob;Köln', '.csv'],
    ['tabs', 'Name\tTown\nAda\tRome\nBob\tKöln\n', '.tsv'],
    ['a line that names the sign', 'sep=|\nName|Town\nAda|Rome\nBob|Köln', '.csv'],
    ['quotation marks', '\ufeffName,Town\n"Ada","Rome"\n"Bob",\n,"Köln"', '.csv'],
  ])('D2 rows of CSV are passages under their header: %s', async (name, source, extension) => {
    const found = await passagesOf(source, extension);
    if (name === 'quotation marks') {
      expect(found.map(({ text }) => text)).toEqual(['Ada | Rome', 'Bob', 'Köln']);
    } else expect(found).toEqual(rows);
  });

  test('D2 a table without a header has none, and marks that never close lose nothing', async () => {
    expect(await passagesOf('1,2\n3,4', '.csv')).toEqual([
      { heading: '', text: '1 | 2' },
      { heading: '', text: '3 | 4' },
    ]);
    expect(await textOf('a,b\n"c,d\nmarker', '.csv')).toContain('marker');
  });

  test('D2 rows of a workbook are passages, with what cells show', async () => {
    const sheet = xlsxOf(
      `<row>${cell('Name')}${cell('Day')}${cell('Sum')}</row>
       <row><c t="s"><v>1</v></c><c s="1"><v>46053</v></c><c><f>1+2</f><v>0.30000000000000004</v></c></row>
       <row><c t="str"><v>text</v></c><c s="2"><v>46053.8125</v></c><c t="b"><v>1</v></c></row>`,
      {
        'xl/sharedStrings.xml':
          '<sst><si><t>no</t></si><si><r><t>Ad</t></r><r><t>a</t></r><rPh><t>x</t></rPh></si></sst>',
        'xl/styles.xml':
          '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-407]d. mmm yyyy hh:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>',
      },
    );
    expect(await passagesOf(sheet, '.xlsx')).toEqual([
      { heading: 'Cast: Name | Day | Sum', text: 'Ada | 2026-01-31 | 0.3' },
      { heading: 'Cast: Name | Day | Sum', text: 'text | 2026-01-31 19:30 | TRUE' },
    ]);
  });

  test('D2 notes, shapes, charts and headers of a sheet are found', async () => {
    const sheet = xlsxOf(
      `<row>${cell('one')}</row></sheetData><headerFooter><oddHeader>&amp;C&amp;"Arial"&amp;12markerhead &amp;P</oddHeader></headerFooter><sheetData>`,
      {
        'xl/worksheets/_rels/sheet1.xml.rels': relationships({
          a: { kind: 'comments', target: '../comments1.xml' },
          b: { kind: 'drawing', target: '../drawings/drawing1.xml' },
          c: { kind: 'threadedComment', target: '../threadedComments/t.xml' },
        }),
        'xl/comments1.xml':
          '<comments><comment><text><r><t>markernote</t></r></text></comment></comments>',
        'xl/threadedComments/t.xml':
          '<ThreadedComments><threadedComment><text>markerthread</text></threadedComment></ThreadedComments>',
        'xl/drawings/drawing1.xml':
          '<xdr:wsDr><a:p><a:r><a:t>markershape</a:t></a:r></a:p></xdr:wsDr>',
        'xl/drawings/_rels/drawing1.xml.rels': relationships({
          c: { kind: 'chart', target: '../charts/chart1.xml' },
        }),
        'xl/charts/chart1.xml': '<c:chart><a:p><a:r><a:t>markerchart</a:t></a:r></a:p></c:chart>',
      },
    );
    const text = await textOf(sheet, '.xlsx');
    for (const word of ['markernote', 'markerthread', 'markershape', 'markerchart', 'markerhead']) {
      expect(text).toContain(word);
    }
    expect(text).not.toContain('Arial');
  });

  test('D2 rows of an OpenDocument spreadsheet are passages', async () => {
    const odCell = (text: string): string =>
      `<table:table-cell><text:p>${text}</text:p></table:table-cell>`;
    const body = `<table:table table:name="Cast"><table:table-row>${odCell('Name')}${odCell('Town')}</table:table-row><table:table-row table:number-rows-repeated="1048576">${odCell('Ada')}${odCell('Rome')}</table:table-row></table:table>`;
    expect(await passagesOf(openDocumentOf('spreadsheet', body), '.ods')).toEqual([
      { heading: 'Cast: Name | Town', text: 'Ada | Rome' },
    ]);
  });
});

describe('presentations', () => {
  const shape = (text: string, placeholder = ''): string =>
    `<p:sp><p:nvSpPr>${placeholder && `<p:ph type="${placeholder}"/>`}</p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
  test('D2 slides stand in their order, with titles, tables and notes', async () => {
    const table =
      '<a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>a</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>b</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl>';
    const file = pptxOf([shape('body one') + shape('First', 'title'), shape('body two') + table], {
      'ppt/slides/_rels/slide0.xml.rels': relationships({
        n: { kind: 'notesSlide', target: '../notesSlides/n.xml' },
      }),
      'ppt/notesSlides/n.xml': `<p:notes>${shape('said')}</p:notes>`,
    });
    expect(await parseFile(file, '.pptx')).toMatchObject({
      title: 'First',
      passages: [
        { heading: 'First', text: 'body one said' },
        { heading: 'Slide 2', text: 'body two\na | b' },
      ],
    });
  });

  test('D2 those of OpenDocument as well', async () => {
    const body = `<draw:page draw:name="page1"><draw:frame presentation:class="title"><draw:text-box><text:p>First</text:p></draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>marker</text:p></draw:text-box></draw:frame></draw:page>`;
    expect(await parseFile(openDocumentOf('presentation', body), '.odp')).toMatchObject({
      title: 'First',
      passages: [{ heading: 'First', text: 'marker' }],
    });
  });
});

test('D2 OpenDocument text: headings, notes, frames, comments and headers are found', async () => {
  const body = `<text:h>One</text:h><text:p>Some<text:s/>text<text:note><text:note-body><text:p>markernote</text:p></text:note-body></text:note></text:p>
    <text:p><draw:frame><draw:text-box><text:p>markerbox</text:p></draw:text-box><svg:desc>markerdesc</svg:desc></draw:frame></text:p>
    <text:p><office:annotation><dc:creator>Bea</dc:creator><dc:date>2026-01-31</dc:date><meta:date-string>Saturday</meta:date-string><text:p>markercomment</text:p></office:annotation>end of <text:date>today</text:date> by <text:creator>Cy</text:creator></text:p>
    <table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>
    <text:p>seen <text:span text:style-name="T1">unseen <text:span>too</text:span></text:span>after</text:p><text:section text:display="none"><text:p>unseen</text:p></text:section>
    <text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>`;
  const file = openDocumentOf('text', body, {
    'content.xml': `<office:document-content><office:automatic-styles><style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style></office:automatic-styles><office:body><office:text>${body}</office:text></office:body></office:document-content>`,
    'styles.xml':
      '<office:document-styles><office:styles><text:p>no</text:p></office:styles><office:master-styles><style:header><text:p>markerheader</text:p></style:header></office:master-styles></office:document-styles>',
    'meta.xml':
      '<office:document-meta><office:meta><dc:title>Titled</dc:title><meta:keyword>markerkey</meta:keyword></office:meta></office:document-meta>',
  });
  const text = await textOf(file, '.odt');
  for (const word of [
    'Titled',
    'One',
    'Some text',
    'markernote',
    'markerbox',
    'markerdesc',
    'markercomment',
    'markerheader',
    'markerkey',
    'a | b',
  ]) {
    expect(text).toContain(word);
  }
  expect(text).toContain('Bea: markercomment');
  expect(text).toContain('seen after');
  expect(text).toContain('end of today by Cy');
  expect(text.match(/Cy/g)).toHaveLength(1);
  expect(text).not.toMatch(/deleted|unseen|too|2026|Saturday/);
  const { notes = [] } = await parseFile(file, '.odt');
  expect(notes.join(' ')).toMatch(/hidden.*deleted/);
});

test('D2 a book is read in the order of its spine', async () => {
  const chapter = (text: string): string =>
    `<html><head><title>x</title></head><body><h1>${text}</h1><p>of ${text}</p></body></html>`;
  const file = epubOf({ 'two parts/b.xhtml': chapter('First'), 'a.xhtml': chapter('Second') });
  expect(await parseFile(file, '.epub')).toMatchObject({
    mediaType: 'application/epub+zip',
    title: 'The book',
    passages: [
      { heading: 'First', text: 'of First' },
      { heading: 'Second', text: 'of Second' },
      { heading: '', text: 'Ada' },
    ],
  });
});

describe('Rich Text', () => {
  test.each([
    [
      "{\\rtf1\\ansi\\ansicpg1251{\\fonttbl{\\f0 Arial;}} \\'d1\\'f6\\'e5\\'ed\\'e0}",
      ['Сцена'],
      ['Arial'],
    ],
    [
      "{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset204 B;}}\\f1\\'d1\\'f6{\\f0 \\'fc}}",
      ['Сцü'],
      [],
    ],
    ['{\\rtf1\\ansi\\uc1 B\\u252?hne \\u-10179?\\u-8704?}', ['Bühne 😀'], ['?']],
    [
      '{\\rtf1{\\info{\\title Titled}{\\author Ada}}{\\header markerhead\\par}body{\\footnote markernote}\\par}',
      ['Titled', 'markerhead', 'markernote', 'body'],
      [],
    ],
    [
      '{\\rtf1 seen{\\v hidden}{\\*\\generator Word;}{\\pict 00ff}\\par}',
      ['seen'],
      ['hidden', 'Word', '00ff'],
    ],
    ['{\\rtf1{\\field{\\*\\fldinst HYPERLINK "x"}{\\fldrslt marker}}}', ['marker'], ['HYPERLINK']],
    ['{\\rtf1 a\\cell b\\cell\\row c\\line d\\tab e\\emdash f\\~g}', ['a | b', 'c d e—f g'], []],
    [
      '{\\rtf1{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv y}}{\\shptxt markerbox\\par}}}}',
      ['markerbox'],
      [],
    ],
    ['{\\rtf1 cur\r\ntain\\\r\nfalls}', ['curtain falls'], []],
    ['{\\rtf1\\bin3 {{{marker}', ['marker'], []],
    ['{\\rtf1{\\upr{ascii}{\\*\\ud{B\\u252?hne}}}}', ['Bühne'], ['ascii']],
    ['{\\rtf1{\\object{\\*\\objdata 00ff}{\\result{looks}}}}', ['looks'], ['00ff']],
    ['{\\rtf1\\ansi Bühne {\\info{\\doccomm remark}}}', ['Bühne', 'remark'], []],
    ['{\\rtf1 word{\\footnote note}next}', ['word note next'], []],
  ])('D2 %s', async (source, shown, hidden) => {
    const text = await textOf(source, '.rtf');
    for (const word of shown) expect(text).toContain(word);
    for (const word of hidden) expect(text).not.toContain(word);
  });
});

describe('mail', () => {
  const mixed = [
    'From: =?utf-8?Q?J=C3=B6rg?= <j@b.example>',
    'To: Ada <a@b.example>',
    'Subject: =?iso-8859-1?Q?B=FChne?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: multipart/alternative; boundary=y',
    '',
    '--y',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'plain words',
    '--y',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<p>Die B=C3=BChne</p>',
    '--y--',
    '--x',
    'Content-Type: application/pdf; name="contract.pdf"',
    'Content-Disposition: attachment; filename="contract.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0=',
    '--x--',
  ].join('\r\n');

  test('D2 is found by who wrote it, its subject, its text and the names of what is attached', async () => {
    const { title, notes } = await parseFile(Buffer.from(mixed), '.eml');
    expect(title).toBe('Bühne');
    expect(notes).toEqual(['What is attached to it was left out, but for the names.']);
    const text = await textOf(mixed, '.eml');
    for (const word of ['Jörg', 'Ada', 'Die Bühne', 'contract.pdf']) expect(text).toContain(word);
    expect(text).not.toContain('JVBERi0');
  });
});

test('D2 each mail of a mailbox is read', async () => {
  const mail = (subject: string): string =>
    `From a@b.example Sat Jan 31 19:30:00 2026\nFrom: a@b.example\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n${Buffer.from(`text of ${subject}`).toString('base64')}\n\n`;
  for (const source of [
    mail('one') + mail('two'),
    (mail('one') + mail('two')).replaceAll('\n', '\r\n'),
  ]) {
    expect(await passagesOf(source, '.mbox')).toEqual([
      { heading: 'one', text: 'From: a@b.example text of one' },
      { heading: 'two', text: 'From: a@b.example text of two' },
    ]);
  }
});

test.each([
  '<?xml version="1.0"?><w:wordDocument><w:body><w:p><w:r><w:t>marker</w:t></w:r></w:p></w:body></w:wordDocument>',
  '<?xml version="1.0"?><pkg:package><pkg:part><pkg:xmlData><w:document><w:p><w:r><w:t>marker</w:t></w:r></w:p></w:document></pkg:xmlData></pkg:part></pkg:package>',
])('D2 a Word document may be one file of XML: %s', async (source) => {
  expect(await passagesOf(source, '.xml')).toEqual([{ heading: '', text: 'marker' }]);
});

describe('JSON', () => {
  test('D2 names and values are found as they are, not as they are written', async () => {
    const text = await textOf(
      '{"name":"B\\u00fchne","list":["a","b"],"in":{"n":1.5,"t":true}}',
      '.json',
    );
    for (const words of ['name: Bühne', 'list: a b', 'in: n: 1.5, t: true'])
      expect(text).toContain(words);
  });

  test('D2 each line of JSON Lines is a passage, and a line that is none stays text', async () => {
    const found = await passagesOf('{"a":"x"}\n{"a":"y","b":{"c":1}}\nbroken {\n', '.jsonl');
    expect(found.map(({ text }) => text)).toEqual(['a: x', 'a: y, b: c: 1', 'broken {']);
    expect(
      (await passagesOf('{"a":"\\u00fc"}\n{"a":"y"}', '.json')).map(({ text }) => text),
    ).toEqual(['a: ü', 'a: y']);
    expect(await textOf('// a remark\n{"a": 1}', '.json')).toContain('a remark');
  });
});

test.each([
  [
    '.srt',
    '1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Go</i>,\r\nplease\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}now\r\n',
    'Go, please now',
  ],
  [
    '.vtt',
    'WEBVTT - Act\n\nNOTE no\n\nSTYLE\n::cue{}\n\nid\n00:01.000 --> 00:02.000 line:0\n<v Ann>Go &amp; see\n',
    'Ann: Go & see',
  ],
])('D2 subtitles are what is said: %s', async (extension, source, text) => {
  expect((await passagesOf(source, extension)).map((passage) => passage.text).join(' ')).toBe(text);
});

test('D2 source code is text', async () => {
  expect(await textOf('const marker = 1; // <b>\n', '.ts')).toContain('const marker = 1; // <b>');
});

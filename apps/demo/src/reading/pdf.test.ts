import { readFileSync } from 'node:fs';
import { PDFDocument } from 'pdf-lib';
import { describe, expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { pagePdf } from '../testing/pdf.ts';
import { parseFile } from './parse-file.ts';
import { joinLines } from './pdf-lines.ts';

const widget = (rest: string): string =>
  `<</Type/Annot/Subtype/Widget/Rect[120 700 300 720]/P 3 0 R${rest}>>`;
const form = '/AcroForm<</Fields[7 0 R]/DA(/F1 12 Tf 0 g)>>';

describe('what stands on a page besides its text', () => {
  test.each([
    ['the value of a field', widget('/FT/Tx/T(name)/V(marker)')],
    ['lines of a field', widget('/FT/Tx/Ff 4096/T(name)/V(one\\nmarker)')],
    ['what is chosen of a list', widget('/FT/Ch/T(name)/V(marker)/Opt[(other)(marker)]')],
    ['what a list shows for it', widget('/FT/Ch/T(name)/V(x)/Opt[[(x)(marker)][(y)(other)]]')],
    ['a comment', '<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(marker)>>'],
    ['a note in the text', '<</Type/Annot/Subtype/FreeText/Rect[0 0 99 99]/Contents(marker)>>'],
    [
      'what is said of a mark',
      '<</Type/Annot/Subtype/Highlight/Rect[0 0 9 9]/QuadPoints[0 0 9 0 0 9 9 9]/Contents(marker)>>',
    ],
    [
      'the name of a file',
      '<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS<</Type/Filespec/F(marker.txt)>>>>',
    ],
  ])('D2 is found: %s', async (_name, annotation) => {
    const text = await textOf(
      pagePdf({ lines: ['Name:'], catalog: form, annotations: [annotation] }),
      '.pdf',
    );
    expect(text).toContain('marker');
    expect(text).not.toContain('other');
  });

  test('D2 is left out where it is hidden, or a password', async () => {
    const annotations = [
      widget('/FT/Tx/Ff 8192/T(name)/V(marker)'),
      '<</Type/Annot/Subtype/Text/F 2/Rect[0 0 9 9]/Contents(marker)>>',
    ];
    const text = await textOf(pagePdf({ lines: ['Name:'], catalog: form, annotations }), '.pdf');
    expect(text).not.toContain('marker');
  });

  test('D2 a form without any other text is found by its values', async () => {
    const annotations = [widget('/FT/Tx/T(name)/V(marker)')];
    expect(await textOf(pagePdf({ catalog: form, annotations }), '.pdf')).toContain('marker');
  });

  test('D2 bookmarks are found, and words whose letters stand apart', async () => {
    const outline = [
      '<</First 8 0 R/Last 8 0 R/Count 1>>',
      '<</Title(marker)/Parent 7 0 R/Dest[3 0 R/Fit]>>',
    ];
    const lines = ['c u r t a i n falls', 'a b c'];
    const file = pagePdf({ lines, catalog: '/Outlines 7 0 R', annotations: outline });
    const text = await textOf(file, '.pdf');
    expect(text).toContain('marker');
    expect(text).toContain('curtain');
    expect(text).not.toContain('abc');
  });

  test('D2 the names of attached files are found, and it is told that they are not read', async () => {
    const document = await PDFDocument.create();
    document.addPage([200, 200]).drawText('text');
    await document.attach(Buffer.from('x'), 'marker.xlsx', { mimeType: 'text/plain' });
    const { passages, notes } = await parseFile(await document.save(), '.pdf');
    expect(passages.at(-1)?.text).toBe('marker.xlsx');
    expect(notes).toEqual(['What is attached to it was left out, but for the names.']);
  });

  test('D2 what is said of figures, who wrote a note, and what XMP alone says are found', async () => {
    const xmp =
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Named</rdf:li></rdf:Alt></dc:title><dc:subject><rdf:Bag><rdf:li>lights</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>';
    const file = pagePdf({
      lines: ['body'],
      page: '/StructParents 0',
      catalog: '/Metadata 8 0 R/MarkInfo<</Marked true>>/StructTreeRoot 9 0 R',
      annotations: [
        '<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/T(Bea)/Contents(remark)>>',
        `<</Type/Metadata/Subtype/XML/Length ${xmp.length}>>stream\n${xmp}\nendstream`,
        '<</Type/StructTreeRoot/K 10 0 R/ParentTree<</Nums[0[10 0 R]]>>>>',
        '<</Type/StructElem/S/Figure/P 9 0 R/Pg 3 0 R/Alt(red curtain)/K 0>>',
      ],
    });
    const shown = await textOf(file, '.pdf');
    for (const words of ['Bea', 'remark', 'Named', 'lights', 'red curtain']) {
      expect(shown).toContain(words);
    }
  });

  test('D2 pages without text are counted', async () => {
    const document = await PDFDocument.create();
    document.addPage([200, 200]).drawText('text');
    document.addPage([200, 200]).drawRectangle({ width: 9, height: 9 });
    const { notes } = await parseFile(await document.save(), '.pdf');
    expect(notes).toEqual(['One page has no text; OCR is not part of it.']);
  });
});

test.each(['gbk', 'sjis', 'unigb', 'mixed'])(
  'D2 a character map that a document only names is found: %s',
  async (name) => {
    const file = new URL(`../../fixtures/cases/05-pdf-cjk/${name}.pdf`, import.meta.url);
    expect(await textOf(readFileSync(file), '.pdf')).toContain('舞台');
  },
);

test.each([
  [
    ['Please wait...', 'If this message is not eventually replaced'],
    '/AcroForm<</Fields[]/XFA 6 0 R>>',
  ],
  [[], '/AcroForm<</Fields[]/XFA 6 0 R>>/NeedsRendering true'],
])('D6 a form of XFA has a reason: %j', async (lines, catalog) => {
  const reading = parseFile(pagePdf({ lines, catalog }), '.pdf');
  await expect(reading).rejects.toMatchObject({ code: 'unsupported' });
  await expect(reading).rejects.toThrow('XFA form');
});

describe('the ends of lines', () => {
  test.each<[string[], string, string[]]>([
    [['The mana-', 'ger'], 'The manager', []],
    [['The mana\u2010', 'ger'], 'The manager', []],
    [['Theater\u00ad', 'probe'], 'Theaterprobe', []],
    [['Theater\u00ad', 'Probe'], 'TheaterProbe', []],
    [['Theater-', 'meile'], 'Theatermeile', ['Theater-meile']],
    [['a well-', 'known play'], 'a well-known play', ['wellknown']],
    [['Vor-', 'und Nachmittag'], 'Vor- und Nachmittag', []],
    [['on- and', 'off'], 'on- and off', []],
    [['pre-', 'and post-war'], 'pre- and post-war', []],
    [['Frau Müller-', 'Lüdenscheidt'], 'Frau Müller-Lüdenscheidt', []],
    [['ISO 8859-', '1 and 2020-', '2021'], 'ISO 8859-1 and 2020-2021', []],
    [['a dash –', 'here'], 'a dash – here', []],
    [['a dash -', 'here'], 'a dash - here', []],
    [['舞', '台を点検'], '舞台を点検', []],
    [['무대', '점검'], '무대 점검', []],
    [['one', 'two'], 'one two', []],
    [['ein-', 'begrif-', 'fen'], 'einbegriffen', []],
    [['one', '', 'two'], 'one\n\ntwo', []],
    [['one -', '', 'two'], 'one -\n\ntwo', []],
    [[''], '', []],
  ])('D2 %j', (lines, text, alternatives) => {
    expect(joinLines(lines)).toEqual({ text, alternatives });
  });

  test('D2 a soft hyphen that PDF.js leaves out is found in the map of the font', async () => {
    const lines = ['Die Theater\\255', 'probe und die', 'Meile'];
    expect(await textOf(pagePdf({ lines, unicode: '<AD> <AD> <00AD>' }), '.pdf')).toContain(
      'Die Theaterprobe und die Meile',
    );
    expect(await textOf(pagePdf({ lines, unicode: '<AD> <AD> <2010>' }), '.pdf')).toContain(
      'Die Theaterprobe und die Meile',
    );
    const three = ['Der Theater\\255', 'proben\\255', 'plan und'];
    expect(await textOf(pagePdf({ lines: three, unicode: '<AD> <AD> <00AD>' }), '.pdf')).toContain(
      'Der Theaterprobenplan und',
    );
  });
});

describe('the number of a note', () => {
  /** A sign that is smaller than the text and stands above its line. */
  const raised = (text: string): string => `) Tj 5 Ts /F1 7 Tf (${text}) Tj 0 Ts /F1 12 Tf (`;
  test.each([
    ['behind a word', `the stage${raised('1')} to the company`, 'the stage 1 to the company'],
    ['in Roman numerals', `the company${raised('ii')}.`, 'the company ii.'],
    ['before its note', `${raised('1')}Note on it`, '1 Note on it'],
    ['no part of a power', `25 m${raised('2')} of stage`, '25 m2 of stage'],
    ['no end of an ordinal', `the 1${raised('st')} act`, 'the 1st act'],
    ['in the size of its note', '1Footnote on it', 'on it Footnote'],
  ])('D2 is no part of the word beside it: %s', async (_name, line, found) => {
    expect(await textOf(pagePdf({ lines: [line] }), '.pdf')).toContain(found);
  });
});

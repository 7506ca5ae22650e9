import { describe, expect, test } from 'vitest';
import { docxOf, relationships } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const paragraph = (text: string, style = ''): string =>
  `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`;
const within = (xml: string): string => `<w:p><w:r><w:t>before</w:t></w:r>${xml}</w:p>`;
const run = (text: string, properties = ''): string =>
  `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`;
const box = `<w:txbxContent>${paragraph('marker')}</w:txbxContent>`;

describe('what Word shows is found', () => {
  test.each([
    ['a text box', within(`<w:r><w:drawing><wps:txbx>${box}</wps:txbx></w:drawing></w:r>`)],
    ['a text box of old', within(`<w:r><w:pict><v:textbox>${box}</v:textbox></w:pict></w:r>`)],
    ['lettering', within('<w:r><w:pict><v:textpath string="marker"/></w:pict></w:r>')],
    ['the text in place of a picture', within('<w:r><wp:docPr descr="marker"/></w:r>')],
    ['a simple field', within(`<w:fldSimple w:instr="X">${run('marker')}</w:fldSimple>`)],
    ['the result of a field', within(`<w:r><w:instrText>DATE</w:instrText></w:r>${run('marker')}`)],
    ['a link', within(`<w:hyperlink>${run('marker')}</w:hyperlink>`)],
    ['text from right to left', within(`<w:bdo w:val="rtl">${run('marker')}</w:bdo>`)],
    ['what was inserted', within(`<w:ins>${run('marker')}</w:ins>`)],
    ['where something was moved to', within(`<w:moveTo>${run('marker')}</w:moveTo>`)],
    ['a content control', `<w:sdt><w:sdtContent>${paragraph('marker')}</w:sdtContent></w:sdt>`],
    ['a smart tag', within(`<w:smartTag>${run('marker')}</w:smartTag>`)],
    ['custom XML', `<w:customXml>${paragraph('marker')}</w:customXml>`],
    ['a cell', `<w:tbl><w:tr><w:tc>${paragraph('marker')}</w:tc></w:tr></w:tbl>`],
    [
      'the numerator of a formula',
      within('<m:oMath><m:f><m:num><m:r><m:t>marker</m:t></m:r></m:num></m:f></m:oMath>'),
    ],
    ['other prefixes', '<ns0:p><ns0:r><ns0:t>marker</ns0:t></ns0:r></ns0:p>'],
    [
      'a diagram',
      within('<w:r><dgm:pt><dgm:t><a:p><a:r><a:t>marker</a:t></a:r></a:p></dgm:t></dgm:pt></w:r>'),
    ],
    ['text that is said not to be hidden', within(run('marker', '<w:vanish w:val="0"/>'))],
    ['text after hidden text', within(`${run('x', '<w:vanish/>')}${run('marker')}`)],
    [
      'a paragraph of which the mark is hidden',
      `<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>marker</w:t></w:r></w:p>`,
    ],
    [
      'a placeholder',
      `<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>${paragraph('marker')}</w:sdtContent></w:sdt>`,
    ],
  ])('D2 %s', async (_name, body) => {
    expect(await textOf(docxOf(body), '.docx')).toContain('marker');
  });

  const wrapped = (root: string): string => `<w:${root}>${paragraph('marker')}</w:${root}>`;
  test.each([
    ['header', 'header1.xml', wrapped('hdr')],
    ['footer', 'footer1.xml', wrapped('ftr')],
    [
      'footnotes',
      'footnotes.xml',
      `<w:footnotes><w:footnote>${paragraph('marker')}</w:footnote></w:footnotes>`,
    ],
    [
      'endnotes',
      'endnotes.xml',
      `<w:endnotes><w:endnote>${paragraph('marker')}</w:endnote></w:endnotes>`,
    ],
    [
      'comments',
      'comments.xml',
      `<w:comments><w:comment>${paragraph('marker')}</w:comment></w:comments>`,
    ],
    [
      'chart',
      'charts/chart1.xml',
      '<c:chart><c:title><a:p><a:r><a:t>marker</a:t></a:r></a:p></c:title></c:chart>',
    ],
    [
      'chart',
      'charts/chart1.xml',
      '<c:chart><c:cat><c:f>Sheet1!A1</c:f><c:pt><c:v>marker</c:v></c:pt></c:cat></c:chart>',
    ],
    [
      'diagramData',
      'diagrams/data1.xml',
      '<dgm:dataModel><dgm:pt><dgm:t><a:p><a:r><a:t>marker</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:dataModel>',
    ],
    ['aFChunk', 'chunk.html', '<p>marker</p>'],
    ['aFChunk', 'chunk.txt', 'marker'],
    ['aFChunk', 'chunk.rtf', '{\\rtf1\\ansi marker}'],
    ['aFChunk', 'chunk.docx', docxOf(paragraph('marker'))],
    ['aFChunk', 'chunk.mht', 'MIME-Version: 1.0\nContent-Type: text/html\n\n<p>marker</p>'],
  ])('D2 a part beside the text: %s (%s)', async (kind, target, part) => {
    const file = docxOf(paragraph('body'), { x: { kind, target } }, { [`word/${target}`]: part });
    const text = await textOf(file, '.docx');
    expect(text).toContain('marker');
    expect(text).not.toContain('Sheet1');
  });

  test('D2 both forms of one text box are one', async () => {
    const both = `<mc:AlternateContent><mc:Choice>${box}</mc:Choice><mc:Fallback>${box}</mc:Fallback></mc:AlternateContent>`;
    expect(
      (await textOf(docxOf(within(`<w:r>${both}</w:r>`)), '.docx')).match(/marker/g),
    ).toHaveLength(1);
    const second = `<mc:AlternateContent><mc:Choice/><mc:Fallback>${box}</mc:Fallback></mc:AlternateContent>`;
    expect(await textOf(docxOf(within(`<w:r>${second}</w:r>`)), '.docx')).toContain('marker');
  });

  test('D2 words stay whole, and cells of a row together', async () => {
    const cells = `<w:tbl><w:tr><w:tc>${paragraph('a')}${paragraph('b')}</w:tc><w:tc>${paragraph('c')}</w:tc></w:tr></w:tbl>`;
    const text = await textOf(
      docxOf(
        `<w:p>${run('cur')}${run('tain')}<w:r><w:tab/><w:br/></w:r>${run('falls')}</w:p>${cells}`,
      ),
      '.docx',
    );
    expect(text).toContain('curtain falls\na b | c');
  });

  test('D2 the reading of a character stands after the line', async () => {
    const ruby = (base: string, reading: string): string =>
      `<w:r><w:ruby><w:rt>${run(reading)}</w:rt><w:rubyBase>${run(base)}</w:rubyBase></w:ruby></w:r>`;
    const body = `<w:p>${ruby('舞', 'ぶ')}${ruby('台', 'たい')}${run('に立つ')}</w:p>`;
    expect(await textOf(docxOf(body), '.docx')).toContain('舞台に立つ ぶ たい');
  });
});

test.each([
  [
    'what was deleted',
    within('<w:del><w:r><w:delText>marker</w:delText></w:r></w:del>'),
    /deleted/,
  ],
  [
    'where something was moved from',
    within(`<w:moveFrom>${run('marker')}</w:moveFrom>`),
    undefined,
  ],
  ['hidden text', within(run('marker', '<w:vanish/>')), /hidden/],
  ['the code of a field', within('<w:r><w:instrText>marker</w:instrText></w:r>'), undefined],
  ['a picture', within('<w:r><a:blip r:embed="x"/></w:r>'), /pictures/],
])('D2 %s stays out, and is told', async (_name, body, note) => {
  const { passages, notes = [] } = await parseFile(docxOf(body), '.docx');
  expect(passages.map(({ text }) => text)).toEqual(['before']);
  if (note !== undefined) expect(notes.join(' ')).toMatch(note);
});

test('D2 text that a style hides stays out, and is told; values that people noted are found', async () => {
  const vanish = (value = ''): string =>
    `<w:rPr><w:vanish${value && ` w:val="${value}"`}/></w:rPr>`;
  const style = (id: string, properties: string, base = ''): string =>
    `<w:style w:styleId="${id}">${base && `<w:basedOn w:val="${base}"/>`}${properties}</w:style>`;
  const styled = (text: string, id: string, properties = ''): string =>
    within(run(text, `<w:rStyle w:val="${id}"/>${properties}`));
  const body = [
    ...[paragraph('no1', 'Hidden'), paragraph('no2', 'Based'), styled('no3', 'Hidden')],
    ...[paragraph('yes1', 'Shown'), styled('yes2', 'Hidden', '<w:vanish w:val="0"/>')],
    ...[paragraph('yes3', 'Mark'), paragraph('yes4')],
  ].join('');
  const own = [
    ...[style('Hidden', vanish()), style('Based', '', 'Hidden')],
    ...[style('Shown', vanish('0'), 'Hidden'), style('Mark', `<w:pPr>${vanish()}</w:pPr>`)],
  ].join('');
  const property = (name: string, value: string): string =>
    `<property name="${name}"><vt:lpwstr>${value}</vt:lpwstr></property>`;
  const file = docxOf(
    body,
    { s: { kind: 'styles', target: 'styles.xml' } },
    {
      'word/styles.xml': `<w:styles>${own}</w:styles>`,
      'docProps/custom.xml': `<Properties>${property('Client', 'yes5')}${property('ContentTypeId', 'no4')}</Properties>`,
    },
  );
  const text = await textOf(file, '.docx');
  for (const word of ['yes1', 'yes2', 'yes3', 'yes4', 'yes5']) expect(text).toContain(word);
  expect(text).not.toContain('no');
  expect((await parseFile(file, '.docx')).notes?.join(' ')).toMatch(/hidden/);
});

describe('the title', () => {
  const core = (title: string): string =>
    `<cp:coreProperties><dc:title>${title}</dc:title><dc:creator>Ada</dc:creator><cp:keywords>k1</cp:keywords></cp:coreProperties>`;
  const styles = relationships({});
  test.each([
    ['of the style, by its name', paragraph('Named', 'Titel'), 'Core', 'Named'],
    ['of the properties', paragraph('Section', 'Heading1'), 'Core', 'Core'],
    ['of the first heading', paragraph('Section', 'berschrift1'), '', 'Section'],
    ['none', paragraph('text'), '', ''],
  ])('D2 %s', async (_name, body, property, title) => {
    const own = `<w:styles><w:style w:styleId="Titel"><w:name w:val="Title"/></w:style><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>`;
    const file = docxOf(
      body,
      { s: { kind: 'styles', target: 'styles.xml' } },
      {
        'word/styles.xml': own,
        'docProps/core.xml': core(property),
        'docProps/_rels/core.xml.rels': styles,
      },
    );
    expect((await parseFile(file, '.docx')).title).toBe(title);
    const text = await textOf(file, '.docx');
    for (const word of [property, 'Ada', 'k1']) expect(text).toContain(word);
  });
});

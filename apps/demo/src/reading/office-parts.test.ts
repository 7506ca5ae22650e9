import { describe, expect, test } from 'vitest';
import { docxOf, pptxOf, relationships, xlsxOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const drawn = (words: string): string => `<a:p><a:r><a:t>${words}</a:t></a:r></a:p>`;
const paragraph = (words: string): string => `<w:p><w:r><w:t>${words}</w:t></w:r></w:p>`;
const chart = (words: string): string =>
  `<c:chartSpace><c:title>${drawn(words)}</c:title></c:chartSpace>`;
const diagram = (words: string): string =>
  `<dgm:dataModel><dgm:pt><dgm:t>${drawn(words)}</dgm:t></dgm:pt></dgm:dataModel>`;
const shape = (words: string, placeholder = ''): string =>
  `<p:sp><p:nvSpPr>${placeholder && `<p:ph type="${placeholder}"/>`}</p:nvSpPr><p:txBody>${drawn(words)}</p:txBody></p:sp>`;
const related = (kind: string, target: string): string => relationships({ r: { kind, target } });

/** Office charts since 2016, with texts right in their points. */
const newChart =
  '<cx:chartSpace><cx:chartData><cx:strDim><cx:f>Sheet1!A1</cx:f><cx:lvl><cx:pt idx="0">markerpoint</cx:pt></cx:lvl></cx:strDim></cx:chartData></cx:chartSpace>';

describe('parts that parts of a document lead to', () => {
  test('D2 a chart or a diagram in a header or a note of Word, and shapes in a chart', async () => {
    const file = docxOf(
      paragraph('body'),
      {
        h: { kind: 'header', target: 'header1.xml' },
        f: { kind: 'footnotes', target: 'footnotes.xml' },
        n: { kind: 'chartEx', target: 'charts/chartEx1.xml' },
      },
      {
        'word/header1.xml': `<w:hdr>${paragraph('markerhead')}</w:hdr>`,
        'word/_rels/header1.xml.rels': related('chart', 'charts/chart1.xml'),
        'word/charts/chart1.xml': chart('markerchart'),
        'word/charts/_rels/chart1.xml.rels': related('chartUserShapes', '../drawings/d1.xml'),
        'word/drawings/d1.xml': `<c:userShapes>${drawn('markershape')}</c:userShapes>`,
        'word/footnotes.xml': `<w:footnotes><w:footnote>${paragraph('markerfoot')}</w:footnote></w:footnotes>`,
        'word/_rels/footnotes.xml.rels': related('diagramData', 'diagrams/data1.xml'),
        'word/diagrams/data1.xml': diagram('markerdiagram'),
        'word/charts/chartEx1.xml': newChart,
      },
    );
    const words = await textOf(file, '.docx');
    for (const each of ['head', 'chart', 'shape', 'foot', 'diagram', 'point']) {
      expect(words.split(`marker${each}`)).toHaveLength(2);
    }
    expect(words).not.toContain('Sheet1');
  });

  test('D2 parts that lead to one another in a circle are read once', async () => {
    const file = docxOf(
      paragraph('body'),
      { h: { kind: 'header', target: 'header1.xml' } },
      {
        'word/header1.xml': `<w:hdr>${paragraph('markerhead')}</w:hdr>`,
        'word/_rels/header1.xml.rels': related('header', 'header1.xml'),
      },
    );
    expect((await textOf(file, '.docx')).split('markerhead')).toHaveLength(2);
  });

  test('D2 who commented is found', async () => {
    const comments = `<w:comments><w:comment w:author="Ada">${paragraph('marker')}</w:comment></w:comments>`;
    const file = docxOf(
      paragraph('body'),
      { c: { kind: 'comments', target: 'comments.xml' } },
      { 'word/comments.xml': comments },
    );
    expect(await textOf(file, '.docx')).toContain('Ada: marker');
  });

  test('D2 slides: diagrams, charts, groups, comments old and new, and who made them', async () => {
    const file = pptxOf(
      [`<p:grpSp>${shape('markergroup')}<p:grpSp>${shape('markerinner')}</p:grpSp></p:grpSp>`],
      {
        'ppt/slides/_rels/slide0.xml.rels': relationships({
          a: { kind: 'chart', target: '../charts/chart1.xml' },
          b: { kind: 'diagramData', target: '../diagrams/data1.xml' },
          c: { kind: 'comments', target: '../comments/comment1.xml' },
          d: { kind: 'comments', target: '../comments/modernComment1.xml' },
          e: { kind: 'notesSlide', target: '../notesSlides/n.xml' },
          f: { kind: 'chartEx', target: '../charts/chartEx1.xml' },
        }),
        'ppt/charts/chart1.xml': chart('markerchart'),
        'ppt/charts/_rels/chart1.xml.rels': related('chartUserShapes', '../drawings/d1.xml'),
        'ppt/drawings/d1.xml': `<c:userShapes>${drawn('markershape')}</c:userShapes>`,
        'ppt/charts/chartEx1.xml': newChart,
        'ppt/diagrams/data1.xml': diagram('markerdiagram'),
        'ppt/comments/comment1.xml':
          '<p:cmLst><p:cm authorId="0"><p:pos x="1" y="1"/><p:text>markerold</p:text></p:cm></p:cmLst>',
        'ppt/comments/modernComment1.xml': `<p188:cmLst><p188:cm><p188:replyLst><p188:reply><p188:txBody>${drawn('markerreply')}</p188:txBody></p188:reply></p188:replyLst><p188:txBody>${drawn('markernew')}</p188:txBody></p188:cm></p188:cmLst>`,
        'ppt/notesSlides/n.xml': `<p:notes>${shape('markersaid')}</p:notes>`,
        'ppt/notesSlides/_rels/n.xml.rels': related('slide', '../slides/slide0.xml'),
        'ppt/commentAuthors.xml':
          '<p:cmAuthorLst><p:cmAuthor id="0" name="markerauthor"/></p:cmAuthorLst>',
        'ppt/_rels/presentation.xml.rels': relationships({
          s0: { kind: 'slide', target: 'slides/slide0.xml' },
          x: { kind: 'commentAuthors', target: 'commentAuthors.xml' },
        }),
      },
    );
    const words = await textOf(file, '.pptx');
    for (const each of 'group inner chart shape point diagram old new reply said author'.split(
      ' ',
    )) {
      expect(words.split(`marker${each}`), each).toHaveLength(2);
    }
  });

  test('D2 what a layout or a master shows on its slides is found once, and their placeholders are not', async () => {
    const layout = related('slideLayout', '../slideLayouts/slideLayout1.xml');
    const master = related('slideMaster', '../slideMasters/slideMaster1.xml');
    const file = pptxOf([shape('one', 'title'), shape('two', 'title')], {
      'ppt/slides/_rels/slide0.xml.rels': layout,
      'ppt/slides/_rels/slide1.xml.rels': layout,
      'ppt/slideLayouts/slideLayout1.xml': `<p:sldLayout>${shape('markerlayout')}${shape('Click to edit', 'body')}</p:sldLayout>`,
      'ppt/slideLayouts/_rels/slideLayout1.xml.rels': master,
      'ppt/slideMasters/slideMaster1.xml': `<p:sldMaster>${shape('markermaster')}${shape('Click to edit', 'title')}</p:sldMaster>`,
      'ppt/slideMasters/_rels/slideMaster1.xml.rels': related(
        'slideLayout',
        '../slideLayouts/slideLayout2.xml',
      ),
      'ppt/slideLayouts/slideLayout2.xml': `<p:sldLayout>${shape('nobody uses it')}</p:sldLayout>`,
    });
    const words = await textOf(file, '.pptx');
    for (const each of ['markerlayout', 'markermaster']) expect(words.split(each)).toHaveLength(2);
    expect(words).not.toMatch(/Click to edit|nobody/);
  });

  test('D2 a sheet: words of buttons, diagrams, shapes in charts, who commented', async () => {
    const file = xlsxOf(
      '<row><c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c></row>',
      {
        'xl/worksheets/_rels/sheet1.xml.rels': relationships({
          v: { kind: 'vmlDrawing', target: '../drawings/vmlDrawing1.vml' },
          d: { kind: 'drawing', target: '../drawings/drawing1.xml' },
          c: { kind: 'comments', target: '../comments1.xml' },
          t: { kind: 'threadedComment', target: '../threadedComments/t1.xml' },
        }),
        // As Excel writes it, which need not be whole.
        'xl/drawings/vmlDrawing1.vml':
          '<xml><v:shape><v:textbox><div style="x"><font>markerbutton</font><br></div></v:textbox><x:ClientData><x:Anchor>1, 2</x:Anchor></x:ClientData></v:shape></xml>',
        'xl/drawings/drawing1.xml': `<xdr:wsDr><mc:AlternateContent><mc:Choice><cx:chart r:id="r"/></mc:Choice><mc:Fallback>${drawn('markerfallback')}</mc:Fallback></mc:AlternateContent></xdr:wsDr>`,
        'xl/drawings/_rels/drawing1.xml.rels': relationships({
          r: { kind: 'chartEx', target: '../charts/chartEx1.xml' },
          d: { kind: 'diagramData', target: '../diagrams/data1.xml' },
          c: { kind: 'chart', target: '../charts/chart1.xml' },
        }),
        'xl/charts/chartEx1.xml': newChart,
        'xl/charts/chart1.xml': chart('markerchart'),
        'xl/charts/_rels/chart1.xml.rels': related('chartUserShapes', '../drawings/drawing2.xml'),
        'xl/drawings/drawing2.xml': `<c:userShapes>${drawn('markershape')}</c:userShapes>`,
        'xl/diagrams/data1.xml': diagram('markerdiagram'),
        'xl/comments1.xml':
          '<comments><authors><author>markerwriter</author><author>tc={1}</author></authors><commentList><comment authorId="0"><text><r><t>markernote</t></r></text></comment><comment authorId="1"><text><t>[Threaded comment] markerstandin</t></text></comment></commentList></comments>',
        'xl/threadedComments/t1.xml':
          '<ThreadedComments><threadedComment personId="{p}"><text>markerthread</text></threadedComment></ThreadedComments>',
        'xl/persons/person.xml':
          '<personList><person displayName="markerperson" id="{p}"/></personList>',
        'xl/_rels/workbook.xml.rels': relationships({
          s: { kind: 'worksheet', target: 'worksheets/sheet1.xml' },
          p: { kind: 'person', target: 'persons/person.xml' },
        }),
      },
    );
    const words = await textOf(file, '.xlsx');
    expect(words).toContain('inline');
    for (const each of 'button point chart shape diagram note thread writer person'.split(' ')) {
      expect(words.split(`marker${each}`), each).toHaveLength(2);
    }
    expect(words).not.toMatch(/markerstandin|tc=|markerfallback/);
  });
});

describe('what is not read of an office document is told', () => {
  const others = relationships({
    a: { kind: 'image', target: '../media/a.png' },
    b: { kind: 'oleObject', target: '../embeddings/b.bin' },
    c: { kind: 'control', target: '../activeX/c.xml' },
  });
  const sheet = xlsxOf('<row><c t="inlineStr"><is><t>x</t></is></c></row>', {
    'xl/worksheets/_rels/sheet1.xml.rels': related('drawing', '../drawings/d.xml'),
    'xl/drawings/d.xml': '<xdr:wsDr/>',
    'xl/drawings/_rels/d.xml.rels': others,
  });
  const slide = pptxOf([shape('x')], { 'ppt/slides/_rels/slide0.xml.rels': others });
  const text = docxOf(
    paragraph('x'),
    { h: { kind: 'header', target: 'h.xml' } },
    { 'word/h.xml': '<w:hdr/>', 'word/_rels/h.xml.rels': others },
  );
  test.each([
    ['.xlsx', sheet],
    ['.pptx', slide],
    ['.docx', text],
  ])('D6 pictures, embedded documents and controls in %s', async (extension, file) => {
    const { notes = [] } = await parseFile(file, extension);
    expect(notes.toSorted()).toEqual([
      'Controls that are embedded in it were left out.',
      'Documents that are embedded in it were left out.',
      'Its pictures were left out: OCR is not part of it.',
    ]);
  });

  test('D6 but not the workbook behind a chart', async () => {
    const file = docxOf(
      paragraph('x'),
      { c: { kind: 'chart', target: 'charts/c.xml' } },
      {
        'word/charts/c.xml': chart('y'),
        'word/charts/_rels/c.xml.rels': related('package', '../embeddings/w.xlsx'),
      },
    );
    expect((await parseFile(file, '.docx')).notes).toBeUndefined();
  });
});

describe('two forms of one thing', () => {
  const both = (choice: string, fallback: string): string =>
    `<w:p><w:r><w:t>x</w:t><mc:AlternateContent><mc:Choice>${choice}</mc:Choice><mc:Fallback>${fallback}</mc:Fallback></mc:AlternateContent></w:r></w:p>`;
  test.each([
    ['words in place of a picture', both('<wp:docPr descr="marker"/>', '<v:shape alt="marker"/>')],
    [
      'a diagram, which stands elsewhere',
      both('<dgm:relIds r:dm="a"/><wp:docPr descr="marker"/>', paragraph('marker')),
    ],
    ['lettering', both(paragraph('marker'), '<v:textpath string="marker"/>')],
  ])('D2 are one: %s', async (_name, body) => {
    expect((await textOf(docxOf(body), '.docx')).split('marker')).toHaveLength(2);
  });

  test('D2 what was deleted is out, whatever it is written as', async () => {
    const body = `${paragraph('kept')}<w:p><w:del><m:r><m:t>marker</m:t></m:r><w:r><w:t>marker</w:t></w:r></w:del></w:p><w:p><w:r><w:rPr><w:del/></w:rPr><w:t>stays</w:t></w:r></w:p>`;
    const words = await textOf(docxOf(body), '.docx');
    expect(words).not.toContain('marker');
    expect(words).toContain('stays');
  });
});

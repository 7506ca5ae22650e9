import { describe, expect, test } from 'vitest';
import { docxOf, openDocumentOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const run = (xml: string): string => `<w:r>${xml}</w:r>`;
const text = (words: string): string => run(`<w:t>${words}</w:t>`);
const mark = (type: string, form = ''): string =>
  run(`<w:fldChar w:fldCharType="${type}">${form && `<w:ffData>${form}</w:ffData>`}</w:fldChar>`);
const field = (instruction: string, { form = '', result = '' } = {}): string =>
  `<w:p>${text('before ')}${mark('begin', form)}${run(`<w:instrText xml:space="preserve"> ${instruction} </w:instrText>`)}${mark('separate')}${result}${mark('end')}${text(' after')}</w:p>`;
const entries = ['first', 'second', 'third'].map((each) => `<w:listEntry w:val="${each}"/>`);
const list = (choice: string): string => `<w:ddList>${choice}${entries.join('')}</w:ddList>`;

describe('a field of Word without a result shows what it says itself', () => {
  const down = 'FORMDROPDOWN';
  test.each([
    ['the chosen entry', field(down, { form: list('<w:result w:val="1"/>') }), 'second'],
    ['the entry of the start', field(down, { form: list('<w:default w:val="2"/>') }), 'third'],
    [
      'the chosen one before that of the start',
      field(down, { form: list('<w:result w:val="1"/><w:default w:val="2"/>') }),
      'second',
    ],
    ['the first entry', field(down, { form: list('') }), 'first'],
    [
      'its result, once',
      field(down, { form: list('<w:result w:val="1"/>'), result: text('second') }),
      'second',
    ],
    [
      'an entry of signs that XML escapes',
      field(down, { form: '<w:ddList><w:listEntry w:val="Q&amp;A"/></w:ddList>' }),
      'Q&A',
    ],
    [
      'a box that is checked',
      field('FORMCHECKBOX', {
        form: '<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>',
      }),
      '☒',
    ],
    [
      'one that is checked at first',
      field('FORMCHECKBOX', { form: '<w:checkBox><w:default w:val="1"/></w:checkBox>' }),
      '☒',
    ],
    [
      'one that is not',
      field('FORMCHECKBOX', {
        form: '<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>',
      }),
      '☐',
    ],
    [
      'the text of the start',
      field('FORMTEXT', { form: '<w:textInput><w:default w:val="fill in"/></w:textInput>' }),
      'fill in',
    ],
    [
      'what was filled in, and not what stood there before',
      field('FORMTEXT', {
        form: '<w:textInput><w:default w:val="fill in"/></w:textInput>',
        result: text('filled'),
      }),
      'filled',
    ],
    ['the words of a button', field('MACROBUTTON  NoMacro [Click here]'), '[Click here]'],
    ['the words of a jump', field('GOTOBUTTON place Go there'), 'Go there'],
    ['a sign', field('SYMBOL 97 \\f "Symbol" \\s 10'), 'α'],
    ['a sign of Unicode', field('SYMBOL 8364 \\u'), '€'],
    ['nothing of its own', field('REF place \\h'), ''],
  ])('D2 %s', async (_name, body, shown) => {
    const words = (await textOf(docxOf(body), '.docx')).trim();
    expect(words.replace(/\s+/g, ' ')).toBe(
      ['before', shown, 'after'].filter((each) => each !== '').join(' '),
    );
  });

  test('D2 characters with a reading stay in their phrase', async () => {
    const equation = 'EQ \\* jc2 \\* "Font:MS Mincho" \\* hps10 \\o\\ad(\\s\\up 9(ぶたい),舞台)';
    const word = await textOf(docxOf(field(equation)), '.docx');
    const escaped = equation.replaceAll('\\', '\\\\').replace('舞台', '\\u-32226?\\u21488?');
    const source = `{\\rtf1 before {\\field{\\*\\fldinst {${escaped.replace('ぶたい', '\\u12406?')}}}{\\fldrslt {}}} after\\par}`;
    for (const words of [word, await textOf(source, '.rtf')]) {
      expect(words).toContain('before 舞台 after ぶ');
    }
    const plain = field('EQ \\f(numerator,denominator)');
    expect(await textOf(docxOf(plain), '.docx')).toMatch(/numerator\s+denominator/);
  });

  test('D2 a field within a field, and one of a single element', async () => {
    const inner = `${mark('begin', list(''))}${run('<w:instrText>FORMDROPDOWN</w:instrText>')}${mark('end')}`;
    const outer = field('REF x', { result: inner });
    const simple = '<w:p><w:fldSimple w:instr=" SYMBOL 98 \\f Symbol "/></w:p>';
    const words = await textOf(docxOf(outer + simple), '.docx');
    expect(words).toContain('first');
    expect(words).toContain('β');
    const wanted = field('IF x', { result: text('then') }).replace(
      'IF x</w:instrText>',
      `IF </w:instrText></w:r>${mark('begin')}${run('<w:instrText>MERGEFIELD m</w:instrText>')}${mark('separate')}${text('condition')}${mark('end')}<w:r><w:instrText> = 1</w:instrText>`,
    );
    const chosen = await textOf(docxOf(wanted), '.docx');
    expect(chosen).toContain('then');
    expect(chosen).not.toContain('condition');
    // A field that never ends takes nothing with it.
    expect(
      await textOf(docxOf(`<w:p>${mark('begin')}</w:p><w:p>${text('rest')}</w:p>`), '.docx'),
    ).toContain('rest');
  });
});

describe('signs of fonts of their own are what they look like', () => {
  const font = (name: string): string =>
    `<w:rPr><w:rFonts w:ascii="${name}" w:hAnsi="${name}"/></w:rPr>`;
  test.each([
    ['Greek', run('<w:sym w:font="Symbol" w:char="F044"/>'), 'Δ'],
    ['without the offset', run('<w:sym w:font="Symbol" w:char="0070"/>'), 'π'],
    ['a tick', run('<w:sym w:font="Wingdings" w:char="F0FC"/>'), '✓'],
    ['a box that is checked', run('<w:sym w:font="Wingdings" w:char="F0FE"/>'), '☑'],
    ['any other of Unicode', run('<w:sym w:font="Arial" w:char="20AC"/>'), '€'],
    ['as text', run(`${font('Symbol')}<w:t>\uf061</w:t>`), 'α'],
    ['as text of Latin letters', run(`${font('Symbol')}<w:t>ab</w:t>`), 'αβ'],
    ['of DrawingML', '<a:r><a:rPr><a:sym typeface="Symbol"/></a:rPr><a:t>\uf067</a:t></a:r>', 'γ'],
  ])('D2 %s', async (_name, body, shown) => {
    expect(await textOf(docxOf(`<w:p>${body}${text(' end')}</w:p>`), '.docx')).toContain(
      `${shown} end`,
    );
  });
});

describe('controls of OpenDocument', () => {
  test.each([
    ['a label', '<form:fixed-text form:label="marker"/>'],
    ['a button', '<form:button form:label="marker"/>'],
    ['a box', '<form:checkbox form:label="marker"/>'],
    ['what was filled in', '<form:text form:value="x" form:current-value="marker"/>'],
    ['what stands there at first', '<form:textarea form:value="marker"/>'],
    [
      'the chosen entry',
      '<form:listbox><form:option form:label="no"/><form:option form:current-selected="true" form:label="marker"/></form:listbox>',
    ],
  ])('D2 %s', async (_name, control) => {
    const body = `<office:forms><form:form form:name="Standard">${control}</form:form></office:forms><text:p>body</text:p>`;
    const words = await textOf(openDocumentOf('text', body), '.odt');
    expect(words).toContain('marker');
    for (const other of ['Standard', 'no', 'x']) expect(words).not.toContain(other);
  });

  test('D2 the chosen entry of a drop-down field is its text', async () => {
    const body =
      '<text:p>a <text:drop-down><text:label text:value="no"/><text:label text:current-selected="true" text:value="marker"/>marker</text:drop-down> b</text:p>';
    expect(await textOf(openDocumentOf('text', body), '.odt')).toContain('a marker b');
  });
});

test.each([
  ['the chosen entry', '\\ffres1', 'second'],
  ['the entry of the start', '\\ffres25\\ffdefres2', 'third'],
  ['the first entry', '', 'first'],
])('D2 a drop-down of Rich Text shows %s', async (_name, choice, shown) => {
  const form = `{\\*\\formfield{\\fftype2${choice}{\\*\\ffname Box}{\\*\\ffl first}{\\*\\ffl second}{\\*\\ffl third}}}`;
  const source = `{\\rtf1 before {\\field{\\*\\fldinst{ FORMDROPDOWN }{${form}}}{\\fldrslt }} after\\par}`;
  expect((await textOf(source, '.rtf')).trim()).toBe(`before ${shown} after`);
});

describe('Rich Text shows', () => {
  test.each([
    [
      'the words of a button',
      '{\\field{\\*\\fldinst MACROBUTTON  None marker words}}',
      'marker words',
    ],
    ['a sign', '{\\field{\\*\\fldinst SYMBOL 97 \\\\f "Symbol"}{\\fldrslt}}', 'α'],
    [
      'a field within a field',
      '{\\field{\\*\\fldinst REF x}{\\fldrslt {\\field{\\*\\fldinst MACROBUTTON a marker}}}}',
      'marker',
    ],
    [
      'words in a drawing',
      '{\\shp{\\*\\shpinst{\\sp{\\sn wzName}{\\sv Shape1}}{\\sp{\\sn gtextUNICODE}{\\sv marker}}}}',
      'marker',
    ],
    [
      'words in place of a picture',
      '{\\pict{\\*\\picprop{\\sp{\\sn wzDescription}{\\sv marker}}}00ff}',
      'marker',
    ],
  ])('D2 %s', async (_name, body, shown) => {
    const words = await textOf(`{\\rtf1 before ${body} after\\par}`, '.rtf');
    expect(words.trim().replace(/\s+/g, ' ')).toBe(`before ${shown} after`);
  });

  test('D2 who wrote it and of what, but nothing that was deleted or hidden, which is told', async () => {
    const source =
      '{\\rtf1{\\info{\\title T}{\\subject Subj}{\\keywords Key}{\\author Ada}{\\operator no}}kept {\\deleted gone} {\\v unseen}\\par}';
    const words = await textOf(source, '.rtf');
    for (const each of ['Subj', 'Key', 'Ada', 'kept']) expect(words).toContain(each);
    expect(words).not.toMatch(/gone|unseen|no/);
    const { notes = [] } = await parseFile(Buffer.from(source), '.rtf');
    expect(notes.join(' ')).toMatch(/deleted.*hidden/);
  });
});

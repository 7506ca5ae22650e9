import { expect, test } from 'vitest';
import { openDocumentOf } from '../testing/packages.ts';
import { parseFile } from './parse-file.ts';

const style = (name: string, attributes: string, properties = ''): string =>
  `<style:style style:name="${name}" ${attributes}>${properties && `<style:text-properties text:display="${properties}"/>`}</style:style>`;
const level = (number: number, attributes: string): string =>
  `<text:outline-level-style text:level="${number}" ${attributes}/>`;

/** A text whose named styles stand in a part of their own, with styles without a name beside it. */
const fileOf = (named: string, own: string, body: string): Uint8Array =>
  openDocumentOf('text', '', {
    'content.xml': `<office:document-content><office:automatic-styles>${own}</office:automatic-styles><office:body><office:text>${body}</office:text></office:body></office:document-content>`,
    'styles.xml': `<office:document-styles><office:styles>${named}</office:styles><office:automatic-styles>${style('P1', 'style:family="paragraph"', 'none')}</office:automatic-styles></office:document-styles>`,
  });

const outline = `<text:outline-style>${level(1, 'style:num-format="I" style:num-suffix="."')}${level(2, 'style:num-format="1" text:display-levels="2"')}${level(3, 'style:num-format=""')}</text:outline-style>`;
const secret = style('Secret', 'style:family="text"', 'none');
const silent = style('Silent', 'style:family="paragraph"', 'none');

test.each<[string, string, string, string, readonly string[]]>([
  [
    'hidden by a style with a name',
    secret,
    '',
    '<text:p>a <text:span text:style-name="Secret">x</text:span>b</text:p>',
    ['a b'],
  ],
  [
    'hidden by a style that goes on from it',
    secret,
    style('T1', 'style:family="text" style:parent-style-name="Secret"'),
    '<text:p>a <text:span text:style-name="T1">x</text:span>b</text:p>',
    ['a b'],
  ],
  [
    'shown by a style that goes on from it',
    secret,
    style('T1', 'style:family="text" style:parent-style-name="Secret"', 'true'),
    '<text:p>a <text:span text:style-name="T1">b</text:span></text:p>',
    ['a b'],
  ],
  [
    'a paragraph that is hidden',
    silent,
    style('P1', 'style:family="paragraph" style:parent-style-name="Silent"'),
    '<text:p>a</text:p><text:p text:style-name="P1">x</text:p><text:h text:style-name="Silent">y</text:h>',
    ['a'],
  ],
  [
    'not by the style of that name of a footer, or of another family',
    silent,
    style('P1', 'style:family="paragraph"'),
    '<text:p text:style-name="P1">a</text:p><text:p><text:span text:style-name="Silent">b</text:span></text:p>',
    ['a b'],
  ],
  [
    'a circle of styles',
    style('A', 'style:family="text" style:parent-style-name="B"') +
      style('B', 'style:family="text" style:parent-style-name="A"'),
    '',
    '<text:p><text:span text:style-name="A">a</text:span></text:p>',
    ['a'],
  ],
  [
    'a title by a style that goes on from that of titles',
    style('Title', 'style:family="paragraph"'),
    style('P2', 'style:family="paragraph" style:parent-style-name="Title"'),
    '<text:p text:style-name="P2">The title</text:p><text:p>a</text:p>',
    ['The title: a'],
  ],
  [
    'headings by their styles',
    style('Heading_20_2', 'style:family="paragraph"') +
      style('Part', 'style:family="paragraph" style:default-outline-level="1"'),
    style('P2', 'style:family="paragraph" style:parent-style-name="Part"'),
    '<text:p text:style-name="P2">A</text:p><text:p>a</text:p><text:p text:style-name="Heading_20_2">B</text:p><text:p>b</text:p>',
    ['A: a', 'B: b'],
  ],
  [
    'numbers of headings',
    outline,
    '',
    '<text:h text:outline-level="1">A</text:h><text:h text:outline-level="2">B</text:h><text:h text:outline-level="2">C</text:h><text:h text:outline-level="3">D</text:h><text:h text:outline-level="1" text:is-list-header="true">E</text:h><text:h text:outline-level="1">F</text:h>',
    // The first one is the title.
    ['I.1 B: I.1 B', 'I.2 C: I.2 C', 'D: D', 'E: E', 'II. F: II. F'],
  ],
])(
  'D2 styles of OpenDocument that stand apart are heeded: %s',
  async (_name, named, own, body, shown) => {
    const { passages } = await parseFile(fileOf(named, own, body), '.odt');
    const lines = passages.map(({ heading, text }) => (heading ? `${heading}: ${text}` : text));
    expect(lines).toEqual(shown);
  },
);

import { expect, test } from 'vitest';
import { openDocumentOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';

const styles = `<office:automatic-styles>
  <text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-prefix="Article " style:num-suffix="." style:num-format="1"/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:display-levels="2"/></text:list-style>
  <text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/><text:list-level-style-number text:level="2" style:num-format="I" text:start-value="4"/></text:list-style>
</office:automatic-styles>`;
const item = (text: string, inner = '', attributes = ''): string =>
  `<text:list-item${attributes}><text:p>${text}</text:p>${inner}</text:list-item>`;
const list = (items: string, attributes = ''): string =>
  `<text:list${attributes}>${items}</text:list>`;
const first = ' text:style-name="L1"';
const second = ' text:style-name="L2"';

test.each([
  ['one after the other', list(item('a') + item('b'), first), 'Article 1. a Article 2. b'],
  [
    'deeper, and anew',
    list(item('a', list(item('b') + item('c'))) + item('d', list(item('e'))), first),
    'Article 1. a 1.a) b 1.b) c Article 2. d 2.a) e',
  ],
  [
    'anew in another list',
    list(item('a'), first) + list(item('b'), first),
    'Article 1. a Article 1. b',
  ],
  [
    'on where it says so',
    list(item('a'), first) + list(item('b'), `${first} text:continue-numbering="true"`),
    'Article 1. a Article 2. b',
  ],
  [
    'from a number that is given',
    list(item('a', '', ' text:start-value="7"'), first),
    'Article 7. a',
  ],
  ['not with a bullet', list(item('a', list(item('b') + item('c'))), second), 'a IV b V c'],
  [
    'before the first paragraph of an item',
    list(item('a</text:p><text:p>b'), first),
    'Article 1. a b',
  ],
])('D2 an item of a list in OpenDocument has its number: %s', async (_name, body, shown) => {
  const content = `<office:document-content>${styles}<office:body><office:text>${body}</office:text></office:body></office:document-content>`;
  const file = openDocumentOf('text', '', { 'content.xml': content });
  expect((await textOf(file, '.odt')).trim()).toBe(shown);
});

import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';

const shown = async (source: string | Uint8Array, extension = '.xml'): Promise<string> =>
  (await textOf(source, extension)).replace(/\s+/g, ' ').trim();

test.each([
  ['elements beside one another', '<a><b>one</b><b>two</b></a>', 'one two'],
  ['an element in a line', '<p>a mixed<b>up</b> word</p>', 'a mixedup word'],
  ['a value in an attribute', '<o text="outline" id="x7" n="12">t</o>', 'outline t'],
  ['a list of attributes alone', '<l><o text="one"/><o text="two"/></l>', 'one two'],
  ['CDATA and entities', '<a><![CDATA[1 < 2]]> &amp; more</a>', '1 < 2 & more'],
  ['an end of a line', '<p>one<br/>two</p>', 'one two'],
  ['a comment', '<a>x<!-- left out --></a>', 'x'],
  ['data of a program', '<a><binary>AAAA</binary><style>b{}</style>seen</a>', 'seen'],
])('D2 XML is read without its tags: %s', async (_name, source, text) => {
  expect(await shown(`<?xml version="1.0"?>${source}`)).toBe(text);
  expect(await shown(`<?xml version="1.0"?>${source}`, '.other')).toBe(text);
});

test('D2 pages that a feed holds are read as pages, and its title is that of the feed', async () => {
  const feed = `<?xml version="1.0"?><rss><channel><title>News</title><item><title>One</title>
    <description>&lt;p&gt;It&lt;b&gt;self&lt;/b&gt;&lt;script&gt;hidden()&lt;/script&gt;</description></item></channel></rss>`;
  expect(await shown(feed, '.rss')).toBe('News News One Itself');
});

test('D2 a drawing is read by its words', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg"><title>Plan</title><path d="M 0 0"/><g id="layer one"><text class="big label">left</text><text>right</text></g></svg>';
  expect(await shown(svg, '.svg')).toBe('Plan Plan left right');
});

test('D2 XML that is cut, or none, is a text', async () => {
  expect(await shown('<?xml version="1.0"?><a><b>cut')).toContain('cut');
  expect(await shown('no tags at all')).toBe('no tags at all');
});

test('D12 XML that is nested and long takes time in proportion', async () => {
  const deep = `<?xml version="1.0"?>${'<a>'.repeat(20_000)}end${'</a>'.repeat(20_000)}`;
  expect(await shown(deep)).toBe('end');
  const wide = `<?xml version="1.0"?><r>${'<a b="c"/>t'.repeat(50_000)}end</r>`;
  expect(await shown(wide)).toContain('end');
});

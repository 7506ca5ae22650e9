import { describe, expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const markdown = (source: string): Promise<string> => textOf(source, '.md');
const titleOf = async (source: string): Promise<string> =>
  (await parseFile(Buffer.from(source), '.md')).title;

describe('front matter', () => {
  test.each([
    ['folded', '---\ntitle: >-\n  A long\n  title\n---\nbody', 'A long title'],
    ['quoted, with a remark', "---\ntitle: 'It''s here' # draft\n---\nbody", "It's here"],
    ['TOML', '+++\ntitle = "Named"\n+++\nbody', 'Named'],
    [
      'with a colon, which is no YAML',
      '---\ntitle: Act one: the storm\n---\nbody',
      'Act one: the storm',
    ],
    ['ended by dots', '---\ntitle: Dots\n...\nbody', 'Dots'],
    ['with Windows line ends', '---\r\ntitle: Lines\r\n---\r\nbody', 'Lines'],
    ['and nothing else', '---\ntitle: Alone\n---\n', 'Alone'],
    ['without a title', '---\nauthor: A\n---\n# Heading', 'Heading'],
  ])('D2 is read: %s', async (_name, source, title) => {
    expect(await titleOf(source)).toBe(title);
  });

  test('D2 its fields are searchable, nested ones too', async () => {
    const text = await markdown(
      '---\nauthor: Ada\ntags: [one, two]\ndate: 2026-01-31\nmeta:\n  - place: Rome\n---\nbody',
    );
    for (const word of ['Ada', 'one, two', '2026-01-31', 'Rome', 'body'])
      expect(text).toContain(word);
  });

  test.each([
    ['before a heading', '---\n\n# One\n\nwho: calls\n\n---\n\n# Two\n\nmarker'],
    ['right before a heading', '---\n# One\n\nwho: calls\n\n---\n\n# Two\n\nmarker'],
    ['before a sentence', '---\nOne\n\n---\nmarker'],
    ['before a list', '---\n- One\n- marker\n---\n'],
    ['without another one', '---\nOne: two\n\nmarker'],
  ])('D2 a rule is a rule: %s', async (_name, source) => {
    const text = await markdown(source);
    expect(text).toContain('One');
    expect(text).toContain('marker');
  });
});

describe('as a reader sees it', () => {
  test.each([
    ['un<b>finish</b>ed, H<sub>2</sub>O, Thea<wbr>ter', ['unfinished', 'H2O', 'Theater'], []],
    ['<script>marker()</script>\n\n<style>.marker{}</style>\n\ntext', ['text'], ['marker']],
    ['Claim[^1].\n\n[^1]: https://example.org/marker', ['Claim', 'example.org/marker'], []],
    ['Claim[^n].\n\n[^n]: marker', ['Claim', 'marker'], []],
    ['[text][ref]\n\n[ref]: https://example.org "t"', ['text'], ['example.org']],
    ['<details>\n<summary>More</summary>\n\n**marker**\n\n</details>', ['More', 'marker'], []],
    ['<div hidden>\n\nmarker\n\n</div>\n\ntext', ['text'], ['marker']],
    ['> quoted\n>\n> - [x] done *a*\n', ['quoted', 'done a'], []],
    ['| a | b |\n|---|---|\n| x<br>y | z |\n', ['a', 'y', 'z'], ['<br>']],
    ['<!-- marker -->\n\ntext', ['text'], ['marker']],
    ['a\\*b &amp; `c<d>`', ['a*b & c<d>'], []],
  ])('D2 %j', async (source, shown, hidden) => {
    const text = await markdown(source);
    for (const word of shown) expect(text).toContain(word);
    for (const word of hidden) expect(text).not.toContain(word);
  });
});

describe('hostile Markdown is read in time that grows with its length', () => {
  const alias = 'bcdefghi'.split('').map((name, at) => {
    const before = 'abcdefgh'[at];
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`;
  });
  test.each([
    ['thirty comments before a heading', `${'<!-- -->'.repeat(43)}\n# marker`],
    ['declarations', `${'<?xml>'.repeat(30)}\n\nmarker`],
    ['quotations in quotations', `${'>'.repeat(20_000)} marker`],
    ['brackets', `${'['.repeat(2000)} marker`],
    ['front matter that is nested', `---\na: ${'['.repeat(5000)}\n---\nmarker`],
    ['front matter of aliases', `---\na: &a [x]\n${alias.join('\n')}\n---\nmarker`],
    ['front matter that never ends', `---\n${'a: b\n'.repeat(50_000)}marker`],
  ])('D6 %s', async (_name, source) => {
    expect(await markdown(source)).toContain('marker');
  });
});

test('D2 the name that a heading is linked to by is no part of it', async () => {
  expect(await titleOf('# **Brochure** {#the-brochure}\n\nbody')).toBe('Brochure');
  expect(await titleOf('# Sets {a, b} and {#}\n\nbody')).toBe('Sets {a, b} and {#}');
});

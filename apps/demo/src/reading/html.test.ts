import { describe, expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';

const page = (body: string): string =>
  `<html><head><title>T</title></head><body>${body}</body></html>`;
const html = (body: string): Promise<string> => textOf(page(body), '.html');
const filler = `<main><p>${'The stage manager calls a cue. '.repeat(40)}</p></main>`;

describe('what a page shows is found', () => {
  test.each([
    ['a table beside the main content', `${filler}<table><tr><td>marker</td></tr></table>`],
    ['a list after it', `${filler}<ul class="extra"><li>marker</li></ul>`],
    ['a quotation', `${filler}<blockquote>marker</blockquote>`],
    ['a header by its class', `<div class="header banner">marker</div>${filler}`],
    ['a remark, a comment, a sidebar', `${filler}<div class="remark comment sidebar">marker</div>`],
    ['a header element', `<header>marker</header>${filler}`],
    ['a footer element', `${filler}<footer>marker</footer>`],
    ['an aside', `${filler}<aside>marker</aside>`],
    ['a caption of a figure', `${filler}<figure><figcaption>marker</figcaption></figure>`],
    ['details that are closed', `<details><summary>more</summary>marker</details>`],
    ['a dialog that is open', `<dialog open>marker</dialog>`],
    ['an option', `<select><option>one<option>marker</select>`],
    ['the label of a group of options', `<select><optgroup label="marker"></optgroup></select>`],
    ['the value of a field', `<input value="marker">`],
    ['the hint in a field', `<input type="search" placeholder="marker">`],
    ['a text area', `<textarea>marker</textarea>`],
    ['a button', `<button>marker</button>`],
    ['the label of a button', `<input type="submit" value="marker">`],
    ['the text in place of a picture', `<img alt="marker" src="x">`],
    ['a frame with its own source', `<iframe srcdoc="&lt;p&gt;marker&lt;/p&gt;"></iframe>`],
    ['a text in a drawing', `<svg><title>no</title><text>marker</text></svg>`],
    ['a formula', `<math><mi>marker</mi></math>`],
    ['what is hidden from a screen reader alone', `<p aria-hidden="true">marker</p>`],
    ['what a search uncovers', `<p hidden="until-found">marker</p>`],
    ['text after an unclosed element', `<center><b>bold<p>marker`],
    ['a page without frames', `<noframes>marker</noframes>`],
    ['navigation, where there is nothing else', `<nav><a href="/">marker</a></nav>`],
  ])('D2 %s', async (_name, body) => {
    expect(await html(body)).toContain('marker');
  });

  test.each([
    ['navigation', `<nav>marker</nav><p>text</p>`],
    ['navigation by its role', `<div role="navigation">marker</div><p>text</p>`],
    ['a script', `<script>marker</script><p>text</p>`],
    ['a style', `<style>marker</style><p>text</p>`],
    ['a template', `<template>marker</template><p>text</p>`],
    ['what stands in for a script', `<noscript>marker</noscript><p>text</p>`],
    ['a hidden element', `<div hidden><p>marker</div><p>text</p>`],
    [
      'what is not displayed',
      `<div style="color:red; DISPLAY : none !important">marker</div><p>text</p>`,
    ],
    ['what is not visible', `<div style="visibility:hidden">marker</div><p>text</p>`],
    ['a dialog that is closed', `<dialog>marker</dialog><p>text</p>`],
    ['a hidden field', `<input type="hidden" value="marker"><p>text</p>`],
    ['a password', `<input type="password" value="marker"><p>text</p>`],
    ['a comment', `<!-- marker --><p>text</p>`],
    ['the source of a formula', `<math><mi>x</mi><annotation>marker</annotation></math>`],
  ])('D2 %s stays out', async (_name, body) => {
    expect(await html(body)).not.toContain('marker');
  });

  test('D2 what was left out is told', async () => {
    const { notes } = await parseFile(Buffer.from(page('<nav>a</nav><p>b</p>')), '.html');
    expect(notes).toEqual(['Its navigation was left out.']);
  });
});

describe('words are parted where a browser parts them', () => {
  const blocks =
    'address article aside blockquote center dd details dir div dl dt fieldset figcaption figure footer form h1 header hgroup legend li listing main menu ol p pre search section summary table td th ul xmp option'.split(
      ' ',
    );
  test.each(blocks)('D2 %s stands for itself', async (name) => {
    const words = (await html(`before<${name}>alpha</${name}>omega`)).split(/[\s|]+/);
    expect(words).toEqual(expect.arrayContaining(['before', 'alpha', 'omega']));
  });

  test.each([
    ['un<b>finish</b>ed', 'unfinished'],
    ['Thea<wbr>ter', 'Theater'],
    ['one<br>two', 'one two'],
    ['H<sub>2</sub>O', 'H2O'],
    ['m<sup>2</sup>', 'm2'],
    ['12 km<sup>2</sup>', 'km2'],
    ['the 1<sup>st</sup> act', '1st act'],
    ['M<sup>me</sup> B', 'Mme B'],
    ['The curtain<sup>1</sup> falls', 'curtain 1 falls'],
    ['curtain<sup><a href="#n">a</a></sup> falls', 'curtain a falls'],
    ['curtain<sup>[12]</sup> falls', 'curtain [12] falls'],
    ['in 1998<sup>3</sup> it', '1998 3 it'],
    ['<ruby>舞<rt>ぶ</rt>台<rt>たい</rt></ruby>に立つ', '舞台に立つ ぶ たい'],
    ['<ruby>舞台<rp>(</rp><rt>ぶたい</rt><rp>)</rp></ruby>', '舞台 ぶたい'],
    ['<tr><td>a<td>b<tr><td>c</table>', 'a | b'],
    ['<span>one</span><span style="display:block">two</span>', 'one two'],
    ['a<img alt="b">c', 'a b c'],
    ['<dl><dt>t<dd>d</dl>', 't d'],
  ])('D2 %s is read as "%s"', async (source, text) => {
    expect((await html(source)).replace(/\s+/g, ' ')).toContain(text);
  });
});

test('D2 a page is found by its title, with or without a head that is closed', async () => {
  for (const source of [
    '<title>Marker</title><p>text',
    '<html><head><title>Marker</title><body><p>text</body></html>',
    '<html><head><title>Marker</title><p>text',
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Marker</title><script src="x"/></head><body><p>text</p></body></html>',
  ]) {
    const { title, passages } = await parseFile(Buffer.from(source), '.html');
    expect({ title, text: passages.map(({ text }) => text) }).toEqual({
      title: 'Marker',
      text: ['text'],
    });
  }
});

const many = 20_000;
describe('any number of elements is read in time that grows with their number', () => {
  test.each([
    ['nested', `${'<div>'.repeat(1000)}marker${'</div>'.repeat(1000)}`],
    ...[
      'div',
      'font',
      'p',
      'b',
      'a',
      'table',
      'td',
      'span',
      'svg',
      'sup',
      'ruby',
      'nav',
      'select',
    ].map((name): [string, string] => [
      `${name}, unclosed`,
      `${`<${name}>x `.repeat(many)}</nav>marker`,
    ]),
    ['closed in the wrong order', `${'<b><i>'.repeat(many)}x${'</b></i>'.repeat(many)}marker`],
    ['closed without an opening', `${'<div>'.repeat(many)}${'</p></i></b>'.repeat(many)}marker`],
    ['tables in cells', `${'<table><tr><td>x'.repeat(many)}marker`],
    ['open comments', `${'<!-- '.repeat(many)}-->marker`],
    ['signs', `${'<'.repeat(many)} marker`],
  ])('D6 %s', async (_name, body) => {
    expect(await html(body)).toContain('marker');
  });
});

import { expect, test } from 'vitest';
import { msgOf } from '../testing/outlook.ts';
import { docxOf, epubOf, openDocumentOf, pptxOf, xlsxOf } from '../testing/packages.ts';
import { pagePdf } from '../testing/pdf.ts';
import { ParseProcess } from './parse-process.ts';

const utf8 = (text: string): Uint8Array => Buffer.from(text);
const drawn = '<a:p><a:r><a:t>marker</a:t></a:r></a:p>';

// Each parser loads its own code there, and some have it read files of their package.
test.each<[string, Uint8Array]>([
  ['.docx', docxOf('<w:p><w:r><w:t>marker</w:t></w:r></w:p>')],
  ['.pptx', pptxOf([drawn])],
  ['.xlsx', xlsxOf('<row><c t="inlineStr"><is><t>marker</t></is></c></row>')],
  ['.odt', openDocumentOf('text', '<text:p>marker</text:p>')],
  ['.epub', epubOf({ 'a.xhtml': '<p>marker</p>' })],
  ['.pdf', pagePdf({ lines: ['marker'] })],
  ['.msg', msgOf({ '0037': 'Subject', 1000: 'marker' })],
  ['.eml', utf8('MIME-Version: 1.0\nFrom: a@b.example\n\nmarker')],
  ['.rtf', utf8('{\\rtf1\\ansi marker}')],
  ['.html', utf8('<p>marker</p>')],
  ['.md', utf8('---\ntitle: x\n---\nmarker')],
  ['.csv', utf8('a,b\nmarker,c')],
  ['.json', utf8('{"a":"marker"}')],
  ['.jsonl', utf8('{"a":"marker"}')],
  ['.srt', utf8('1\n00:00:01,000 --> 00:00:02,000\nmarker')],
  ['.txt', Buffer.from('marker äöü', 'latin1')],
])('D6 %s is read by the process that may do nothing else', async (extension, bytes) => {
  await using child = new ParseProcess();
  const outcome = await child.parse(bytes, extension);
  expect(JSON.stringify(outcome)).toContain('marker');
});

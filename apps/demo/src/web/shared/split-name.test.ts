import { expect, test } from 'vitest';
import { splitName } from './split-name.ts';

test.each([
  ['short.txt', 'short.txt', ''],
  ['notes-of-the-whole-company.docx', 'notes-of-the-whole-com', 'pany.docx'],
  ['a-name-without-any-extension', 'a-name-without-any-exten', 'sion'],
  ['.a-hidden-file-of-a-long-name', '.a-hidden-file-of-a-long-', 'name'],
  ['spread.out-over-a-very-long-extension', 'spread.out-over-a-very-long-exten', 'sion'],
  ['\u{1f3ad}'.repeat(30), '\u{1f3ad}'.repeat(26), '\u{1f3ad}'.repeat(4)],
  [`${'\u05d0'.repeat(30)}.pdf`, `${'\u05d0'.repeat(30)}.pdf`, ''],
])('D11 a long name keeps its end in sight: %s', (name, start, end) => {
  expect(splitName(name)).toEqual({ start, end });
  expect(start + end).toBe(name);
});

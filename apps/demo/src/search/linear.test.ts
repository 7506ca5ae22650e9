import { expect, test } from 'vitest';
import { describe as describeError } from '../server/logs/logger.ts';
import { fold } from './fold.ts';
import { indexedForm, tokensOf } from './tokens.ts';

// So long that work which grows with the square of it would not end within a test's time.
const many = 100_000;

const texts: Readonly<Record<string, string>> = {
  'marks alone': '\u0301'.repeat(many),
  'marks over a Cyrillic letter': `е${'\u0308'.repeat(many)}`,
  'other marks over a Cyrillic letter': `и${'\u0306'.repeat(many)}`,
  'marks over a Latin letter': `a${'\u0301'.repeat(many)}`,
  'marks over a Han character': `中${'\u0301'.repeat(many)}`,
  'dots below': '\u093c'.repeat(many),
  'numbers of notes': `note${'\u00b9'.repeat(many)}x`,
  'one plain stretch beside another letter': `${'a'.repeat(many)} é`,
  'joiners alone': '\u200d'.repeat(many),
  'hangul alone': '가'.repeat(many),
};

test.each(Object.entries(texts))(
  'F1 D2 %s are folded and parted into words in one pass',
  (_, text) => {
    expect(fold(text).length).toBeLessThanOrEqual(text.length);
    expect(indexedForm(text).length).toBeGreaterThan(0);
    expect([...tokensOf(text)].length).toBeLessThanOrEqual(many);
  },
);

test('F2 D10 a long line of an error is looked through once', () => {
  const error = new Error('long');
  error.stack = `Error: long\n    at ${'a'.repeat(many)}\n    at read (/home/me/app/file.ts:12:5)`;
  expect(describeError(error)).toMatchObject({ at: ['file.ts:12'] });
});

import { Blob } from 'node:buffer';
import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { append } from './append.ts';
import { JoinedBlob } from './joined-blob.ts';

const head = 'From: a@example.org\nTo: b@example.org\nMIME-Version: 1.0\nSubject: s\n';

test('D12 pieces of every kind are joined in their order', async () => {
  const some = new Uint8Array([0x78, 0x62, 0x78]);
  const pieces = ['a', some.subarray(1, 2), new Blob(['c']), some.slice(0, 1).buffer, 'ü'];
  const many = Array.from({ length: 50 }, () => pieces).flat();
  const blob = new JoinedBlob(many, { type: 'text/plain' });
  expect(await blob.text()).toBe('abcxü'.repeat(50));
  expect(blob.type).toBe('text/plain');
});

test.each([
  [
    'flows',
    130_000,
    'Content-Type: text/plain; format=flowed\n\nfirst \nline\n\n> quoted \n> on\n\n',
  ],
  ['holds a mail', 20_000, `Content-Type: message/rfc822\n\n${head}\nfirst line\n\nquoted on\n\n`],
  ['has lines of dashes', 20_000, 'Content-Type: text/plain\n\nfirst line\n\nquoted on\n\n--\n\n'],
])('D12 a mail that %s has %i paragraphs', async (_name, count, begin) => {
  const shown = await textOf(`${head}${begin}${'a\n\n'.repeat(count)}the end`, '.eml');
  // What the parser has put together is not made of its pieces, whose number makes it slow.
  expect(globalThis.Blob).toBe(JoinedBlob);
  expect(shown).toContain('first line');
  expect(shown).toMatch(/quoted (?:> )?on/);
  expect(shown).toContain('the end');
});

test('D12 as many blocks as a large sheet has are put behind others', () => {
  const all = ['first'];
  append(all, Array<string>(500_000).fill('row'));
  expect(all).toHaveLength(500_001);
});

import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { withFewerLines } from './mail-lines.ts';

const head = 'From: a@example.org\nMIME-Version: 1.0\n';
const short = 'ab\n'.repeat(30_000);
const linesOf = (mail: Buffer): number => mail.toString('latin1').split('\n').length;

test.each([
  ['plain', `${head}Subject: s\n\nfirst\n\nsecond\n${short}`],
  ['of Windows', `${head}Subject: s\n\nfirst\n\nsecond\n${short}`.replaceAll('\n', '\r\n')],
  ['empty', `${head}Subject: s\n\n${'\n'.repeat(50_000)}first`],
])(
  'D12 a mail of tens of thousands of lines is few pieces to its parser: %s',
  async (_name, mail) => {
    expect(linesOf(withFewerLines(Buffer.from(mail)))).toBeLessThan(10);
    const shown = await textOf(mail, '.eml');
    expect(shown).toContain('first');
    expect(shown.includes('second ab')).toBe(mail.includes('second'));
  },
);

test('D12 parts of it, mails within it and its encoded texts stay what they are', async () => {
  const part = (fields: string, text: string): string => `--x\n${fields}\n\n${text}\n`;
  const mail = [
    `${head}Subject: outer\nContent-Type: multipart/mixed; boundary=x\n\n`,
    part('Content-Type: text/plain', short),
    part(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable',
      'sce=\nnery B=C3=BChne',
    ),
    part('Content-Type: text/plain; format=flowed', 'it flows \non'),
    part('Content-Type: message/rfc822', `${head}Subject: inner\n\nbody of it`),
    part('Content-Type: text/html', '<p>page\n<p>end'),
    '--x--\n',
  ].join('');
  const shown = await textOf(mail, '.eml');
  for (const words of [
    'outer',
    'scenery Bühne',
    'it flows on',
    'inner',
    'body of it',
    'page end',
  ]) {
    expect(shown).toContain(words);
  }
  expect(linesOf(withFewerLines(Buffer.from(mail)))).toBeLessThan(40);
});

import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { msgOf } from '../testing/outlook.ts';
import { textOf } from '../testing/parsing.ts';
import { parseFile } from './parse-file.ts';
import { ParseProcess } from './parse-process.ts';

const fields = 'From: a@example.org\nSubject: The subject\nMIME-Version: 1.0\n';
const mail = (rest: string | Uint8Array, head = fields): Uint8Array =>
  Buffer.concat([Buffer.from(head), Buffer.from(rest)]);
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const parts = (...all: readonly string[]): string =>
  `Content-Type: multipart/mixed; boundary="x"\n\n${all.map((part) => `--x\n${part}\n`).join('')}--x--\n`;

test.each([
  ['no encoding is declared', latin('Content-Type: text/plain\n\nBühne'), 'Bühne'],
  ['nothing at all is declared', latin('\nBühne'), 'Bühne'],
  [
    'UTF-8 is declared, and it is Latin-1',
    latin('Content-Type: text/plain; charset=utf-8\n\nBühne der Größe'),
    'Bühne der Größe',
  ],
  [
    'ASCII is declared, and it is UTF-8',
    'Content-Type: text/plain; charset=us-ascii\n\nBühne der Größe',
    'Bühne der Größe',
  ],
  [
    'Latin-1 is declared, and it is UTF-8',
    'Content-Type: text/html; charset=iso-8859-1\n\n<p>Bühne',
    'Bühne',
  ],
  [
    'it is of DOS',
    iconv.encode('Content-Type: text/plain; charset=cp850\n\nBühne', 'cp850'),
    'Bühne',
  ],
  ['its fields are in Latin-1', latin('Organization: Gro\xdfe B\xfchne\n\nx'), 'Große Bühne'],
  ['it is UTF-7', 'Content-Type: text/plain; charset=utf-7\n\nB+APw-hne', 'Bühne'],
  [
    'it is what is declared',
    latin('Content-Type: text/plain; charset=iso-8859-1\n\nÂ§ of é'),
    'Â§ of é',
  ],
])('D2 the encoding of a mail is checked against its bytes: %s', async (_name, rest, shown) => {
  const text = await textOf(mail(rest), '.eml');
  expect(text).toContain(shown);
  expect(text).not.toContain('\ufffd');
});

test.each([
  [
    'a mail that is attached',
    parts(
      'Content-Type: text/plain\n\nouter',
      'Content-Type: message/rfc822\nContent-Disposition: attachment; filename="f.eml"\n\nSubject: inner subject\nContent-Type: text/plain\n\ninner body',
    ),
    ['outer', 'inner subject', 'inner body', 'f.eml'],
  ],
  ['its day', 'Date: Tue, 03 Feb 2026 10:00:00 +0100\n\nx\n', ['2026-02-03']],
  [
    'an invitation',
    parts(
      'Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:rehearsal\nEND:VEVENT\nEND:VCALENDAR',
    ),
    ['rehearsal'],
  ],
  [
    'why it did not arrive',
    parts(
      'Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@example.org\nDiagnostic-Code: smtp; 550 unknown',
      'Content-Type: text/rfc822-headers\n\nSubject: of that mail',
    ),
    ['550 unknown', 'of that mail'],
  ],
  [
    'a card',
    parts('Content-Type: text/vcard; name=c.vcf\n\nBEGIN:VCARD\nFN:Ada Lovelace\nEND:VCARD'),
    ['Ada Lovelace'],
  ],
  [
    'what its fields say',
    'Sender: Bea <b@example.org>\nOrganization: The stage\nKeywords: light\nComments: in a hurry\n\nx\n',
    ['Bea', 'The stage', 'light', 'in a hurry'],
  ],
  ['a text in RTF', 'Content-Type: text/rtf\n\n{\\rtf1 rich\\par}\n', ['rich']],
  [
    'a text that is enriched',
    'Content-Type: text/enriched\n\n<bold>rich</bold> text\n',
    ['rich text'],
  ],
  [
    'a text in Markdown',
    'Content-Type: text/markdown\n\n# head\n\n*under*neath\n',
    ['head', 'underneath'],
  ],
  [
    'to whom it is hidden, and where answers go',
    'Bcc: Bea <b@example.org>\nReply-To: c@example.org\n\nx\n',
    ['Bea', 'c@example.org'],
  ],
])('D2 %s is read with the mail', async (_name, rest, shown) => {
  const text = await textOf(mail(rest), '.eml');
  for (const words of shown) expect(text).toContain(words);
});

test('D12 mails within mails are read as deep as anybody forwards them', async () => {
  let inner = 'Subject: innermost\n\nend';
  for (let depth = 0; depth < 40; depth += 1) {
    inner = `Subject: mail ${depth}\nMIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n${inner}`;
  }
  expect(await textOf(`From: a@example.org\n${inner}`, '.eml')).toContain('mail 39');
});

test('D2 files that Outlook packed into winmail.dat are found by their names, and it is told', async () => {
  const attribute = (id: number, data: Buffer): Buffer => {
    const head = Buffer.alloc(9, 2);
    head.writeUInt32LE(id, 1);
    head.writeUInt32LE(data.length, 5);
    return Buffer.concat([head, data, Buffer.alloc(2)]);
  };
  const packed = Buffer.concat([
    Buffer.from('789f3e220100', 'hex'),
    attribute(0x0006_9007, Buffer.from('e3040000', 'hex')),
    attribute(0x0001_8010, Buffer.from('d1f6e5ede02e70646600', 'hex')),
    Buffer.from('02108001ffffffff', 'hex'),
  ]).toString('base64');
  const source = mail(
    parts(
      'Content-Type: text/plain\n\ntext',
      `Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n${packed}`,
    ),
  );
  expect(await textOf(source, '.eml')).toContain('winmail.dat, Сцена.pdf');
  expect((await parseFile(source, '.eml')).notes).toEqual([
    'What Outlook packed into a part of its own form was left out, but for the names.',
  ]);
});

test('D2 mails that are attached to those of Outlook are read', async () => {
  const inner = { '0037': 'inner subject', '1000': 'inner text', '0C1A': 'Bea' };
  const source = msgOf({ '0037': 'outer' }, [{ '3701000D': inner }, { 3707: 'plan.pdf' }]);
  await using child = new ParseProcess();
  const shown = JSON.stringify(await child.parse(source, '.msg'));
  for (const words of ['outer', 'inner subject', 'inner text', 'From: Bea', 'plan.pdf']) {
    expect(shown).toContain(words);
  }
});

test('D2 a mail as Apple Mail keeps it is read without what stands around it', async () => {
  const mail =
    'From: a@example.org\nSubject: kept\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nBühne\n';
  const file = `${Buffer.byteLength(mail)}      \n${mail}<?xml version="1.0"?><plist><dict><key>flags</key></dict></plist>`;
  const { title, mediaType } = await parseFile(Buffer.from(file), '.emlx');
  expect({ title, mediaType }).toEqual({ title: 'kept', mediaType: 'message/rfc822' });
  const text = await textOf(file, '.emlx');
  expect(text).toContain('Bühne');
  expect(text).not.toContain('plist');
});

test('D2 what the plain text of a mail has beside its page is found, and what both have once', async () => {
  const part = (type: string, text: string): string =>
    `--x\nContent-Type: text/${type}; charset=utf-8\n\n${text}\n`;
  const text = await textOf(
    `From: a@example.org\nSubject: s\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=x\n\n${part('plain', 'The *stage* is https://example.org/a lit.\n\nSeen from https://example.org/b\n\nA file of its own.')}${part('html', '<p>The <b>stage</b> is lit. Seen <a href="https://example.org/b">from</a>')}--x--\n`,
    '.eml',
  );
  expect(text).toContain('A file of its own.');
  expect(text.match(/stage/g)).toHaveLength(1);
  expect(text).not.toContain('example.org/b');
});

import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';

const calendar = [
  'BEGIN:VCALENDAR',
  'PRODID:-//Someone//NONSGML//EN',
  'BEGIN:VEVENT',
  'UID:1234@example.org',
  'DTSTART;TZID=Europe/Berlin:20260131T183000',
  'SUMMARY:A long reh',
  ' earsal',
  'LOCATION;LANGUAGE=en:Hall 3\\, upper floor',
  'DESCRIPTION:first line\\nsecond line',
  'ORGANIZER;CN="Ada L.":mailto:ada@example.org',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'SUMMARY:Another',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');

test('D2 a calendar is read by what its events say, each for itself', async () => {
  const text = await textOf(calendar, '.ics');
  expect(text.trim().split(/\n+/)).toEqual([
    '2026-01-31 18:30 A long rehearsal Hall 3, upper floor first line second line Ada L. mailto:ada@example.org',
    'Another',
  ]);
  expect(await textOf(calendar, '.txt')).toBe(text);
});

test.each([
  [
    '3.0',
    'N:Müller;Eva;;;\nTEL;TYPE=home:+49 30 1\nitem1.EMAIL:e@example.org',
    'Müller Eva +49 30 1 e@example.org',
  ],
  ['2.1', 'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\nller;Eva', 'Müller Eva'],
  ['2.1', 'FN:Eva\nPHOTO;ENCODING=BASE64;JPEG:\n /9j/4AAQ\nNOTE:a note', 'Eva a note'],
  [
    '4.0',
    'FN:Eva\nADR:;;Street 1;City;;12345;\nORG:House;Stage',
    'Eva Street 1 City 12345 House Stage',
  ],
])('D2 a card of version %s is read by what stands upon it: %j', async (version, lines, shown) => {
  const card = `BEGIN:VCARD\nVERSION:${version}\n${lines}\nEND:VCARD\n`;
  expect((await textOf(card, '.vcf')).replace(/\s+/g, ' ').trim()).toBe(shown);
});

test('D12 a line that is folded a hundred thousand times is one line', async () => {
  const folded = `BEGIN:VCALENDAR\nSUMMARY:${'a\n b'.repeat(100_000)} end\nEND:VCALENDAR\n`;
  expect(await textOf(folded, '.ics')).toContain('end');
  const quoted = `BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:${'=41=\n'.repeat(200_000)}end\n`;
  expect(await textOf(quoted, '.vcf')).toContain('end');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold } from './fold.ts';
import { indexedForm, tokensOf } from './tokens.ts';

const wordsOf = (text: string): string[] => [...tokensOf(text)].map((token) => token.text);
const nfd = (text: string): string => text.normalize('NFD');

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      ...[
        'a',
        'É',
        'ß',
        'e\u0301',
        '\u00ad',
        '\u200d',
        '\u2060',
        '\ufeff',
        '\ufe0f',
        'ﬃ',
        'Ａ',
        '１',
      ],
      ...[
        '舞',
        'ﾌ',
        '\uff9f',
        'か',
        '\u3099',
        '무',
        '\u1106\u116e',
        'เ',
        'ว',
        'ที',
        'क',
        'ि',
        '्',
        'ש',
        '\u05b8',
      ],
      ...['ك', '\u0650', '²', '㎡', '㍿', '™', ' ', '.', '-', '𝔸', '🎭', '٣'],
    ),
    maxLength: 30,
  }),
);

test('D4 folding twice is folding once', () => {
  fc.assert(
    fc.property(text, (any) => {
      for (const word of wordsOf(any)) expect(fold(word)).toBe(word);
    }),
    { numRuns: 5000 },
  );
});

test('D4 places of words lie in the text, in order, and what stands there is the word', () => {
  fc.assert(
    fc.property(text, (any) => {
      let start = 0;
      for (const token of tokensOf(any)) {
        expect(token.start).toBeGreaterThanOrEqual(start);
        expect(token.end).toBeGreaterThan(token.start);
        expect(token.end).toBeLessThanOrEqual(any.length);
        expect(wordsOf(any.slice(token.start, token.end))).toContain(token.text);
        start = token.start;
      }
    }),
    { numRuns: 5000 },
  );
});

test('D4 the index has the words that marks are found by', () => {
  fc.assert(
    fc.property(text, (any) => {
      // What the tokenizer `ascii` does with what it is given.
      const indexed =
        indexedForm(any)
          .toLowerCase()
          .match(/(?:[a-z0-9]|[^\0-\x7f])+/g) ?? [];
      expect(indexed).toEqual(wordsOf(any));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['Straße', 'strasse'],
  ['STRASSE', 'strasse'],
  ['Smørrebrød', 'smorrebrod'],
  ['Łódź', 'lodz'],
  ['Đà', 'da'],
  ['Ærø', 'aero'],
  ['Œuvre', 'oeuvre'],
  ['İstanbul', 'istanbul'],
  ['ısı', 'isi'],
  ['Ångström', 'angstrom'],
  [nfd('Ångström'), 'angstrom'],
  ['Việt', 'viet'],
  ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
  ['ёлка', 'елка'],
  ['мой', 'мой'],
  [nfd('мой'), 'мой'],
  ['за́мок', 'замок'],
  ['Thea\u00adter', 'theater'],
  ['Thea\u200bter', 'theater'],
  ['wo\ufeffrd', 'word'],
  ['\u202babc\u202c', 'abc'],
  ['g\u034fo', 'go'],
  ['oﬃce', 'office'],
  ['ＡＢＣ', 'abc'],
  ['𝐁𝐨𝐥𝐝', 'bold'],
  ['m²', 'm2'],
  ['CO₂', 'co2'],
  ['Theater²', 'theater'],
  ['Offstage™', 'offstage'],
  ['١٢٣', '123'],
  ['४२', '42'],
  ['كـتـاب', 'كتاب'],
  ['کتاب', 'كتاب'],
  ['شָׁלוֹם'.replace('ش', 'ש'), 'שלום'],
  // Both ways in which a nasal is written, but not a doubled letter.
  ['हिन्दी', 'हिंदी'],
  ['हिंदी', 'हिंदी'],
  ['पञ्चम', 'पंचम'],
  ['घण्टा', 'घंटा'],
  ['चम्पा', 'चंपा'],
  ['गङ्गा', 'गंगा'],
  ['हँसना', 'हंसना'],
  ['अन्न', 'अन्न'],
  ['தமிழ்', 'தமிழ்'],
  [nfd('무대'), '무대'],
])('D4 %s is found as %s', (written, word) => {
  expect(wordsOf(written)).toEqual([word]);
});

test.each([
  ['使用GPU加速', ['使', '用', 'gpu', '加', '速']],
  ['第3章', ['第', '3', '章']],
  ['GPU를', ['gpu', '를']],
  [nfd('ガイド'), ['ガ', 'イ', 'ド']],
  ['ｶﾞｲﾄﾞ', ['ガ', 'イ', 'ド']],
  ['㍿', ['株', '式', '会', '社']],
  ['ช่างไฟตรวจเวที', ['ช่างไฟ', 'ตรวจ', 'เวที']],
  ['ຊ່າງໄຟກວດເວທີ', ['ຊ່າງ', 'ໄຟ', 'ກວດ', 'ເວທີ']],
])('D4 %s is several words', (written, words) => {
  expect(wordsOf(written)).toEqual(words);
});

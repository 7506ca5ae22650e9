import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { textOf } from '../testing/parsing.ts';
import { decodeText } from './decode-text.ts';

// Nothing here writes Johab; Python's codec has made these.
const korean =
  '조명 기사가 무대 옆에서 신호를 기다린다. 곧 시작하는 공연을 보는 관객이 있다. 舞臺 「A」';
const inJohab = Buffer.from(
  'b9a1a177208ba1ac61886120a281948120b57cb541ace120afa5d1a19f69208ba194619fa594612e2089a820afa1b862d06193652089b7b565b76920a5a193652089c58882b7a120b7b694612e20e7f1e4e620d94841d949',
  'hex',
);

test('D2 Korean that composes its syllables of letters is read, declared or not', async () => {
  expect(await decodeText(inJohab)).toBe(korean);
  const signs = Buffer.from('dc3e2088618862d3bd', 'hex');
  for (const name of ['johab', 'x-Johab', 'cp1361', 'KS_C_5601-1992']) {
    expect(await decodeText(signs, name)).toBe('㎜ 가각힣');
  }
  const page = Buffer.concat([Buffer.from('<meta charset="johab"><p>'), signs]);
  expect(await textOf(page, '.html')).toContain('가각힣');
});

test.each(['ff', 'b9', 'dfa1', 'd97f', 'd8a1', '8041', 'b9a1a1'])(
  'D12 %s is no Korean of that kind, and read as something else',
  async (hex) => {
    expect(await decodeText(Buffer.from(hex, 'hex'), 'johab')).not.toBe('');
  },
);

const sentences: readonly (readonly [string, readonly string[]])[] = [
  ['Осветитель стоит у сцены, и занавес поднимается.', ['cp855', 'maccyrillic']],
  ['Освітлювач стоїть біля сцени, і вистава починається.', ['cp1125', 'koi8-u']],
  ['Осветителят стои до сцената и представлението започва.', ['cp855', 'maccyrillic']],
  [
    'Ο φωτιστής στέκεται δίπλα στη σκηνή. Η αυλαία σηκώνεται και η παράσταση αρχίζει.',
    ['cp737', 'cp869', 'macgreek', 'iso-8859-7'],
  ],
  ['התאורן עומד ליד הבמה ומחכה לאות. המסך עולה וההצגה מתחילה.', ['cp862', 'windows-1255']],
  ['يقف فني الإضاءة بجانب المسرح وينتظر الإشارة.', ['cp720', 'iso-8859-6', 'windows-1256']],
  ['Լուսավորողը կանգնած է բեմի կողքին և վարագույրը բարձրանում է', ['armscii8']],
  [
    'განათების ოსტატი დგას სცენის გვერდით. ფარდა იხსნება და სპექტაკლი იწყება.',
    ['georgianps', 'georgianacademy'],
  ],
  ['Người phụ trách ánh sáng đứng cạnh sân khấu và chờ. Khán giả không nói.', ['viscii', 'tcvn']],
  [
    'Ljósamaðurinn stendur við sviðið. Það er þögn í salnum og áhorfendur bíða.',
    ['cp861', 'maciceland'],
  ],
  ['Işıkçı sahnenin yanında duruyor ve perde açılıyor.', ['iso88593']],
  ['Światła są zgaszone, a żółty reflektor świeci na scenę i nie gaśnie.', ['windows-1257']],
];

test.each(sentences.flatMap(([text, encodings]) => encodings.map((name) => [name, text] as const)))(
  'D2 text in %s that nobody names is told: %s',
  async (name, text) => {
    expect(await decodeText(iconv.encode(text, name))).toBe(text);
  },
);

test('D2 Vietnamese whose marks stand behind their letters is read', async () => {
  const text = 'Khán giả không nói và chờ.';
  // Windows-1258 has the letters, and the tones by themselves.
  const tones = /[\u0300\u0301\u0303\u0309\u0323]/g;
  const parted = text.replace(/\p{L}/gu, (letter) => {
    const all = letter.normalize('NFD');
    return all.replace(tones, '').normalize('NFC') + (all.match(tones)?.join('') ?? '');
  });
  const found = await decodeText(iconv.encode(parted, 'windows-1258'));
  expect(found.normalize('NFC')).toBe(text);
});

test.each([
  ['+yHC6hQ +rjDArKwA. +uzSzAA', '조명 기사가. 무대'],
  ['+BCEERgQ1BD0EMA, +BDc +BDA', 'Сцена, з а'],
  ['+BwhV +ABCD is a+abcd and 1+1', '+BwhV +ABCD is a+abcd and 1+1'],
])('D2 UTF-7 is told where blanks end its stretches: %s', async (source, text) => {
  expect(await decodeText(Buffer.from(source))).toBe(text);
});

test.each([
  ...[
    '€ 100',
    '§ 5',
    '½',
    '12 × 34',
    '© 2026',
    '10 – 20',
    '“1”',
    'Ä',
    'ÖÖ',
    '7²',
    '• 1\n• 2\n',
    '(®)',
  ],
  ...['100 °', '« 12 »', '5 µm', '3 µg of it', 'é'],
])('D2 signs that stand by themselves are Western: %j', async (text) => {
  expect(await decodeText(iconv.encode(text, 'windows-1252'))).toBe(text);
});

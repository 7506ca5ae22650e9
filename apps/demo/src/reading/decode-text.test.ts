import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { decodeText } from './decode-text.ts';
import { parseFile } from './parse-file.ts';

const samples: readonly (readonly [string, readonly string[]])[] = [
  [
    'Die Bühne ist leer, die Gäste hören Schritte über der großen Treppe.',
    ['windows-1252', 'iso-8859-1', 'iso-8859-15'],
  ],
  [
    'Le régisseur appelle l’éclairage à l’entrée, où le décor a été déplacé.',
    ['windows-1252', 'macintosh'],
  ],
  ['Oświetleniowiec sprawdził scenę, gdy zaczęła się próba.', ['iso-8859-2', 'windows-1250']],
  ['Osvětlovač zkontroloval jeviště, když začala zkouška.', ['iso-8859-2', 'windows-1250']],
  [
    'Осветитель проверил сцену, и занавес поднялся перед зрителями.',
    [
      'windows-1251',
      'koi8-r',
      'iso-8859-5',
      'ibm866',
      'maccyrillic',
      'utf-16le',
      'utf-16be',
      'utf-7',
    ],
  ],
  ['Свет. Звук. Сцена.', ['windows-1251', 'koi8-r', 'iso-8859-5', 'ibm866', 'maccyrillic']],
  ['ЗАНАВЕС ПОДНИМАЕТСЯ', ['windows-1251', 'koi8-r', 'iso-8859-5', 'ibm866', 'maccyrillic']],
  [
    '┌────────┬──────┐\n│ Имя    │ Цена │\n├────────┼──────┤\n│ Свет   │  100 │\n└────────┴──────┘',
    ['koi8-r', 'ibm866'],
  ],
  ['Освітлювач перевірив сцену, і завіса піднялася перед глядачами.', ['windows-1251', 'koi8-u']],
  ['Ο φωτιστής έλεγξε τη σκηνή και η αυλαία σηκώθηκε.', ['iso-8859-7', 'windows-1253', 'utf-16le']],
  ['התאורן בדק את הבמה והמסך עלה מול הקהל', ['iso-8859-8', 'windows-1255', 'utf-16be']],
  ['فحص عامل الإضاءة المسرح ثم ارتفعت الستارة أمام الجمهور', ['iso-8859-6', 'windows-1256']],
  ['ผู้ควบคุมแสงตรวจสอบเวทีแล้วม่านก็เปิดขึ้น', ['windows-874', 'utf-16le']],
  [
    '照明係が舞台を点検した。幕が上がるのを待っている。',
    ['shift_jis', 'euc-jp', 'utf-16le', 'utf-16be'],
  ],
  ['灯光师检查了舞台，帷幕在观众面前升起。', ['gbk', 'gb18030', 'utf-16le', 'utf-16be']],
  ['燈光師檢查了舞臺，帷幕在觀眾面前升起。', ['big5', 'utf-16le']],
  ['조명 담당이 무대를 점검했고 막이 관객 앞에서 올라갔다.', ['euc-kr', 'cp949', 'utf-16le']],
  ['занавес', ['utf-16le', 'utf-16be']],
  ['curtain', ['utf-16le', 'utf-16be']],
];

describe('an encoding that nobody names', () => {
  test.each(samples.flatMap(([text, encodings]) => encodings.map((name) => [name, text])))(
    'D2 %s: %s',
    async (encoding, text) => {
      expect(await decodeText(iconv.encode(text, encoding))).toBe(text);
    },
  );

  test.each([
    ['~{NhL(~} and ~~ ~{5F9b~}', '舞台 and ~ 灯光'],
    ['a+-b: Gr+APYA3w-e +IB4-so+IBw-', 'a+b: Größe „so“'],
    ['+gh5T8DBucWdmDk/CMExfhTBjMGYwRDCLMAI-', '舞台の照明係が待っている。'],
  ])('D2 is known where it has seven bits: %s', async (source, text) => {
    expect(await decodeText(Buffer.from(source))).toBe(text);
  });

  test.each([
    ...['C++ and a+foo-bar +49-30-1234567 (+1-555-0000)', 'a+b+c+d-e +AAA- x+1-'],
    ...['(format t "~{~a~^, ~}~%" list)', '~{AB~} x', 'io:format("~p~{~w~}~n")'],
    ...['git diff +foo-bar +baz-qux +abc-def', 'SGVsbG8+abc+def/ghi+jkl-=', '~{NhL( ~}'],
    // One sign of it that leads nowhere, and one that is in no script of the others.
    ...['Gr+APYA3w-e der B+APw-hne + 1', 'Gr+APYA3w-e +BCAENQQ/-'],
  ])('D2 and not where a text has signs like it: %s', async (text) => {
    expect(await decodeText(Buffer.from(text))).toBe(text);
  });

  test('D2 is told after any amount of ASCII', async () => {
    const text = `${'A plain line of a log.\n'.repeat(20_000)}Осветитель проверил сцену.`;
    expect(await decodeText(iconv.encode(text, 'windows-1251'))).toBe(text);
  });

  test('D2 a mark of UTF-32 is known', async () => {
    for (const encoding of ['utf-32le', 'utf-32be']) {
      const bytes = iconv.encode('curtain', encoding, { addBOM: true });
      expect((await decodeText(bytes)).replace('\ufeff', '')).toBe('curtain');
    }
  });

  test('D2 ISO 2022 is known by its escapes', async () => {
    const japanese = Buffer.from('\x1b$BIqBf\x1b(B and \x1b$BIqBf\x1b(B', 'latin1');
    expect(await decodeText(japanese)).toBe('舞台 and 舞台');
    const korean = iconv.encode('무대', 'euc-kr').map((byte) => byte & 0x7f);
    const shifted = Buffer.concat([Buffer.from('\x1b$)C\x0e'), korean, Buffer.from('\x0f ok')]);
    expect(await decodeText(shifted)).toBe('무대 ok');
    // The colors of a terminal are escapes too.
    expect(await decodeText(Buffer.from('\x1b[31mred\x1b[0m'))).toBe('\x1b[31mred\x1b[0m');
  });
});

describe('UTF-8 with a fault', () => {
  const whole = 'Der Beleuchter prüfte die Bühne für Gäste. ';
  test.each<[string, Buffer]>([
    [
      'a byte of Latin-1',
      Buffer.concat([Buffer.from(whole), Buffer.from([0xe9, 0x20]), Buffer.from(whole)]),
    ],
    ['a byte that is nowhere in UTF-8', Buffer.concat([Buffer.from(whole), Buffer.from([0xff])])],
    ['the end within a letter', Buffer.concat([Buffer.from(whole), Buffer.from([0xc3])])],
    [
      'the end within an emoji',
      Buffer.concat([Buffer.from(whole), Buffer.from([0xf0, 0x9f, 0x8e])]),
    ],
    ['the beginning within a letter', Buffer.concat([Buffer.from([0xbc]), Buffer.from(whole)])],
  ])('D2 stays UTF-8 with one replacement character: %s', async (_name, bytes) => {
    const text = await decodeText(bytes);
    expect(text.split('\ufffd')).toHaveLength(2);
    expect(text).toContain('Beleuchter prüfte die Bühne');
  });

  test('D2 one letter of Latin-1 at the end of a text is a letter', async () => {
    expect(await decodeText(Buffer.from('un café', 'latin1'))).toBe('un café');
  });
});

test('D2 a text in which a byte became a zero is still that text', async () => {
  const lines = 'A plain line of a log, Bühne.\n'.repeat(40);
  const bytes = Buffer.from(`${lines}\0${lines}`);
  expect(await decodeText(bytes)).toContain('Bühne');
  expect((await parseFile(bytes, '.log')).mediaType).toBe('text/plain');
});

describe('an encoding that is declared', () => {
  const read = async (bytes: Uint8Array, extension: string): Promise<string> =>
    (await parseFile(bytes, extension)).passages.map(({ text }) => text).join(' ');
  const page = (head: string, encoding: string): Buffer =>
    iconv.encode(
      `<html><head>${head}</head><body><p>Сцена ждёт осветителя.</p></body></html>`,
      encoding,
    );

  test.each([
    ['by a meta element', page('<meta charset=windows-1251>', 'windows-1251'), '.html'],
    [
      'as HTML 4 has it',
      page(`<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">`, 'koi8-r'),
      '.html',
    ],
    [
      'after much else',
      page(
        `<!--${'x'.repeat(3000)}--><script>"<meta charset=utf-8>"</script><meta charset='iso-8859-5'>`,
        'iso-8859-5',
      ),
      '.html',
    ],
    [
      'not in a comment',
      page('<!-- <meta charset="iso-8859-2"> --><meta charset="windows-1251">', 'windows-1251'),
      '.html',
    ],
    [
      'by XML',
      iconv.encode(
        `<?xml version="1.0" encoding='ibm866'?><html><body><p>Сцена</p></body></html>`,
        'ibm866',
      ),
      '.xhtml',
    ],
    ['falsely, as UTF-8', page('<meta charset="utf-8">', 'windows-1251'), '.html'],
    ['falsely, as something else', page('<meta charset="iso-8859-1">', 'utf-8'), '.html'],
    ['as UTF-16, which it cannot be', page('<meta charset="utf-16">', 'utf-8'), '.html'],
    ['as one of DOS', page('<meta charset="cp866">', 'cp866'), '.html'],
    [
      'by a remark in a program',
      iconv.encode('# -*- coding: koi8-r -*-\nx = "Сцена"', 'koi8-r'),
      '.py',
    ],
  ])('D2 is heard and checked: %s', async (_name, bytes, extension) => {
    expect(await read(bytes, extension)).toContain('Сцена');
  });
});

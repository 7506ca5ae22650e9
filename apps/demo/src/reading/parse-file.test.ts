import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encryptedPdf, lyingZipBomb, scannedPdf, zipBomb } from '../testing/documents.ts';
import { corpus } from '../testing/scratch.ts';
import { parseFile } from './parse-file.ts';
import { defaultParseLimits } from './parsed-document.ts';

const shipped = (name: string): Uint8Array => readFileSync(path.join(corpus, name));
const utf8 = (text: string): Uint8Array => Buffer.from(text);

async function textOf(bytes: Uint8Array, extension: string): Promise<string> {
  const { title, passages } = await parseFile(bytes, extension);
  return [title, ...passages.flatMap(({ heading, text }) => [heading, text])].join('\n');
}

describe('what is read', () => {
  test.each([
    ['prompt-corner.pdf', '.pdf', 'application/pdf', 'The prompt corner', 'seventeen pencils'],
    [
      'quick-change.docx',
      '.docx',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'Notes for a quick change',
      'turquoise filter',
    ],
    ['pages/thunder-run.html', '.html', 'text/html', 'The thunder run', 'steal my thunder'],
    [
      'notes/cue-calling.md',
      '.md',
      'text/markdown',
      'Calling a show: warnings, standbys and go',
      'freeze, then find',
    ],
    ['limelight.txt', '.txt', 'text/plain', '', 'NOBODY SITS ON THE BAGS'],
  ])(
    'D2 reads %s by its content, whatever its name says',
    async (name, extension, mediaType, title, sentence) => {
      const own = await parseFile(shipped(name), extension);
      expect(own).toMatchObject({ mediaType, title });
      expect(own.passages.map(({ text }) => text).join(' ')).toContain(sentence);
      if (['.pdf', '.docx', '.html'].includes(extension)) {
        expect(await parseFile(shipped(name), '')).toEqual(own);
        expect(await parseFile(shipped(name), '.txt')).toEqual(own);
      }
    },
  );

  test('D2 leaves a page without its navigation and its scripts', async () => {
    const text = await textOf(shipped('pages/thunder-run.html'), '.html');
    expect(text).toContain('The thunder sheet');
    expect(text).not.toContain('Subscribe to our letter');
    expect(text).not.toContain('font-family');
  });

  test('D2 reads headings, tables, lists and entities of Markdown as text', async () => {
    const source =
      '---\ntitle: "Front *matter*"\n---\n# One\n\n- a **bold** &amp; [link](https://x.example)\n\n| k | v |\n|---|---|\n| key | `code` |\n\n<b>html</b> ![alt](x.png)\n';
    const { title, passages } = await parseFile(utf8(source), '.md');
    expect(title).toBe('Front *matter*');
    expect(passages).toEqual([
      { heading: 'One', text: 'a bold & link\nk | v\nkey | code\nhtml alt' },
    ]);
  });

  test.each([
    ['UTF-8', utf8('Bühne über allem, naïve café')],
    [
      'UTF-8 with a mark',
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8('Bühne über allem')]),
    ],
    ['UTF-16 with a mark', Buffer.from('\ufeffBühne über allem', 'utf16le')],
    ['UTF-16 without one', Buffer.from('Bühne über allem', 'utf16le')],
    ['UTF-16, big endian', Buffer.from('\ufeffBühne über allem', 'utf16le').swap16()],
    [
      'Latin-1',
      Buffer.from('Die Bühne steht über allem, und hinter der Bühne hört man Schritte.', 'latin1'),
    ],
  ])('D2 reads text in %s', async (_name, bytes) => {
    const text = await textOf(bytes, '.txt');
    expect(text).toMatch(/Bühne.* über allem/);
    expect(text).not.toContain('\ufeff');
  });

  test('D2 reads a page in the encoding that it declares', async () => {
    const page = '<html><head><meta charset="windows-1251"></head><body><p>';
    const russian = Buffer.from([0xd1, 0xf6, 0xe5, 0xed, 0xe0]); // Сцена
    expect(await textOf(Buffer.concat([utf8(page), russian]), '.html')).toContain('Сцена');
  });
});

describe('what is not read, and why', () => {
  const limits = { ...defaultParseLimits, maxInflatedBytes: 8 * 1024 * 1024 };
  test.each<[string, () => Uint8Array | Promise<Uint8Array>, string, string, RegExp]>([
    ['an empty file', () => utf8(''), '.pdf', 'empty', /empty/],
    ['a file of blanks', () => utf8(' \n\t '), '.md', 'no_text', /no text/],
    ['a scan', scannedPdf, '.pdf', 'no_text', /scan/],
    ['an encrypted PDF', encryptedPdf, '.pdf', 'encrypted', /password/],
    ['a truncated PDF', () => shipped('torn-programme.pdf'), '.pdf', 'damaged', /whole PDF/],
    [
      'garbage that calls itself PDF',
      () => utf8('%PDF-1.7 nothing more'),
      '.pdf',
      'damaged',
      /PDF/,
    ],
    [
      'a picture',
      () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      '.md',
      'unsupported',
      /PNG/,
    ],
    [
      'binary data',
      () => new Uint8Array(64).map((_, at) => at * 37),
      '.txt',
      'unsupported',
      /binary/,
    ],
    ['a ZIP bomb', () => zipBomb(64), '.docx', 'too_large', /8 MB/],
    ['a ZIP bomb that lies', () => lyingZipBomb(64), '.docx', 'damaged', /ZIP/],
    [
      'half a Word document',
      () => shipped('quick-change.docx').subarray(0, 900),
      '.docx',
      'damaged',
      /ZIP/,
    ],
    ['too much text', () => utf8('word '.repeat(1000)), '.txt', 'too_large', /characters/],
  ])('D6 %s has a plain reason', async (name, make, extension, code, message) => {
    const own = name === 'too much text' ? { ...limits, maxCharacters: 100 } : limits;
    const reading = parseFile(await make(), extension, own);
    await expect(reading).rejects.toMatchObject({ name: 'UnreadableError', code });
    await expect(reading).rejects.toThrow(message);
  });
});

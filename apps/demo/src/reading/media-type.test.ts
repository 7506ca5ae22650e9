import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { writeCompoundFile } from '../testing/compound-file.ts';
import { mediaTypeOf } from './media-type.ts';
import { readableTypes } from './readable-types.ts';

const utf8 = (text: string): Uint8Array => Buffer.from(text);

describe('a text is a text, whatever it speaks of', () => {
  test.each([
    ['%PDF-1.7 is how each begins', '.txt', readableTypes.text],
    ['%PDF-1.7\nis the first line of a file', '.md', readableTypes.markdown],
    ['# Guide\n\n```\n%PDF-1.4\n1 0 obj\n```\n', '.md', readableTypes.markdown],
    ['// if (head.startsWith("%PDF-")) return', '.ts', readableTypes.text],
    ['type,magic\npdf,%PDF-\n', '.csv', readableTypes.csv],
    ['PK is how a ZIP begins', '.txt', readableTypes.text],
    ['GIF89a, and what it means', '.txt', readableTypes.text],
    ['BM, MZ, RIFF and ID3', '.txt', readableTypes.text],
    ['{\\rtf1 is how RTF begins', '.txt', readableTypes.text],
    ['<html> is a tag of which I write', '.txt', readableTypes.html],
    ['We write <html> here', '.txt', readableTypes.text],
    ['WEBVTTs are subtitles', '.txt', readableTypes.text],
    ['From: here\n\nto there', '.txt', readableTypes.text],
    ['Subject: a poem\nDate: today\n\nO curtain', '.txt', readableTypes.text],
    ['to: do\nfrom: me\n', '.md', readableTypes.markdown],
    ['%!PS is PostScript', '.txt', readableTypes.text],
  ])('D2 %j', async (source, extension, type) => {
    expect(await mediaTypeOf(utf8(source), extension)).toBe(type);
  });
});

test('D2 numbers of four bytes are no text in UTF-32', async () => {
  const numbers = Buffer.from(Int32Array.from({ length: 400 }, (_, n) => n * 7 + 1).buffer);
  await expect(mediaTypeOf(numbers, '.bin')).rejects.toMatchObject({ code: 'unsupported' });
});

describe('a format is told by its structure, whatever its name', () => {
  test.each([
    ['%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF', readableTypes.pdf],
    ['{\\rtf1\\ansi x}', readableTypes.rtf],
    ['<!doctype html><p>x', readableTypes.html],
    ['<!-- a --><!-- b -->\n<?xml version="1.0"?>\n<HTML lang=de>', readableTypes.html],
    ['WEBVTT\n\n00:01.000 --> 00:02.000\nx', readableTypes.webVtt],
    ['MIME-Version: 1.0\nFrom: a@b.example\nSubject: x\n\ny', readableTypes.mail],
    ['Received: by x\nMessage-ID: <a@b>\n\ny', readableTypes.mail],
  ])('D2 %j', async (source, type) => {
    for (const extension of ['', '.txt', '.dat']) {
      expect(await mediaTypeOf(utf8(source), extension)).toBe(type);
    }
  });
});

describe('an archive whose parts are not compressed is no text', () => {
  const text = 'Words that anyone can read, and many of them. '.repeat(200);
  test.each<[string, Record<string, string>, string, string]>([
    ['a Word document', { 'word/document.xml': `<w:p>${text}</w:p>` }, '.docx', readableTypes.docx],
    [
      'a book',
      { mimetype: 'application/epub+zip', 'a.xhtml': `<p>${text}</p>` },
      '',
      readableTypes.epub,
    ],
    [
      'one that begins with a PDF',
      { 'a.pdf': '%PDF-1.4\n1 0 obj\n', 'word/document.xml': `<w:p>${text}</w:p>` },
      '.docx',
      readableTypes.docx,
    ],
  ])('D2 %s', async (_name, parts, extension, type) => {
    const bytes = zipSync(
      Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, utf8(part)])),
      { level: 0 },
    );
    expect(await mediaTypeOf(bytes, extension)).toBe(type);
  });

  test('D2 nor is one of which nothing is read', async () => {
    const bytes = zipSync({ 'notes.txt': utf8(text) }, { level: 0 });
    await expect(mediaTypeOf(bytes, '.txt')).rejects.toThrow('it is an archive (ZIP)');
  });
});

describe('what is not read is named', () => {
  const compound = (name: string): Uint8Array => writeCompoundFile([name]);
  test.each<[string, Uint8Array, string, string, string]>([
    [
      'an old Word document',
      compound('WordDocument'),
      '.doc',
      'unsupported',
      'an old Word document (.doc)',
    ],
    [
      'an old Word document under a new name',
      compound('WordDocument'),
      '.docx',
      'unsupported',
      'an old Word document (.doc)',
    ],
    [
      'an old Word document of which little is left',
      compound('x'),
      '.doc',
      'unsupported',
      'an old Word document (.doc)',
    ],
    [
      'an old workbook',
      compound('Workbook'),
      '.xls',
      'unsupported',
      'an old Excel workbook (.xls)',
    ],
    [
      'an old presentation',
      compound('PowerPoint Document'),
      '.ppt',
      'unsupported',
      'an old PowerPoint presentation (.ppt)',
    ],
    [
      'a document with a password',
      compound('EncryptedPackage'),
      '.docx',
      'encrypted',
      'protected by a password',
    ],
    [
      'a workbook with a password',
      compound('EncryptedPackage'),
      '.xlsx',
      'encrypted',
      'protected by a password',
    ],
    ['one of which little is left', compound('x'), '.docx', 'encrypted', 'protected by a password'],
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      '.png',
      'unsupported',
      'no text; OCR is not part of it',
    ],
    [
      'a photograph',
      Buffer.from('ffd8ffe000104a46494600010100', 'hex'),
      '.jpg',
      'unsupported',
      'no text; OCR is not part of it',
    ],
    [
      'an archive',
      Buffer.from('504b0506000000000000000000000000000000000000', 'hex'),
      '.zip',
      'unsupported',
      'archives are listed, not opened',
    ],
    [
      'another archive',
      Buffer.from('1f8b0800000000000003', 'hex'),
      '.gz',
      'unsupported',
      'archives are listed, not opened',
    ],
  ])('D6 %s', async (_name, bytes, extension, code, message) => {
    const found = mediaTypeOf(bytes, extension);
    await expect(found).rejects.toMatchObject({ code });
    await expect(found).rejects.toThrow(message);
  });
});

describe('a type is told in time that grows with what is looked at', () => {
  test.each([
    ['comments', '<!---->'.repeat(500)],
    ['comments with blanks', ' <!-- --> '.repeat(500)],
    ['declarations', '<?xml?>'.repeat(500)],
    ['blanks', ' '.repeat(4096)],
    ['blanks before a PDF', `${' '.repeat(1000)}%PDF-`],
    ['numbers after a PDF', `%PDF-1.4 ${'1 '.repeat(2000)}`],
    ['fields', 'a: b\n'.repeat(1000)],
    ['folded fields', `a: b\n${' c\n'.repeat(2000)}`],
  ])('D6 %s', async (_name, source) => {
    for (const extension of ['.md', '.eml', '']) {
      expect(await mediaTypeOf(utf8(`${source}h`), extension)).toBeDefined();
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import { checkPath, maxPartBytes, maxPathBytes, PathSet, pathProblem } from './entry-path.ts';

const refused: readonly string[] = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  './a',
  'a/.',
  'a/./b',
  '..',
  '../a',
  'a/../b',
  'a/..',
  '...',
  'a\0b',
  'a\\b',
  '..\\a',
  'C:',
  'c:/a',
  'C:a',
  'con',
  'CON.txt',
  'a/Nul',
  'aux.tar.gz',
  'COM1',
  'com¹.log',
  'LPT9',
  'nul ',
  'nul .txt',
  'CONIN$',
  'prn:stream',
  'manifest.json',
  'MANIFEST.JSON',
  'manifest.json.',
  ' ',
  'a/ /b',
  'a ',
  'a /b',
  'a/b ',
  'a.',
  'a./b',
  'a.txt.',
  'a. .',
  '..a.',
  'a\t',
  'a\n',
  '\u00a0',
  'a\u00a0',
  'a\u3000/b',
  'a\u2003',
  'a\u200b',
  'a\ufeff',
  'a\u202e',
  'a\u0085',
  'notes.txt:stream',
  'a/b:c',
  'manifest.json/a',
  'mani\u00adfest.json',
  'manifest\u200c.json/a',
  '\ud800',
  'x'.repeat(maxPartBytes + 1),
  `${'é'.repeat(maxPartBytes / 2)}é`,
  Array.from({ length: 11 }, () => 'x'.repeat(99)).join('/'),
];

const accepted: readonly string[] = [
  'a',
  'a/b/c.txt',
  '.hidden',
  'a/manifest.json',
  'console.log',
  'com10',
  'nullable',
  'with space',
  'line\nbreak',
  '😀/日本語.md',
  'x'.repeat(maxPartBytes),
  '..a',
  ' a',
  'a .b',
  '❤\ufe0f',
  'क\u094d\u200d',
  'a..b',
];

describe('the paths of a draft', () => {
  test.for(refused)('S3 %j is refused', (path) => {
    expect(pathProblem(path)).toBeTypeOf('string');
    expect(() => checkPath(path)).toThrow(OffstageError);
  });

  test.for(accepted)('S3 %j is accepted', (path) => {
    expect(pathProblem(path)).toBe(undefined);
  });

  test('S3 what is no string is refused', () => {
    for (const path of [undefined, null, 1, {}, ['a']])
      expect(pathProblem(path)).not.toBe(undefined);
  });

  // Built from what tends to go wrong, so that the fuzzer meets it.
  const risky = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '\0',
      ':',
      'C:',
      'NUL',
      'manifest.json',
      'é',
      'e\u0301',
      ' ',
    ),
  );
  const anyPath = fc.array(risky, { maxLength: 6 }).map((parts) => parts.join(''));

  test('S3 what is accepted stays below its root, whatever is thrown at it', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        if (pathProblem(path) !== undefined) return;
        const parts = path.split('/');
        expect(parts.every((part) => part !== '' && !/^\.+$/.test(part))).toBe(true);
        expect(/[\0\\]/.test(path)).toBe(false);
        expect(new URL(encodeURI(path).replaceAll(':', '%3A'), 'x://root/dir/').pathname).toMatch(
          /^\/dir\/./,
        );
        expect(new TextEncoder().encode(path).byteLength).toBeLessThanOrEqual(maxPathBytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('S3 two names that are one where case or Unicode form do not count collide', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'B', 'é', 'ß', 'ı', 'Σ', 'ﬀ'),
      minLength: 1,
    });
    const variants = [
      (text: string) => text.toUpperCase(),
      (text: string) => text.toLowerCase(),
      (text: string) => text.normalize('NFD'),
      (text: string) => text.normalize('NFC').toUpperCase().normalize('NFD'),
    ];
    fc.assert(
      fc.property(word, fc.constantFrom(...variants), (name, vary) => {
        const names = new PathSet();
        names.add(`dir/${name}`);
        const other = `dir/${vary(name)}`;
        if (other === `dir/${name}`) names.add(other);
        else expect(() => names.add(other)).toThrow(OffstageError);
      }),
    );
  });

  test.for([
    ['ß', 'ẞ'],
    ['ẞ', 'ss'],
    ['Straße', 'STRAẞE'],
    ['ab', 'a\u200bb'],
    ['ab', 'a\u00adb'],
    ['ab/c', 'a\u2060B/d'],
    ['❤', '❤\ufe0f'],
    ['क\u094dष', 'क\u094d\u200dष'],
    ['ᾳ', 'ΑΙ'],
    ['ſt', 'ﬅ'],
  ] as const)('S3 %j and %j are one name on some file system', ([one, other]) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const names = new PathSet();
      names.add(first);
      expect(() => names.add(second)).toThrow(OffstageError);
    }
  });

  test('S3 every letter collides with what any change of case or form makes of it', () => {
    const apart: string[] = [];
    for (let point = 1; point < 0x3_0000; point += 1) {
      const letter = String.fromCodePoint(point);
      const forms = [
        letter.toUpperCase(),
        letter.toLowerCase(),
        letter.toUpperCase().toLowerCase(),
        letter.toLowerCase().toUpperCase(),
        letter.normalize('NFD'),
      ].filter((form) => form !== letter && pathProblem(form) === undefined);
      if (forms.length === 0 || pathProblem(letter) !== undefined) continue;
      for (const form of forms) {
        const names = new PathSet();
        names.add(letter);
        try {
          names.add(form);
          apart.push(`${letter} ${form}`);
        } catch {
          // As it should be.
        }
      }
    }
    expect(apart).toEqual([]);
  });

  test('S3 a file is no directory, and a path that was taken back is free', () => {
    const names = new PathSet();
    names.add('a/b');
    expect(() => names.add('a')).toThrow('directory');
    expect(() => names.add('a/b/c')).toThrow('file');
    names.delete('a/b');
    names.add('a/b/c');
    expect(names.has('a/b/c')).toBe(true);
    expect(names.has('a/B/c')).toBe(false);
  });
});

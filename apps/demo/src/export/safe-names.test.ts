import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SafeNames } from './safe-names.ts';

const once = (name: string): string => new SafeNames().nameFor(name);

test.each([
  ['notes/a.md', 'notes/a.md'],
  ['Ünïcode 🎭/ä.md', 'Ünïcode 🎭/ä.md'],
  ['../../etc/passwd', 'etc/passwd'],
  ['/etc/passwd', 'etc/passwd'],
  ['C:\\Windows\\a.md', 'C_/Windows/a.md'],
  ['a//./b/../c.md', 'a/b/c.md'],
  ['', '_'],
  ['..', '_'],
  ['nul.txt', '_nul.txt'],
  ['a\u202egnp.exe', 'a_gnp.exe'],
  ['ends. ', 'ends__'],
  ['Q: what?*.txt', 'Q_ what__.txt'],
])('D12 %j is unpacked as %j', (name, safe) => {
  expect(once(name)).toBe(safe);
});

test('D12 names that are one on some system are two in an archive', () => {
  const names = new SafeNames();
  const given = ['a.md', 'A.MD', 'a.md', 'x', 'x/y.md', 'X/Y.md', 'e\u0301', '\u00e9'];
  expect(given.map((name) => names.nameFor(name))).toEqual([
    ...['a.md', 'A (2).MD', 'a (3).md', 'x', 'x (3)/y.md', 'X (5)/Y.md'],
    ...['e\u0301', '\u00e9 (2)'],
  ]);
});

test('D12 whatever documents are called, names stay below, differ, and can be written', () => {
  const part = fc.oneof(
    fc.constantFrom('a', 'A', '..', '.', '', 'con', 'x.md', ' ', '\\', ':', '\u0000'),
    fc.string({ unit: 'binary', maxLength: 300 }),
  );
  const name = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.array(name, { maxLength: 12 }), (given) => {
      const names = new SafeNames();
      const safe = given.map((one) => names.nameFor(one));
      expect(new Set(safe.map((one) => one.normalize('NFC').toLowerCase())).size).toBe(
        given.length,
      );
      for (const one of safe) {
        for (const inner of one.split('/')) {
          expect(inner).not.toMatch(/^\.{0,2}$|[\p{Cc}<>:"|?*\\]|[ .]$/u);
          expect(Buffer.byteLength(inner)).toBeLessThanOrEqual(220);
        }
      }
    }),
    { numRuns: 200 },
  );
});

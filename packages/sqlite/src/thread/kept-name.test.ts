import fs, {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeptName } from './kept-name.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'offstage-')));
  path = join(folder, 'inner', 'jobs.sqlite-wal');
  mkdirSync(dirname(path));
  writeFileSync(path, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

function looksOf(run: () => void): number {
  const { statSync } = fs;
  let looks = 0;
  Object.assign(fs, {
    statSync: (...args: unknown[]): unknown => {
      looks += 1;
      return Reflect.apply(statSync, fs, args);
    },
  });
  syncBuiltinESMExports();
  try {
    run();
  } finally {
    Object.assign(fs, { statSync });
    syncBuiltinESMExports();
  }
  return looks;
}

for (const byDescriptor of [true, false]) {
  describe(`the name of a file, ${byDescriptor ? 'by a descriptor' : 'by its path'}`, () => {
    const ways: readonly (readonly [how: string, change: () => void, isKept: boolean])[] = [
      ['left alone', () => {}, true],
      ['written to', () => writeFileSync(path, 'more'), true],
      ['removed', () => rmSync(path), false],
      ['moved away', () => renameSync(path, `${path}.old`), false],
      [
        'moved away and back',
        () => {
          renameSync(path, `${path}.old`);
          renameSync(`${path}.old`, path);
        },
        true,
      ],
      [
        'replaced',
        () => {
          writeFileSync(`${path}.new`, 'log');
          renameSync(`${path}.new`, path);
        },
        false,
      ],
      [
        'removed, and its name taken by one of the name that Linux shows then',
        () => {
          rmSync(path);
          writeFileSync(`${path} (deleted)`, 'log');
        },
        false,
      ],
      ['removed with its folder', () => rmSync(dirname(path), { recursive: true }), false],
      ['moved with its folder', () => renameSync(dirname(path), join(folder, 'other')), false],
      [
        'kept by a folder that is a link now',
        () => {
          renameSync(dirname(path), join(folder, 'other'));
          symlinkSync(join(folder, 'other'), dirname(path));
        },
        true,
      ],
    ];
    for (const [how, change, isKept] of ways) {
      test(`K6 of a file that was ${how} is ${isKept ? 'kept' : 'told'}`, () => {
        const name = new KeptName(path, { byDescriptor });
        expect(name.isKept).toBe(true);
        change();
        expect(name.isKept).toBe(isKept);
        name.close();
      });
    }

    test('K6 of a file that was not there is not kept, nor that of one that took its place', () => {
      rmSync(path);
      const name = new KeptName(path, { byDescriptor });
      expect(name.isKept).toBe(false);
      writeFileSync(path, 'log');
      expect(name.isKept).toBe(false);
      name.close();
    });

    test('K6 is looked at through a link, and after it was closed', () => {
      const link = join(folder, 'link');
      symlinkSync(dirname(path), link);
      const name = new KeptName(join(link, 'jobs.sqlite-wal'), { byDescriptor });
      expect(name.isKept).toBe(true);
      name.close();
      expect(name.isKept).toBe(true);
      rmSync(path);
      expect(name.isKept).toBe(false);
    });
  });
}

describe('the name of a file that is synced after each look', () => {
  // The next write would note when it was made, and its sync take half as long again.
  test('K7 is told without asking for its moments, where the system has another way', () => {
    const name = new KeptName(path, { byDescriptor: true });
    const looks = looksOf(() => expect(name.isKept).toBe(true));
    expect(looks).toBe(process.platform === 'linux' ? 0 : 1);
    name.close();
    expect(looksOf(() => expect(name.isKept).toBe(true))).toBe(1);
  });
});

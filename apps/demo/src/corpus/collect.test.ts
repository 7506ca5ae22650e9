import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { collect, readFound } from './collect.ts';

const posix = process.platform !== 'win32';

test('D6 the order of files is the same on every machine', () => {
  const folder = writeFiles(scratch(), {
    'b.md': '1',
    'a/z.md': '2',
    'a.md': '3',
    'B.md': '4',
    'ä.md': '5',
    'a/a/a.md': '6',
  });
  expect(collect(folder).files.map((file) => file.path)).toEqual([
    'B.md',
    'a.md',
    'a/a/a.md',
    'a/z.md',
    'b.md',
    'ä.md',
  ]);
});

test.runIf(posix)('D6 links are not followed, and special files are not waited for', () => {
  const outside = writeFiles(scratch(), { 'secret.txt': 'secret' });
  const folder = writeFiles(scratch(), { 'real.txt': 'real' });
  symlinkSync(path.join(outside, 'secret.txt'), path.join(folder, 'file-link.txt'));
  symlinkSync(outside, path.join(folder, 'folder-link'));
  symlinkSync('.', path.join(folder, 'loop'));
  symlinkSync('nowhere', path.join(folder, 'broken'));
  execFileSync('mkfifo', [path.join(folder, 'pipe.txt')]);
  const { files, refused } = collect(folder);
  expect(files.map((file) => file.path)).toEqual(['real.txt']);
  expect(refused.map(({ path: name, failure }) => [name, failure.code, failure.message])).toEqual([
    ['broken', 'not_a_file', 'it is a symbolic link, and links are not followed'],
    ['file-link.txt', 'not_a_file', 'it is a symbolic link, and links are not followed'],
    ['folder-link', 'not_a_file', 'it is a symbolic link, and links are not followed'],
    ['loop', 'not_a_file', 'it is a symbolic link, and links are not followed'],
    ['pipe.txt', 'not_a_file', 'it is a named pipe'],
  ]);
});

test.runIf(posix)('D6 a file that has become a link or a pipe since is not read', () => {
  const folder = writeFiles(scratch(), { 'secret.txt': 'secret' });
  const link = path.join(folder, 'link.txt');
  symlinkSync('secret.txt', link);
  const pipe = path.join(folder, 'pipe.txt');
  execFileSync('mkfifo', [pipe]);
  const read = (absolute: string) => readFound({ path: 'x', absolute }, 1000);
  expect(read(link)).toMatchObject({ failure: { code: 'unreadable' } });
  expect(read(pipe)).toMatchObject({ failure: { code: 'not_a_file' } });
  expect(read(path.join(folder, 'gone.txt'))).toMatchObject({
    failure: { code: 'unreadable', message: 'it is gone' },
  });
  expect(read(path.join(folder, 'secret.txt'))).toMatchObject({ bytes: Buffer.from('secret') });
});

test('D6 a file over the limit is not read', () => {
  const folder = writeFiles(scratch(), { 'a.txt': 'x'.repeat(100) });
  const [file] = collect(folder).files;
  if (file === undefined) throw new Error('There is a file.');
  expect(readFound(file, 99)).toMatchObject({ failure: { code: 'too_large' } });
  expect(readFound(file, 100)).toHaveProperty('sha256');
});

test.runIf(posix)('D6 odd names are names like any other', () => {
  const names = [
    'line\nbreak.md',
    'emoji 🎭.md',
    'a..b.md',
    'back\\slash.md',
    '\u001b[31mred.md',
    'no-extension',
    `${'é'.repeat(126)}.md`,
    ' leading and trailing ',
  ];
  expect(Buffer.byteLength(names[6] ?? '')).toBe(255);
  const folder = scratch();
  for (const name of names) writeFileSync(path.join(folder, name), name);
  const { files, refused } = collect(folder);
  expect(refused).toEqual([]);
  expect(files.map((file) => file.path).sort()).toEqual([...names].sort());
  for (const file of files)
    expect(readFound(file, 1000)).toHaveProperty('bytes', Buffer.from(file.path));
});

test.runIf(process.platform === 'linux')(
  'D6 a name that is no UTF-8 is listed with its reason',
  () => {
    const folder = scratch();
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff, 0xfe])]), 'x');
    const [file] = collect(folder).files;
    if (file === undefined) throw new Error('There is a file.');
    expect(readFound(file, 1000)).toMatchObject({
      failure: { code: 'unreadable', message: 'its name is not valid UTF-8' },
    });
  },
);

test('D6 hidden entries are counted, and the data folder is passed over', () => {
  const folder = writeFiles(scratch(), {
    '.git/config': 'x',
    '.hidden': 'x',
    'data/index.sqlite': 'x',
    'sub/data/a.md': 'x',
  });
  const { files, hidden } = collect(folder, { except: path.join(folder, 'data') });
  expect(files.map((file) => file.path)).toEqual(['sub/data/a.md']);
  expect(hidden).toBe(2);
});

test.runIf(posix)(
  'D2 what systems leave in a folder, and other data folders, are passed over and counted',
  () => {
    const left = ['desktop.ini', 'THUMBS.DB', '~$lock.docx', '.DS_Store', '._x', 'Icon\r'];
    const folder = writeFiles(scratch(), {
      ...Object.fromEntries(left.map((name) => [`sub/${name}`, 'x'])),
      'sub/.~lock.x.odt#': 'x',
      'other/Desktop.ini': 'x',
      '__MACOSX/sub/._a.md': 'x',
      '$RECYCLE.BIN/a.md': 'x',
      'old-data/snapshots/CURRENT': 'x',
      'old-data/snapshots/LOCK': '',
      'old-data/snapshots/1-a/documents/a.md': 'x',
      'old-data/log/events.jsonl': 'x',
      'store/CURRENT': 'x',
      'store/LOCK': '',
      'snapshots/holiday.md': 'x',
      'sub/CURRENT': 'x',
      'sub/~tilde.md': 'x',
      'sub/$5.md': 'x',
      'sub/my thumbs.db.md': 'x',
    });
    const { files, hidden } = collect(folder);
    expect(files.map((file) => file.path)).toEqual([
      'snapshots/holiday.md',
      'sub/$5.md',
      'sub/CURRENT',
      'sub/my thumbs.db.md',
      'sub/~tilde.md',
    ]);
    expect(hidden).toBe(left.length + 6);
  },
);

describe('D9 a folder that cannot be ingested says why', () => {
  test.each<[string, (folder: string) => string, string]>([
    ['missing', (folder) => path.join(folder, 'missing'), 'folder_not_found'],
    ['below a file', (folder) => path.join(folder, 'file.md', 'x'), 'folder_not_found'],
    ['a file', (folder) => path.join(folder, 'file.md'), 'not_a_folder'],
    // Modes do not bind root; a name that is too long is refused to everybody.
    ['unreadable', (folder) => path.join(folder, 'n'.repeat(300)), 'folder_unreadable'],
  ])('D9 %s', (_name, folderOf, code) => {
    const folder = folderOf(writeFiles(scratch(), { 'file.md': 'x' }));
    expect(() => collect(folder)).toThrow(expect.objectContaining({ name: 'PublicError', code }));
  });

  test.runIf(posix)('D9 a loop of links', () => {
    const folder = scratch();
    symlinkSync('a', path.join(folder, 'a'));
    expect(() => collect(path.join(folder, 'a'))).toThrow(
      expect.objectContaining({ code: 'folder_unreadable' }),
    );
  });

  test('D9 too many files', () => {
    const folder = scratch();
    for (let n = 0; n < 11; n += 1) writeFileSync(path.join(folder, `${n}.md`), '');
    expect(() => collect(folder, { maxFiles: 10 })).toThrow(
      expect.objectContaining({ code: 'too_many_files' }),
    );
    expect(collect(folder, { maxFiles: 11 }).files).toHaveLength(11);
  });
});

test('D3 a walk ends when it is canceled', () => {
  const folder = scratch();
  mkdirSync(path.join(folder, 'a'));
  const reason = new Error('stop');
  expect(() => collect(folder, { signal: AbortSignal.abort(reason) })).toThrow(reason);
});

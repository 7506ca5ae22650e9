import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolders } from './make-folders.ts';

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'offstage-folders-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('D12 folders of the application are made whole, for its user alone, and again', () => {
  const folder = path.join(scratch(), 'a', 'b', 'c');
  makeFolders(folder);
  makeFolders(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  if (process.platform !== 'win32') expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('D12 a file in the way, and a folder that takes none, are errors at once', () => {
  const file = path.join(scratch(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolders(file)).toThrow('EEXIST');
  expect(() => makeFolders(path.join(file, 'a', 'b'))).toThrow('ENOTDIR');
  // Node's own would never return.
  if (process.platform === 'linux') {
    expect(() => makeFolders('/proc/self/offstage/data')).toThrow('ENOENT');
  }
});

import { lstatSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { collect, readFound } from '../corpus/collect.ts';
import { currentStamp, stampOf } from '../corpus/file-stamp.ts';
import type { KnownFile } from '../search/known-files.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { type FolderPlanOptions, KnownContents, limitsOf, planFolder } from './folder-plan.ts';

const options: FolderPlanOptions = {
  signal: new AbortController().signal,
  maxFileBytes: 1000,
  limits: '30 s',
  checksum: false,
  settleMs: 0,
  takeUnsettled: new Set(),
  now: Date.now(),
};

/** What an index knows of the files of a folder, had it been read long after they were written. */
function known(folder: string, facts: Partial<KnownFile> = {}): Map<string, KnownFile> {
  return new Map(
    collect(folder).files.map((file) => {
      const read = readFound(file, 1000);
      const stats = lstatSync(file.absolute);
      const content = 'failure' in read ? null : read.sha256;
      return [
        file.path,
        {
          ...{ path: file.path, bytes: stats.size, sha256: content, modifiedAt: 1 },
          ...{ document: null, addedAt: null, failure: null, limits: null },
          ...{ reader: null, isOutdated: false },
          stamp: currentStamp(stats),
          ...facts,
        },
      ];
    }),
  );
}

test('D9 a file with the size and times that are known is not read', () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  // Only reading it would show that this is not its content.
  const files = known(folder, { sha256: 'another' });
  const plan = planFolder(files, collect(folder), options);
  expect(plan).toMatchObject({ read: [], leaving: [], restamped: [], unchanged: 1 });
  const compared = planFolder(files, collect(folder), { ...options, checksum: true });
  expect(compared.read.map((file) => file.path)).toEqual(['a.md']);
  expect(compared.leaving).toHaveLength(1);
});

test('D9 a change that keeps the size and sets the time back is seen, and so is another file in its place', () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text', 'b.md': 'text' });
  const before = known(folder);
  for (const name of ['a.md', 'b.md']) {
    const file = path.join(folder, name);
    const { atime, mtime } = lstatSync(file);
    if (name === 'a.md') writeFileSync(file, 'TEXT');
    else {
      writeFileSync(path.join(folder, 'new'), 'TEXT');
      renameSync(path.join(folder, 'new'), file);
    }
    utimesSync(file, atime, mtime);
  }
  const plan = planFolder(before, collect(folder), options);
  expect(plan.read.map((file) => file.path)).toEqual(['a.md', 'b.md']);
});

test('D9 a file with other times and the same content is as it was, and has its times noted', () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  const before = known(folder, { stamp: null });
  utimesSync(path.join(folder, 'a.md'), 1, 1);
  expect(planFolder(before, collect(folder), options)).toMatchObject({
    read: [],
    unchanged: 1,
    restamped: [{ path: 'a.md', modifiedAt: 1000 }],
  });
});

test('D9 a file that was changed within the last two seconds has no stamp: what follows could not be told', () => {
  const stats = lstatSync(path.join(writeFiles(scratch(), { 'a.md': '' }), 'a.md'));
  const changedAt = Math.max(stats.mtimeMs, stats.ctimeMs);
  expect(stampOf(stats, changedAt + 1999)).toBe(null);
  expect(stampOf(stats, changedAt - 5000)).toBe(null);
  expect(stampOf(stats, changedAt + 2000)).toBe(currentStamp(stats));
});

test('D6 D9 what failed by a limit is tried again by another one, and anything else when it changes', () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  const read = (code: string, limits: string | null, asked: Partial<FolderPlanOptions> = {}) => {
    const files = known(folder, { failure: { code, message: 'why' }, limits });
    return planFolder(files, collect(folder), { ...options, ...asked }).read.length;
  };
  expect(limitsOf({ code: 'timeout' }, '30 s')).toBe('30 s');
  expect(limitsOf({ code: 'damaged' }, '30 s')).toBe(null);
  expect(read('timeout', '30 s')).toBe(0);
  expect(read('timeout', '10 s')).toBe(1);
  expect(read('out_of_memory', '30 s', { checksum: true })).toBe(1);
  expect(read('damaged', null, { limits: '60 s', checksum: true })).toBe(0);
});

test('D9 a file that is being written to waits, as it is known or not at all, until it is asked for', () => {
  const folder = writeFiles(scratch(), { 'a.md': 'text', 'new.md': 'text' });
  const files = known(folder, { sha256: 'another', stamp: null });
  files.delete('new.md');
  const { ctimeMs } = lstatSync(path.join(folder, 'a.md'));
  const asked = { ...options, settleMs: 1000, now: ctimeMs + 500 };
  const waiting = planFolder(files, collect(folder), asked);
  expect(waiting).toMatchObject({ read: [], leaving: [], unsettled: ['a.md', 'new.md'] });
  const paths = (more: Partial<FolderPlanOptions>) =>
    planFolder(files, collect(folder), { ...asked, ...more }).read.map((file) => file.path);
  expect(paths({ takeUnsettled: new Set(['a.md']) })).toEqual(['a.md']);
  expect(paths({ now: ctimeMs + 2000 })).toEqual(['a.md', 'new.md']);
  // The clock was set back: its time says nothing.
  expect(paths({ now: ctimeMs - 60_000 })).toEqual(['a.md', 'new.md']);
});

test('D9 a content is known under another name, but not under another extension', () => {
  const folder = writeFiles(scratch(), { 'a.MD': 'text' });
  const files = known(folder);
  const sha256 = files.get('a.MD')?.sha256 ?? null;
  const contents = new KnownContents(files.values());
  expect(contents.find('b/other.md', sha256)).toBe('a.MD');
  expect(contents.find('a.txt', sha256)).toBe(undefined);
  expect(contents.find('b.md', null)).toBe(undefined);
  const [one] = files.values();
  if (one === undefined) throw new Error('It is known.');
  const alike = ['a.md', 'b.txt', 'c.html'].map((path) => ({ ...one, path }));
  const many = new KnownContents(alike);
  expect(['.md', '.txt', '.html', '.csv'].map((end) => many.find(`new${end}`, sha256))).toEqual([
    ...alike.map(({ path }) => path),
    undefined,
  ]);
});

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { scratch } from '../testing/scratch.ts';
import { knownFiles, ParsedFiles } from './known-files.ts';
import { openIndex, SearchIndexWriter } from './search-index.ts';

const passages = [{ heading: 'H', text: 'still there' }];

function writeIndex(file: string): void {
  using index = new SearchIndexWriter(file);
  const facts = { bytes: 1, sha256: 'x', modifiedAt: 1, stamp: 'a stamp' };
  index.addDocument(
    { path: 'own.md', ...facts },
    { mediaType: 'text/markdown', title: 'own', passages, notes: ['left out'] },
  );
  index.addDocument({ path: 'b-c.md', ...facts }, { mediaType: 'text/plain', title: '', passages });
  index.addFailure({ path: 'd.md', ...facts }, { code: 'timeout', message: 'why' }, '30 s');
  index.finish();
}

test('D9 what a parser made of a file is read back as it was, its own title told from one of its name', () => {
  const file = path.join(scratch(), 'index.sqlite');
  writeIndex(file);
  using database = openIndex(file);
  const parsed = new ParsedFiles(database);
  expect(parsed.read('own.md')).toEqual({
    ...{ mediaType: 'text/markdown', title: 'own', passages, notes: ['left out'] },
  });
  expect(parsed.read('b-c.md')).toMatchObject({ title: '', passages, notes: [] });
  expect(parsed.read('d.md')).toBe(undefined);
  expect(knownFiles(database).get('d.md')).toMatchObject({
    ...{ stamp: 'a stamp', limits: '30 s', failure: { code: 'timeout', message: 'why' } },
  });
});

test('D5 D9 of an index that has no facts texts are read, and nothing is taken over', () => {
  const file = path.join(scratch(), 'index.sqlite');
  writeIndex(file);
  const former = new DatabaseSync(file);
  former.exec('DROP TABLE file_facts');
  former.close();
  using database = openIndex(file);
  const parsed = new ParsedFiles(database);
  expect(parsed.texts('own.md')).toEqual({ passages, notes: ['left out'] });
  expect(parsed.read('own.md')).toBe(undefined);
  expect(knownFiles(database).get('own.md')).toMatchObject({ stamp: null, limits: null });
});

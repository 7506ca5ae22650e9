import path from 'node:path';
import { expect, test } from 'vitest';
import { openIndex, SearchIndexWriter } from '../../search/search-index.ts';
import { scratch } from '../../testing/scratch.ts';
import { DocumentList, type ListQuery } from './document-list.ts';

const [pdf, text] = ['application/pdf', 'text/plain'];

/** A list of files with so many passages; those of none have failed, by the reason given. */
function listOf(
  files: readonly [name: string, passages: number, reason?: string][],
  { notes = {}, kept = [] }: { notes?: Record<string, string[]>; kept?: string[] } = {},
) {
  const file = path.join(scratch(), 'index.sqlite');
  const writer = new SearchIndexWriter(file);
  for (const [at, [name, count, reason]] of files.entries()) {
    const indexed = {
      ...{ path: name, bytes: 1000 - count, sha256: `${at}`, modifiedAt: 0 },
      ...{ document: `d${at}`, addedAt: at },
    };
    if (reason !== undefined) writer.addFailure(indexed, { code: 'x', message: reason });
    else {
      const passages = Array.from({ length: count }, () => ({ heading: '', text: 'x' }));
      const mediaType = name.endsWith('pdf') ? pdf : text;
      writer.addDocument(indexed, { mediaType, title: name, passages, notes: notes[name] });
    }
  }
  writer.finish();
  const list = new DocumentList(openIndex(file), (document) => kept.includes(document));
  const names = (query: ListQuery): string[] =>
    list.page(query, 0, 100).documents.map(({ name }) => name);
  return { list, names };
}

test('D4 names are in the order that people give them', () => {
  const { names } = listOf(
    ['note-10.txt', 'note-2.txt', 'Note-1.txt', 'b/2', 'B/10', 'ä.txt', 'z.txt', 'a.txt'].map(
      (name) => [name, 1],
    ),
  );
  const inOrder = [
    'a.txt',
    'ä.txt',
    'b/2',
    'B/10',
    'Note-1.txt',
    'note-2.txt',
    'note-10.txt',
    'z.txt',
  ];
  expect(names({})).toEqual(inOrder);
  expect(names({ order: 'desc' })).toEqual([...inOrder].reverse());
  expect(names({})).toEqual(inOrder);
});

test('D4 documents are sorted and filtered, and all that is meant can be named', () => {
  const { list, names } = listOf([
    ['act/One.txt', 3],
    ['act/Été.pdf', 1],
    ['scan.pdf', 0, 'no text'],
    ['torn.pdf', 0, 'torn'],
    ['torn-2.pdf', 0, 'torn'],
  ]);
  expect(names({ sort: 'passages', order: 'desc' }).slice(0, 2)).toEqual([
    'act/One.txt',
    'act/Été.pdf',
  ]);
  expect(names({ sort: 'size' })[0]).toBe('act/One.txt');
  expect(names({ sort: 'added', order: 'desc' })[0]).toBe('torn-2.pdf');
  expect(names({ name: 'ete ACT' })).toEqual(['act/Été.pdf']);
  expect(names({ kind: pdf })).toEqual(['act/Été.pdf']);
  expect(names({ kind: 'failed', reason: 'no text' })).toEqual(['scan.pdf']);
  expect(list.ids({ kind: 'failed', reason: 'torn' }).sort()).toEqual(['d3', 'd4']);
  expect(list.page({ kind: 'failed' }, 1, 1)).toMatchObject({ total: 3, documents: [{}] });
  expect(list.kinds()).toEqual([
    { kind: pdf, count: 1 },
    { kind: text, count: 1 },
    { kind: null, count: 3 },
  ]);
  expect(list.reasons()).toEqual([
    { reason: 'torn', count: 2, canRetry: 0 },
    { reason: 'no text', count: 1, canRetry: 0 },
  ]);
});

test('D6 a file read in part is listed with what was left out, each note once and no more than anybody reads', () => {
  const many = Array.from({ length: 90 }, (_, at) => `${at}`.padEnd(400, '.'));
  const { list, names } = listOf(
    [
      ['a.pdf', 2],
      ['b.txt', 1],
      ['c.txt', 1],
      ['d.txt', 0, 'torn'],
    ],
    {
      notes: {
        'a.pdf': ['2 pages have no text.', '2 pages have no text.', 'More.'],
        'c.txt': many,
      },
    },
  );
  expect(list.partly()).toBe(2);
  expect(names({ kind: 'partly' })).toEqual(['a.pdf', 'c.txt']);
  expect(list.page({}, 0, 3).documents.map(({ notes }) => notes)).toMatchObject([
    ['2 pages have no text.', 'More.'],
    [],
    Array.from({ length: 20 }, () => expect.stringMatching(/^\d+\.+$/)),
  ]);
});

test('D6 a failed file can be tried again where the version keeps it', () => {
  const { list } = listOf(
    [
      ['a.pdf', 0, 'torn'],
      ['b.pdf', 0, 'torn'],
      ['c.pdf', 0, 'slow'],
      ['d.txt', 1],
    ],
    { kept: ['d1', 'd3'] },
  );
  expect(list.page({}, 0, 9).documents.map(({ canRetry }) => canRetry)).toEqual([
    ...[false, true, false, false],
  ]);
  expect(list.reasons()).toEqual([
    { reason: 'torn', count: 2, canRetry: 1 },
    { reason: 'slow', count: 1, canRetry: 0 },
  ]);
});

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { scratch } from '../testing/scratch.ts';
import { type FindOptions, findDocuments, newTools } from './find.ts';
import { openIndex, SearchIndexWriter } from './search-index.ts';

interface Document {
  readonly path: string;
  readonly title?: string;
  readonly mediaType?: string;
  readonly texts: readonly string[];
}

function indexOf(documents: readonly Document[]): string {
  const file = path.join(scratch(), 'index.sqlite');
  using index = new SearchIndexWriter(file);
  for (const { path, title = '', mediaType = 'text/plain', texts } of documents) {
    index.addDocument(
      { path, bytes: 1, sha256: null, modifiedAt: null },
      { mediaType, title, passages: texts.map((text) => ({ heading: '', text })) },
    );
  }
  index.finish();
  return file;
}

function find(file: string, query: string, options: FindOptions = {}, language = 'auto') {
  using database = openIndex(file);
  return findDocuments(database, query, options, newTools(database, language));
}
const pathsOf = (...asked: Parameters<typeof find>): string[] =>
  find(...asked).documents.map((document) => document.path);

const marksOf = (...asked: Parameters<typeof find>): string[] =>
  find(...asked).hits.flatMap(({ snippet }) =>
    snippet.filter(({ match }) => match).map(({ text }) => text),
  );

test('D4 answers come by page, with real totals, and each document once', () => {
  const file = indexOf(
    Array.from({ length: 84 }, (_, at) => ({
      path: `n/${at}.txt`,
      texts: ['A lamp stands here.', 'Another lamp stands there.', 'Nothing.'],
    })),
  );
  const seen = new Set<string>();
  for (let page = 1; page <= 9; page += 1) {
    const found = find(file, 'lamp', { page, limit: 10 });
    expect(found).toMatchObject({ total: { documents: 84, passages: 168 }, page, pages: 9 });
    expect(found.documents).toHaveLength(page === 9 ? 4 : 10);
    for (const { path, passages, hits } of found.documents) {
      seen.add(path);
      expect(passages).toBe(2);
      expect(hits.length).toBeGreaterThanOrEqual(1);
    }
    expect(found.hits).toHaveLength(page === 9 ? 8 : 10);
  }
  expect(seen.size).toBe(84);
  expect(find(file, 'lamp', { page: 10, limit: 10 }).documents).toEqual([]);
});

test('D4 kinds and folders narrow an answer and its totals', () => {
  const texts = ['A lamp.'];
  const file = indexOf([
    { path: 'a/one.pdf', mediaType: 'application/pdf', texts },
    { path: 'a/b/two.txt', texts },
    { path: 'ab/three.txt', texts },
    { path: 'four.md', mediaType: 'text/markdown', texts },
  ]);
  expect(pathsOf(file, 'lamp', { kinds: ['pdf'] })).toEqual(['a/one.pdf']);
  expect(pathsOf(file, 'lamp', { kinds: ['text/plain', 'markdown'] }).sort()).toEqual([
    'a/b/two.txt',
    'ab/three.txt',
    'four.md',
  ]);
  for (const folder of ['a', 'a/', './a/']) {
    const found = find(file, 'lamp', { folder });
    expect(found.documents.map((document) => document.path).sort()).toEqual([
      'a/b/two.txt',
      'a/one.pdf',
    ]);
    expect(found.total).toEqual({ documents: 2, passages: 2 });
  }
  expect(pathsOf(file, 'lamp', { folder: "x' OR 1" })).toEqual([]);
});

test('D4 names of files and folders are found, below texts and titles', () => {
  const file = indexOf([
    { path: 'ghost/walk.txt', title: 'A walk', texts: ['Short.'] },
    {
      path: 'b.txt',
      title: 'Another',
      texts: [`${'word '.repeat(150)}ghost ${'word '.repeat(30)}`],
    },
    { path: 'c.txt', title: 'The ghost', texts: ['Long ago.'] },
  ]);
  expect(pathsOf(file, 'ghost')).toEqual(['c.txt', 'b.txt', 'ghost/walk.txt']);
  expect(pathsOf(file, 'name:ghost')).toEqual(['ghost/walk.txt']);
  expect(pathsOf(file, 'name:txt -ghost')).toEqual([]);
});

test.each([
  ['cue', 'All cues are called.', 'cues'],
  ['cues', 'The cue is called.', 'cue'],
  ['stories', 'It is a long story.', 'story'],
  ['lights', 'She was lighting the stage.', 'lighting'],
  ['Häuser', 'Das Haus und nicht mit dem Garten ist auf', 'Haus'],
  ['книга', 'Она читала книги.', 'книги'],
  ['e-mail', 'Send an email.', 'email'],
  ['무대를', '무대가 있다.', '무대가'],
  ['ไฟ', 'ช่างไฟตรวจเวที', 'ช่างไฟ'],
])('D4 %s finds its other forms', (query, text, mark) => {
  const file = indexOf([{ path: 'a.txt', texts: [text] }]);
  expect(marksOf(file, query)).toEqual([mark]);
});

test('D4 a phrase is found as it is, and no word has other forms where that is set so', () => {
  const file = indexOf([{ path: 'a.txt', texts: ['All cues are called by the prompter.'] }]);
  expect(pathsOf(file, '"cue"')).toEqual([]);
  expect(pathsOf(file, '"called by the"')).toEqual(['a.txt']);
  expect(pathsOf(file, '"by called"')).toEqual([]);
  expect(pathsOf(file, 'cue', {}, 'none')).toEqual([]);
  expect(pathsOf(file, 'cue', {}, 'en')).toEqual(['a.txt']);
});

test('D4 other words are not found', () => {
  const file = indexOf([
    { path: 'th.txt', texts: ['ก่อนการซ้อม'] },
    { path: 'hi.txt', texts: ['रंगमंच पर की में'] },
    { path: 'ru.txt', texts: ['мой дом'] },
    { path: 'zh.txt', texts: ['检查了舞台和幕布'] },
  ]);
  for (const word of ['กา', 'काम', 'रंग', 'дам', '剧场', '台舞']) {
    expect([word, pathsOf(file, word)]).toEqual([word, []]);
  }
});

test('D4 marks stand where the words are, and the text is shown as it was written', () => {
  const text = 'Die Thea\u00adter\u00adpro\u00adbe im o\ufb03ce, 10 m² Straße; 使用GPU加速';
  const file = indexOf([{ path: 'a.txt', texts: [text] }]);
  expect(marksOf(file, 'theaterprobe office m2 strasse gpu 加速')).toEqual([
    'Thea\u00adter\u00adpro\u00adbe',
    'o\ufb03ce',
    'm²',
    'Straße',
    'GPU',
    '加速',
  ]);
  const [hit] = find(file, 'gpu').hits;
  expect(hit?.snippet.map((part) => part.text).join('')).toBe(text);
});

test('D4 a snippet of a long passage shows where most of the words stand', () => {
  const text = `lamp ${'word '.repeat(100)}the lamp and the ghost ${'word '.repeat(100)}`;
  const [hit] = find(indexOf([{ path: 'a.txt', texts: [text] }]), 'lamp ghost').hits;
  expect(hit?.snippet.filter(({ match }) => match).map((part) => part.text)).toEqual([
    'lamp',
    'ghost',
  ]);
  expect(hit?.snippet.map((part) => part.text).join('').length).toBeLessThan(260);
  expect(hit?.snippet[0]?.text.startsWith('…')).toBe(true);
});

test('D4 words that a name joins are found by themselves', () => {
  const file = indexOf([
    { path: 'PDFReports/InvoiceMarch2026.txt', texts: ['one'] },
    { path: 'scan0042b.txt', texts: ['two'] },
  ]);
  for (const query of ['invoice', 'name:march', '2026', 'invoicemarch2026', 'reports', 'pdf']) {
    expect(pathsOf(file, query), query).toEqual(['PDFReports/InvoiceMarch2026.txt']);
  }
  for (const query of ['scan', 'scan0042b', '0042']) {
    expect(pathsOf(file, query), query).toEqual(['scan0042b.txt']);
  }
});

test('D4 a word of Korean with one wrong letter is near', () => {
  const file = indexOf([{ path: 'a.txt', texts: ['무대 조명 감독'] }]);
  expect(find(file, '무데').near).toEqual([{ word: '무데', near: ['무대'] }]);
  expect(find(file, '무').near).toEqual([]);
});

test('D4 nothing found tells what was looked for and which words are near', () => {
  const file = indexOf([{ path: 'a.txt', texts: ['The prompter stands in the corner.'] }]);
  expect(find(file, 'promter')).toMatchObject({
    documents: [],
    total: { documents: 0, passages: 0 },
    near: [{ word: 'promter', near: ['prompter'] }],
    searched: ['promter'],
  });
  expect(find(file, 'prompter cornre')).toMatchObject({
    matched: 'any',
    total: { documents: 1 },
    near: [{ word: 'cornre', near: ['corner'] }],
  });
  expect(find(file, 'prompter').near).toEqual([]);
});

test('D4 a query as one types it matches the beginning of its last word', () => {
  const file = indexOf([{ path: 'a.txt', texts: ['The doc is here.'] }]);
  expect(pathsOf(file, 'the do')).not.toEqual([]);
  expect(find(file, 'the do').matched).toBe('any');
  expect(find(file, 'the do', { asTyped: true })).toMatchObject({ matched: 'all' });
  expect(pathsOf(file, 'do', { asTyped: true })).toEqual(['a.txt']);
});

/** As the first release made it. */
function formerIndex(): string {
  const file = path.join(scratch(), 'index.sqlite');
  using database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE files (
      id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, sha256 TEXT,
      modified_at INTEGER, document TEXT UNIQUE, added_at INTEGER, media_type TEXT, title TEXT,
      passage_count INTEGER NOT NULL, first_passage INTEGER, failure_code TEXT, failure TEXT
    ) STRICT;
    CREATE VIRTUAL TABLE passages USING fts5 (
      title, heading, text, file UNINDEXED, tokenize = "unicode61 remove_diacritics 2"
    );
    INSERT INTO passages (passages, rank) VALUES ('rank', 'bm25(6.0, 3.0, 1.0)');
    INSERT INTO files VALUES (1, 'a.txt', 1, 'x', 0, NULL, NULL, 'text/plain', 'a', 2, 1, NULL, NULL);
    INSERT INTO passages (rowid, title, heading, text, file) VALUES
      (1, 'a', '', 'A Matinée with a lamp', 1), (2, 'a', 'Later', '检查了舞台', 1);
  `);
  return file;
}

test('D4 an index of the former format is searched as it was', () => {
  const file = formerIndex();
  expect(marksOf(file, 'matinee lamp')).toEqual(['Matinée', 'lamp']);
  expect(find(file, 'nowhere')).toMatchObject({ documents: [], near: [{ near: [] }] });
  expect(find(file, 'name:a lamp -"foot light"').total.documents).toBe(1);
});

test('D4 a change of an index of the former format takes it over', () => {
  const file = formerIndex();
  using index = new SearchIndexWriter(file, { existing: true });
  index.addDocument(
    { path: 'b.txt', bytes: 1, sha256: null, modifiedAt: null },
    { mediaType: 'text/plain', title: '', passages: [{ heading: '', text: 'Another lamp' }] },
  );
  expect(index.passages).toBe(3);
  index.finish();
  expect(pathsOf(file, 'lamps').sort()).toEqual(['a.txt', 'b.txt']);
  expect(marksOf(file, '舞台')).toEqual(['舞台']);
  expect(pathsOf(file, 'name:b')).toEqual(['b.txt']);
});

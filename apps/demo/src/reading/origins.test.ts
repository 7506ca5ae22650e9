import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { search } from '../search/search.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch } from '../testing/scratch.ts';

const origins = path.resolve(import.meta.dirname, '../../fixtures/origins');

test('D2 documents of LibreOffice, Office and Google Docs are found by the words that their readers see', async () => {
  const dataFolder = scratch();
  const { failures } = await runIngest(origins, dataFolder);
  const rows = readFileSync(path.join(origins, 'expected.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const told = rows.filter(([words]) => words === '!message');
  expect(failures.map(({ path: file, message }) => [file, message])).toEqual(
    told.map(([, file, what]) => [file, expect.stringContaining(what ?? '')]),
  );
  const wrong: unknown[] = [];
  for (const [words = '', file] of rows) {
    if (words === '!message') continue;
    const { hits } = await search(dataFolder, words.replace(/^!/, ''), { limit: 100 });
    const isFound = hits.some((hit) => hit.path === file);
    if (isFound === words.startsWith('!')) wrong.push({ words, file });
  }
  expect(wrong).toEqual([]);
});

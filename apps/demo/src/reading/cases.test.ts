import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { search } from '../search/search.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch } from '../testing/scratch.ts';

const cases = path.resolve(import.meta.dirname, '../../fixtures/cases');

/** `words<TAB>file`, `!words<TAB>file<TAB>must not be found`, or `!message<TAB>file<TAB>what is told`. */
interface Expected {
  readonly words: string;
  readonly file: string;
  readonly told: string;
}

const expectedOf = (folder: string): Expected[] =>
  readFileSync(path.join(cases, folder, 'expected.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [words = '', file = '', told = ''] = line.split('\t');
      return { words, file, told };
    });

describe.each(readdirSync(cases))('%s', (folder) => {
  test('D2 each file is found by the words that its reader sees, and what cannot be read is told', async () => {
    const dataFolder = scratch();
    const documents = scratch();
    cpSync(path.join(cases, folder), documents, {
      recursive: true,
      filter: (source) => !source.endsWith('expected.tsv'),
    });
    // Where none of the files can be read, nothing would be published.
    writeFileSync(path.join(documents, 'beside.txt'), 'beside');
    const { failures } = await runIngest(documents, dataFolder);
    const expected = expectedOf(folder);
    const told = expected.filter(({ words }) => words === '!message');
    expect(failures.map((failure) => failure.path)).toEqual(told.map(({ file }) => file));
    for (const { file, told: message } of told) {
      expect(failures.find((failure) => failure.path === file)?.message).toContain(message);
    }
    const wrong: Expected[] = [];
    for (const each of expected) {
      if (told.includes(each)) continue;
      const { hits } = await search(dataFolder, each.words.replace(/^!/, ''), { limit: 100 });
      const isFound = hits.some((hit) => hit.path === each.file);
      if (isFound === each.words.startsWith('!')) wrong.push(each);
    }
    expect(wrong).toEqual([]);
  });
});

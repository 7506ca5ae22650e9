import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { search } from '../search.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch } from '../testing/scratch.ts';

const cases = path.resolve(import.meta.dirname, '../../fixtures/cases');

interface Expected {
  readonly folder: string;
  readonly words: string;
  readonly file: string;
  readonly found: boolean;
}

const folders = readdirSync(cases);

// `words<TAB>file`, or `!words<TAB>file<TAB>must not be found`.
const expected = (folder: string): Expected[] =>
  readFileSync(path.join(cases, folder, 'expected.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [words = '', file = ''] = line.split('\t');
      return { folder, words: words.replace(/^!/, ''), file, found: !words.startsWith('!') };
    });

async function filesFoundBy(dataFolder: string, words: string): Promise<string[]> {
  const { hits } = await search(dataFolder, words, { limit: 100 });
  return hits.map(({ path: found }) => found);
}

describe.each(folders)('case %s', (folder) => {
  test('D2 is found by the words that a reader of it sees', async () => {
    const dataFolder = scratch();
    const documents = scratch();
    cpSync(path.join(cases, folder), documents, {
      recursive: true,
      filter: (source) => !source.endsWith('expected.tsv'),
    });
    const { failures } = await runIngest(documents, dataFolder);
    expect(failures).toEqual([]);
    const wrong: Expected[] = [];
    for (const each of expected(folder)) {
      const files = await filesFoundBy(dataFolder, each.words);
      if (files.includes(each.file) !== each.found) wrong.push(each);
    }
    expect(wrong).toEqual([]);
  });
});

import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runIngest } from '../testing/ingest.ts';
import { scratch } from '../testing/scratch.ts';
import { search } from './search.ts';

const cases = path.resolve(import.meta.dirname, '../../fixtures/cases');

/** Lines of `words<TAB>file`; with `!` before the words they must not be found there. */
function expectedOf(name: string) {
  const text = readFileSync(path.join(cases, name, 'expected.tsv'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [words = '', file = ''] = line.split('\t');
      const isFound = !words.startsWith('!');
      return { words: isFound ? words : words.slice(1), file, isFound };
    });
}

test.each(['04-search-without-spaces', '12-invisible-and-compatible', '16-file-names'])(
  'D4 %s: words are found, and other words are not',
  async (name) => {
    const folder = scratch();
    cpSync(path.join(cases, name), folder, { recursive: true });
    rmSync(path.join(folder, 'expected.tsv'));
    const data = scratch();
    await runIngest(folder, data);
    const answers: unknown[] = [];
    for (const { words, file, isFound } of expectedOf(name)) {
      const { hits } = await search(data, words);
      answers.push({ words, file, isFound: hits.some((hit) => hit.path === file) });
      if (!isFound) continue;
      const marks = hits.find((hit) => hit.path === file)?.snippet.filter(({ match }) => match);
      if (name !== '16-file-names') expect(marks, words).not.toEqual([]);
    }
    expect(answers).toEqual(expectedOf(name));
  },
);

import path from 'node:path';
import { expect, test } from 'vitest';
import { scratch, writeFiles } from '../testing/scratch.ts';
import type { ParseOutcome } from './messages.ts';
import { parseAhead } from './parse-ahead.ts';

const textOf = (characters: number): ParseOutcome => ({
  file: {
    mediaType: 'text/plain',
    title: '',
    passages: [{ heading: '', text: 'a'.repeat(characters) }],
  },
});

/** As many files as a folder may hold, and a parser that answers each at once. */
function folderOf(count: number, answer: ParseOutcome) {
  const folder = scratch();
  const names = Array.from({ length: count }, (_, number) => `${number}.txt`);
  writeFiles(folder, Object.fromEntries(names.map((name) => [name, 'some words'])));
  let parsed = 0;
  return {
    files: names.map((name) => ({ path: name, absolute: path.join(folder, name) })),
    parser: {
      parse: async (): Promise<ParseOutcome> => {
        parsed += 1;
        return answer;
      },
    },
    get parsed() {
      return parsed;
    },
  };
}

/** All answers that can be given without anybody asking for one. */
async function untilIdle(folder: { readonly parsed: number }): Promise<void> {
  for (let before = -1; before !== folder.parsed; ) {
    before = folder.parsed;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const limits = () => ({
  signal: new AbortController().signal,
  maxFileBytes: 1024,
  maxFilesAhead: 8,
  maxBytesAhead: 100_000,
});

test('D2 files are parsed on while nobody asks for an outcome, and handed out in their order', async () => {
  const folder = folderOf(50, textOf(10));
  const read = parseAhead(folder.files, folder.parser, limits());
  await untilIdle(folder);
  expect(folder.parsed).toBe(50);
  const found: string[] = [];
  for await (const { file } of read) found.push(file.path);
  expect(found).toEqual(folder.files.map((file) => file.path));
});

test('D2 what is parsed and not asked for is bounded by what it takes in memory', async () => {
  const folder = folderOf(50, textOf(20_000));
  const read = parseAhead(folder.files, folder.parser, limits());
  await untilIdle(folder);
  // As much as is allowed, and what the parser had been given by then.
  expect(folder.parsed).toBeLessThanOrEqual(3 + 8);
  let asked = 0;
  for await (const { outcome } of read) {
    expect(outcome).toEqual(textOf(20_000));
    asked += 1;
    await untilIdle(folder);
    expect(folder.parsed).toBeLessThanOrEqual(asked + 3 + 8);
  }
  expect(asked).toBe(50);
});

test('D2 nothing more is parsed for a consumer that has left', async () => {
  const folder = folderOf(500, textOf(10));
  for await (const _first of parseAhead(folder.files, folder.parser, limits())) break;
  const { parsed } = folder;
  expect(parsed).toBeLessThan(500);
  await untilIdle(folder);
  expect(folder.parsed).toBe(parsed);
});

test('D2 outcomes that are there already leave turns to whoever gives the parser its files', async () => {
  const { files, parser } = folderOf(80, textOf(10));
  const file = { path: '', bytes: 10, sha256: '', modifiedAt: 0 };
  const known = () => ({ file, outcome: textOf(10) });
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  let taken = 0;
  for await (const _known of parseAhead(files, parser, { ...limits(), known })) taken += 1;
  clearImmediate(next);
  expect(taken).toBe(80);
  expect(turns).toBeGreaterThanOrEqual(9);
});

test('D3 an abort while nobody asks is seen by whoever asks next', async () => {
  const folder = folderOf(50, textOf(10));
  const stop = new AbortController();
  const read = parseAhead(folder.files, folder.parser, { ...limits(), signal: stop.signal });
  stop.abort(new Error('stopped'));
  await untilIdle(folder);
  expect(folder.parsed).toBe(8);
  await expect(read.next()).rejects.toThrow('stopped');
});

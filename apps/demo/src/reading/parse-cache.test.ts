import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { scratch } from '../testing/scratch.ts';
import type { ParseOutcome } from './messages.ts';
import type { Parser } from './parse-ahead.ts';
import { ParseCache } from './parse-cache.ts';

const outcome = (text: string): ParseOutcome => ({
  file: { mediaType: 'text/plain', title: text, passages: [{ heading: '', text }] },
});

/** A parser that counts, over a cache as a process of its own would have it. */
function parsing(folder: string, options: { settings?: string; maxBytes?: number } = {}) {
  const parsed: string[] = [];
  const parse = async (bytes: Uint8Array, extension: string): Promise<ParseOutcome> => {
    const text = Buffer.from(bytes).toString();
    parsed.push(text);
    if (text.startsWith('hang')) return { failure: { code: 'timeout', message: 'it takes long' } };
    if (text.startsWith('scan')) return { failure: { code: 'no_text', message: 'it has no text' } };
    return outcome(`${text}${extension}`);
  };
  const { settings = 'settings', maxBytes } = options;
  const cache = new ParseCache(folder, { maxBytes });
  const parser = cache.parser({ parse }, settings);
  const ask = async (...texts: string[]): Promise<ParseOutcome[]> => {
    const outcomes: ParseOutcome[] = [];
    for (const text of texts) outcomes.push(await parser.parse(Buffer.from(text), '.txt'));
    // What one turn brings is written at its end.
    await turn();
    return outcomes;
  };
  return { cache, ask, parsed, parser };
}

test('D7 what was parsed before the process ended is not parsed again, whatever the content', async () => {
  const folder = path.join(scratch(), 'parsed');
  const texts = [
    'plain',
    'of two\nlines\r\n',
    'ünïcödé 東京 \u2028',
    '',
    'x'.repeat(3_000_000),
    '"\\',
  ];
  const before = parsing(folder);
  const outcomes = await before.ask(...texts);
  const after = parsing(folder);
  expect(await after.ask(...texts)).toEqual(outcomes);
  expect([before.parsed, after.parsed]).toEqual([texts, []]);
});

test('D7 an answer is kept as its parser wrote it, unless that is more than a line', async () => {
  const folder = scratch();
  const forged = outcome('forged');
  const json = (made: ParseOutcome): string => JSON.stringify({ ...made, more: 'is left out' });
  const line = json(outcome('line')).replace('{', '{ ');
  const written = new Map([
    ['line', line],
    ['lines', json(outcome('lines')).replace('{', '{\n')],
  ]);
  const ask = async (parse: Parser['parse']): Promise<ParseOutcome[]> => {
    using cache = new ParseCache(folder);
    const parser = cache.parser({ parse }, 'settings');
    const made = ['line', 'lines'].map((text) => parser.parse(Buffer.from(text), '.txt'));
    return await Promise.all(made);
  };
  const outcomes = await ask(async (bytes, _extension, tellJson) => {
    const text = Buffer.from(bytes).toString();
    tellJson?.(Buffer.from(written.get(text) ?? ''));
    return outcome(text);
  });
  expect(outcomes).toEqual([outcome('line'), outcome('lines')]);
  const lines = readFileSync(path.join(folder, 'current'), 'utf8').split('\n');
  expect(lines.map((kept) => kept.slice(kept.indexOf(' ') + 1))).toEqual([
    line,
    JSON.stringify(outcome('lines')),
    '',
  ]);
  expect(await ask(async () => forged)).toEqual(outcomes);
});

test('D7 other settings and other kinds of file are other outcomes', async () => {
  const folder = scratch();
  await parsing(folder).ask('text');
  const other = parsing(folder, { settings: 'others' });
  expect(await other.ask('text')).toEqual([outcome('text.txt')]);
  const named = parsing(folder);
  expect(await named.parser.parse(Buffer.from('text'), '.md')).toEqual(outcome('text.md'));
  expect([other.parsed, named.parsed]).toEqual([['text'], ['text']]);
});

test('D6 D7 what kept a parser from reading a file this time is tried again; what is wrong with the file is not', async () => {
  const folder = scratch();
  await parsing(folder).ask('hang', 'scan');
  const after = parsing(folder);
  expect(await after.ask('hang', 'scan')).toMatchObject([
    { failure: { code: 'timeout' } },
    { failure: { code: 'no_text' } },
  ]);
  expect(after.parsed).toEqual(['hang']);
});

test('D7 a file that was cut at any byte gives what is whole in it, and goes on', async () => {
  const folder = scratch();
  const texts = ['one', 'two', 'three'];
  await parsing(folder).ask(...texts);
  const file = path.join(folder, 'current');
  const whole = readFileSync(file);
  for (let bytes = 0; bytes <= whole.length; bytes += 5) {
    writeFileSync(file, whole);
    truncateSync(file, bytes);
    // A line that lacks nothing but its end is whole.
    const ends = whole.subarray(0, bytes + 1).filter((byte) => byte === 10).length;
    const after = parsing(folder);
    await after.ask(...texts);
    expect([bytes, after.parsed]).toEqual([bytes, texts.slice(ends)]);
    const last = parsing(folder);
    await last.ask(...texts);
    expect(last.parsed).toEqual([]);
  }
});

test('D7 what is none of it is passed over', async () => {
  const folder = scratch();
  await parsing(folder).ask('one');
  const file = path.join(folder, 'current');
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  const key = line.slice(0, 86);
  writeFileSync(file, `\n\n{"no":"line"}\n${'\0'.repeat(500)}\n${key} {"ready":true}\n${key}\n`);
  const after = parsing(folder);
  expect(await after.ask('one')).toEqual([outcome('one.txt')]);
  expect(after.parsed).toEqual(['one']);
});

test('D7 its size is bounded, the oldest goes first, and what is published leaves nothing', async () => {
  const folder = path.join(scratch(), 'parsed');
  const { cache, ask } = parsing(folder, { maxBytes: 20_000 });
  const texts = Array.from({ length: 200 }, (_, n) => `${n} ${'x'.repeat(200)}`);
  await ask(...texts);
  const bytes = readdirSync(folder).reduce(
    (sum, name) => sum + statSync(path.join(folder, name)).size,
    0,
  );
  expect(bytes).toBeLessThan(21_000);
  const after = parsing(folder, { maxBytes: 20_000 });
  const newest = texts.slice(-10);
  await after.ask(...newest, texts[0] ?? '');
  expect(after.parsed).toEqual([texts[0]]);
  cache.clear();
  expect(() => readdirSync(folder)).toThrow();
  await ask('again');
  const last = parsing(folder);
  await last.ask('again');
  expect(last.parsed).toEqual([]);
});

test('D7 where nothing can be kept, files are parsed as if it were not there', async () => {
  const file = path.join(scratch(), 'file');
  writeFileSync(file, 'no folder');
  const { ask, parsed } = parsing(path.join(file, 'parsed'));
  expect(await ask('one', 'one')).toEqual([outcome('one.txt'), outcome('one.txt')]);
  expect(parsed).toEqual(['one', 'one']);
});

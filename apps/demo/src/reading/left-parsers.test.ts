import { expect, test } from 'vitest';
import { ChildPool } from './child-pool.ts';
import { LeftParsers } from './left-parsers.ts';
import type { ParseOutcome } from './messages.ts';
import type { ParseProcesses } from './parse-processes.ts';

const parser = new URL('../testing/faulty-parser.ts', import.meta.url);
const titleOf = (outcome: ParseOutcome): string => ('file' in outcome ? outcome.file.title : '');

const parse = (parsers: ParseProcesses, text: string): Promise<ParseOutcome> =>
  parsers.parse(Buffer.from(text), '.md');

function parsersOf({ fileTimeoutMs = 600_000 } = {}) {
  const settings = { parser, processes: 1, fileTimeoutMs, pool: new ChildPool() };
  return { left: new LeftParsers(), settings };
}

test('D2 parsers that a job leaves go to the next one with what they are at', async () => {
  const { left, settings } = parsersOf();
  const first = await left.take(settings);
  const begun = parse(first, 'pid');
  await left.leave(first);
  await using second = await left.take({ ...settings, backlog: 4 });
  expect(second.waiting).toBe(1);
  expect(titleOf(await parse(second, 'pid'))).toBe(titleOf(await begun));
  expect(second.waiting).toBe(0);
  await expect(parse(first, 'pid')).rejects.toThrow('other hands');
});

test('D2 parsers that nobody takes end what they are at, and are idle in the pool then', async () => {
  const { left, settings } = parsersOf({ fileTimeoutMs: 500 });
  const first = await left.take(settings);
  const begun = ['hang', 'pid'].map((text) => parse(first, text));
  await left.leave(first);
  const [hung, pid] = await Promise.all(begun);
  expect(hung).toMatchObject({ failure: { code: 'timeout' } });
  await using second = await left.take({ ...settings, fileTimeoutMs: 600_000 });
  expect(titleOf(await parse(second, 'pid'))).toBe(pid && titleOf(pid));
});

test('D2 parsers of other settings are ended, with what they are at', async () => {
  const { left, settings } = parsersOf();
  const first = await left.take(settings);
  const hanging = parse(first, 'hang');
  const refused = expect(hanging).rejects.toThrow('closed');
  await left.leave(first);
  await using second = await left.take({ ...settings, chunking: { maxLength: 500 } });
  await refused;
  expect(titleOf(await parse(second, 'good'))).toBe('good done');
});

test('D3 D6 it is the signal of whoever has them that ends them', async () => {
  const { left, settings } = parsersOf();
  const former = new AbortController();
  const first = await left.take({ ...settings, signal: former.signal });
  const hanging = parse(first, 'hang');
  await left.leave(first);
  const stop = new AbortController();
  await using second = await left.take({ ...settings, signal: stop.signal });
  former.abort(new Error('former'));
  const waiting = parse(second, 'good');
  const reason = new Error('stop');
  stop.abort(reason);
  await expect(hanging).rejects.toBe(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(parse(second, 'good')).rejects.toBe(reason);
});

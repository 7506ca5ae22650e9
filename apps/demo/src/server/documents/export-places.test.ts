import { expect, test } from 'vitest';
import { ExportPlaces, type ExportReader } from './export-places.ts';

const busy = expect.objectContaining({ code: 'export_busy', status: 503 });

function stage() {
  let nowMs = 5000;
  const places = new ExportPlaces(() => nowMs);
  const ended: string[] = [];
  const reader = (session: string): ExportReader & { bytes: number; hasMore: boolean } => {
    const own = {
      ...{ session, bytes: 0, hasMore: true },
      taken: () => own.bytes,
      isWaitedFor: () => own.hasMore,
      end: () => void ended.push(session),
    };
    places.take(own);
    return own;
  };
  const pass = (seconds: number): void => {
    nowMs += 1000 * seconds;
  };
  return { ended, pass, places, reader };
}

test('D5 one session has two exports at once, and no more', () => {
  const { places, reader } = stage();
  const first = reader('a');
  reader('a');
  expect(() => reader('a')).toThrow(busy);
  reader('b');
  places.leave(first);
  reader('a');
});

test('D5 whoever reads an export slowly makes room for somebody else, the slowest first', () => {
  const { ended, pass, places, reader } = stage();
  const readers = ['a', 'b', 'c', 'd'].map(reader);
  // Nobody is slow so soon.
  expect(() => reader('e')).toThrow(busy);
  pass(100);
  for (const [at, each] of readers.entries()) each.bytes = (at + 1) * 2_000_000;
  reader('e');
  expect(ended).toEqual(['a']);
  reader('f');
  reader('g');
  expect(ended).toEqual(['a', 'b', 'c']);
  // Those that take enough, or for whom nothing is there to take, keep their places.
  expect(() => reader('h')).toThrow(busy);
  const [, , , fast] = readers;
  if (fast !== undefined) places.leave(fast);
  reader('h').hasMore = false;
  pass(100);
  reader('i');
  expect(ended).toEqual(['a', 'b', 'c', 'e']);
});

test('D5 a reader that is slow keeps its place while nobody else needs it', () => {
  const { ended, pass, reader } = stage();
  const slow = reader('a');
  pass(3600);
  reader('b');
  reader('c');
  reader('d');
  expect(ended).toEqual([]);
  expect(slow.taken()).toBe(0);
});

import { expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import { cloneSaved } from './saved-state.ts';

const outcomeOf = (state: unknown): unknown => {
  try {
    return cloneSaved(state);
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : error;
  }
};

const numbers = Array.from({ length: 50_000 }, (_, index) => index);

// What is in it is not looked at: the names of ten million places alone take many seconds.
test.for([
  ['a list of ten million in a list', [new Array(10_000_000).fill(1)]],
  ['a list that begins with a hole', Object.assign(new Array(1), numbers.toSpliced(0, 1))],
  ['a set of many', new Set(numbers)],
  ['a map of many', new Map(numbers.map((key) => [key, key]))],
  ['an object of many fields', Object.fromEntries(numbers.map((key) => [key, key]))],
] as const)('A10 F2 %s is refused as too large at once', { timeout: 10_000 }, ([, state]) => {
  expect(outcomeOf(state)).toBe('too_large');
});

test('A10 lists of few values and very many holes are kept', () => {
  const sparse: number[] = [];
  sparse[4_294_967_294] = 1;
  const holes: number[] = new Array(1_000_000);
  holes[5] = 2;
  const kept = outcomeOf({ sparse, holes });
  expect(kept).toEqual({ sparse: expect.any(Array), holes: expect.any(Array) });
  expect(Object.entries(Reflect.get(Object(kept), 'sparse'))).toEqual([['4294967294', 1]]);
});

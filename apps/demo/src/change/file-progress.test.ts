import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { fileProgressOf, progressMessage, type SlowFile } from './file-progress.ts';
import { SlowWatch } from './slow-watch.ts';

afterEach(() => void vi.useRealTimers());

test('D2 P2 progress of files is told in a message that fits, and understood again', () => {
  expect(progressMessage({ done: 3, total: 9, slow: null })).toBe('3 of 9 files');
  const slow = { name: 'a of 3 files; 4 s so far at b.pdf', seconds: 5 };
  expect(fileProgressOf(progressMessage({ done: 3, total: 9, slow }))).toEqual({
    ...{ done: 3, total: 9, slow },
  });
  for (const other of ['', 'Publishing', '3 of files', '3 of 9 files at', '3 of 9 files; x']) {
    expect(fileProgressOf(other)).toBe(undefined);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 2000 }), (name) => {
      const progress = { done: 99_999, total: 100_000, slow: { name, seconds: 86_400 } };
      const message = progressMessage(progress);
      expect(message.length).toBeLessThanOrEqual(200);
      expect(fileProgressOf(message)).toMatchObject({ done: 99_999, total: 100_000 });
      expect(fileProgressOf(message)?.slow?.name.at(-1)).toBe(name.at(-1));
    }),
    { numRuns: 50 },
  );
});

test('D2 a file that takes long is told of once a second, and no longer than it takes', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const told: SlowFile[] = [];
  using watch = new SlowWatch((slow) => told.push(slow));
  watch.waitFor('quick.md');
  vi.advanceTimersByTime(2500);
  watch.waitFor('atlas.pdf');
  vi.advanceTimersByTime(2900);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect(told).toEqual([
    { name: 'atlas.pdf', seconds: 4 },
    { name: 'atlas.pdf', seconds: 5 },
  ]);
  watch.waitFor(undefined);
  vi.advanceTimersByTime(10_000);
  expect(told).toHaveLength(2);
});

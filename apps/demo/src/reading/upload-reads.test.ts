import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadFile } from './parse-ahead.ts';
import { UploadReads } from './upload-reads.ts';

const readOf = (text: string): ReadFile => ({
  file: { path: 'a.md', bytes: text.length, sha256: 'digest', modifiedAt: 0 },
  outcome: { file: { mediaType: 'text/plain', title: '', passages: [{ heading: '', text }] } },
});
const textOf = ({ outcome }: ReadFile): string =>
  'file' in outcome ? (outcome.file.passages[0]?.text ?? '') : '';

test('D2 what was read ahead is given out once, the oldest goes first, and the bound holds', () => {
  const maxBytes = 20_000;
  const place = fc.integer({ min: 0, max: 9 }).map((number) => `place-${number}`);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ put: place, characters: fc.nat(6000) }) },
    fc.record({ take: place }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const reads = new UploadReads({ maxBytes });
      // What was put and not taken, oldest first.
      const put = new Map<string, string>();
      for (const one of steps) {
        if ('put' in one) {
          const text = `${put.size}`.padEnd(one.characters, '.');
          put.delete(one.put);
          put.set(one.put, text);
          reads.put(one.put, readOf(text));
          expect(reads.has(one.put)).toBe(true);
        } else {
          const isThere = reads.has(one.take);
          const taken = reads.take(one.take);
          expect(taken === undefined ? undefined : textOf(taken)).toBe(
            isThere ? put.get(one.take) : undefined,
          );
          expect(reads.has(one.take)).toBe(false);
          put.delete(one.take);
        }
        const kept = [...put].filter(([known]) => reads.has(known));
        expect(kept).toEqual([...put].slice(put.size - kept.length));
        const characters = kept.reduce((sum, [, text]) => sum + text.length, 0);
        expect(2 * characters).toBeLessThanOrEqual(maxBytes);
        // Nothing went without need: with the next older one it would be too much.
        const next = [...put].at(-kept.length - 1);
        if (put.size === kept.length || next === undefined) continue;
        const overhead = 2048 * (kept.length + 1);
        expect(2 * (characters + next[1].length) + overhead).toBeGreaterThan(maxBytes);
        for (const known of put.keys()) if (!reads.has(known)) put.delete(known);
      }
    }),
  );
});

test('D2 a text that alone is more than the bound is not kept', () => {
  const reads = new UploadReads({ maxBytes: 10_000 });
  reads.put('small', readOf('small'));
  reads.put('large', readOf('.'.repeat(6000)));
  expect([reads.has('small'), reads.has('large')]).toEqual([false, false]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ParseOutcome } from './messages.ts';
import type { BegunFile, ReadFile } from './parse-ahead.ts';
import { UploadReads } from './upload-reads.ts';

const readOf = (text: string): ReadFile => ({
  file: { path: 'a.md', bytes: text.length, sha256: 'digest', modifiedAt: 0 },
  outcome: { file: { mediaType: 'text/plain', title: '', passages: [{ heading: '', text }] } },
});
const textOf = ({ outcome }: BegunFile): string =>
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

test('D2 what parsers are at is kept until they answer, counts from then on, and is nothing where they end', async () => {
  const maxBytes = 20_000;
  const place = fc.integer({ min: 0, max: 5 }).map((number) => `place-${number}`);
  const step = fc.oneof(
    fc.record({ begin: place }),
    fc.record({ answer: place, characters: fc.nat(6000) }),
    fc.record({ end: place }),
    fc.record({ take: place }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const reads = new UploadReads({ maxBytes });
      const atWork = new Map<string, PromiseWithResolvers<ParseOutcome>>();
      const answered = new Map<string, string>();
      for (const one of steps) {
        if ('begin' in one) {
          const begun = Promise.withResolvers<ParseOutcome>();
          atWork.set(one.begin, begun);
          answered.delete(one.begin);
          reads.put(one.begin, { ...readOf(''), outcome: begun.promise });
        } else if ('answer' in one) {
          const text = '.'.repeat(one.characters);
          if (atWork.has(one.answer)) answered.set(one.answer, text);
          atWork.get(one.answer)?.resolve(readOf(text).outcome);
          atWork.delete(one.answer);
        } else if ('end' in one) {
          atWork.get(one.end)?.reject(new Error('ended'));
          if (atWork.delete(one.end)) expect(answered.has(one.end)).toBe(false);
        } else {
          const isThere = reads.has(one.take);
          expect(reads.take(one.take) !== undefined).toBe(isThere);
          expect(reads.has(one.take)).toBe(false);
          atWork.delete(one.take);
          answered.delete(one.take);
        }
        await Promise.resolve();
        for (const name of atWork.keys()) expect(reads.has(name)).toBe(true);
        for (const name of answered.keys()) if (!reads.has(name)) answered.delete(name);
        const characters = [...answered.values()].reduce((sum, { length }) => sum + length, 0);
        expect(2 * characters).toBeLessThanOrEqual(maxBytes);
        const known = Array.from({ length: 6 }, (_, number) => `place-${number}`);
        const kept = known.filter((name) => reads.has(name));
        expect(kept.every((name) => atWork.has(name) || answered.has(name))).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

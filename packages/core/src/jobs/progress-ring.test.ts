import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProgressEvent } from './job-view.ts';
import { beforeLife } from './progress-lives.ts';
import { ProgressRing } from './progress-ring.ts';

const eventOf = (seq: number): ProgressEvent => ({
  seq,
  at: 0,
  phase: 'work',
  attempt: 1,
  percent: null,
  message: '',
});

const filled = (capacity: number, seqs: readonly number[]): ProgressRing => {
  const ring = new ProgressRing(capacity);
  for (const seq of seqs) ring.push(eventOf(seq));
  return ring;
};

const seqs = (events: readonly ProgressEvent[]): number[] => events.map(({ seq }) => seq);

describe('ProgressRing', () => {
  test('P1 keeps the newest when it is full', () => {
    const { events, cursor, missed } = filled(3, [1, 2, 3, 4, 5]).read(0, 100);
    expect([seqs(events), cursor, missed]).toEqual([[3, 4, 5], 5, 2]);
  });

  test('P3 counts what was lost before the first event, between events, and nothing else', () => {
    const ring = filled(10, [1, 2, 5, 6]);
    expect(ring.read(0, 2)).toMatchObject({ cursor: 2, missed: 0 });
    expect(ring.read(2, 100)).toMatchObject({ cursor: 6, missed: 2 });
    expect(ring.read(6, 100)).toEqual({ events: [], cursor: 6, missed: 0 });
  });

  test('P3 a limit of 0 reads nothing and moves nothing', () => {
    expect(filled(3, [1, 2]).read(1, 0)).toEqual({ events: [], cursor: 1, missed: 0 });
  });

  test.each([7, 1e9, Number.POSITIVE_INFINITY])(
    'P3 a cursor of %s, beyond the newest, does not hide what comes later',
    (after) => {
      const ring = filled(5, [1, 2]);
      const { cursor } = ring.read(after, 100);
      expect(cursor).toBe(2);
      ring.push(eventOf(3));
      expect(seqs(ring.read(cursor, 100).events)).toEqual([3]);
    },
  );

  test('P1 P3 reads as a plain list of the newest would, whatever is pushed and asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 }),
        fc.nat({ max: 120 }),
        fc.nat({ max: 12 }),
        (capacity, steps, asked, limit) => {
          let last = 0;
          const all = steps.map((step) => {
            last += step;
            return last;
          });
          const after = Math.min(asked, last);
          const expected = all
            .slice(-capacity)
            .filter((seq) => seq > after)
            .slice(0, limit);
          const read = filled(capacity, all).read(asked, limit);
          expect(seqs(read.events)).toEqual(expected);
          expect(read.cursor).toBe(expected.at(-1) ?? after);
          expect(read.missed).toBe(read.cursor - after - expected.length);
        },
      ),
    );
  });

  test('H3 over several lives small steps see and miss the same as one look, and hide nothing new', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (capacity, lives, cursor, limit) => {
          const all = lives.flatMap((steps, life) => {
            let seq = beforeLife(life + 1);
            return steps.map((step) => (seq += step));
          });
          const life = beforeLife(Math.max(lives.length, 1));
          const ring = new ProgressRing(capacity, life);
          for (const seq of all) ring.push(eventOf(seq));
          const whole = ring.read(cursor, 1000);
          expect(seqs(whole.events)).toEqual(
            expect.arrayContaining(all.slice(-capacity).filter((seq) => seq > life && life > 0)),
          );
          const seen: number[] = [];
          let missed = 0;
          let after = cursor;
          for (let read = ring.read(after, limit); ; read = ring.read(after, limit)) {
            seen.push(...seqs(read.events));
            missed += read.missed;
            if (read.cursor === after) break;
            after = read.cursor;
          }
          expect([seen, missed, after]).toEqual([seqs(whole.events), whole.missed, whole.cursor]);
        },
      ),
    );
  });

  test('P3 reading by small steps sees every event kept once, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.nat({ max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        (capacity, count, limit) => {
          const ring = filled(
            capacity,
            Array.from({ length: count }, (_, index) => index + 1),
          );
          const seen: number[] = [];
          let after = 0;
          let missed = 0;
          for (let read = ring.read(0, limit); read.events.length > 0; ) {
            seen.push(...seqs(read.events));
            missed += read.missed;
            after = read.cursor;
            read = ring.read(after, limit);
          }
          expect(seen.length + missed).toBe(count);
          expect(seen).toEqual([...seen].sort((a, b) => a - b));
          expect(new Set(seen).size).toBe(Math.min(capacity, count));
        },
      ),
    );
  });
});

import type { ProgressEvent } from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProgressBatch } from '../records/job-store.ts';
import { ProgressBatcher } from './progress-batch.ts';

const event = (seq: number): ProgressEvent => ({
  ...{ seq, at: 0, phase: 'work', percent: null, message: '', attempt: 1 },
});
const seqOf = (text: string): number => JSON.parse(text).seq;

/** As Redis takes it, where it does: what it knows already is no news. */
function redis(capacity: number) {
  const kept = { seqs: [] as number[], dropped: 7 };
  return {
    kept,
    take({ seq, dropped, events }: ProgressBatch): void {
      kept.dropped = Math.max(kept.dropped, dropped);
      const known = kept.seqs.at(-1) ?? 0;
      if (events.length === 0 || seq <= known) return;
      kept.seqs.push(...events.map(seqOf).filter((each) => each > known));
      kept.seqs.splice(0, Math.max(0, kept.seqs.length - capacity));
    },
  };
}

test('E3 E6 P5 whatever is refused, or taken and answered by nothing, all reports are known at the end, once and in order', async () => {
  const capacity = 5;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ reports: fc.integer({ min: 1, max: 12 }) }),
          fc.record({ dropped: fc.integer({ min: 1, max: 9 }) }),
          fc.record({ afterMs: fc.constantFrom(20, 100, 1000, 3000) }),
        ),
        { maxLength: 25 },
      ),
      fc.infiniteStream(fc.constantFrom('taken', 'refused', 'answer lost')),
      async (steps, fates) => {
        const clock = simulatedClock();
        const { kept, take } = redis(capacity);
        let largest = 0;
        const batcher = new ProgressBatcher({
          ...{ clock, capacity, dropped: 7 },
          async send(batch) {
            largest = Math.max(largest, batch.events.length);
            const fate = fates.next().value;
            if (fate !== 'refused') take(batch);
            return fate === 'taken';
          },
        });
        let [seq, dropped] = [0, 7];
        for (const step of steps) {
          if ('afterMs' in step) await clock.advance(step.afterMs);
          else if ('dropped' in step) {
            dropped += step.dropped;
            batcher.drop(step.dropped);
          } else {
            for (let n = 0; n < step.reports; n += 1) batcher.push(event(++seq));
          }
        }
        take(await batcher.close());
        const newest = Array.from({ length: Math.min(seq, capacity) }, (_, n) => n + 1);
        expect(kept.seqs).toEqual(newest.map((n) => seq - newest.length + n));
        expect(kept.dropped).toBe(dropped);
        expect(largest).toBeLessThanOrEqual(capacity);
      },
    ),
    { numRuns: 300 },
  );
});

test('E3 E6 what was refused comes again by itself, once a second, until it is taken, and then no more', async () => {
  const clock = simulatedClock();
  const sent: number[] = [];
  const answers = [false, false, false, true];
  const batcher = new ProgressBatcher({
    ...{ clock, capacity: 10, dropped: 0 },
    async send({ events, dropped }) {
      expect([events.map(seqOf), dropped]).toEqual([[1], 2]);
      sent.push(clock.monotonic());
      return answers.shift() ?? true;
    },
  });
  const at = clock.monotonic();
  batcher.push(event(1));
  batcher.drop(2);
  await clock.advance(60_000);
  expect(sent.map((each) => each - at)).toEqual([20, 1020, 2020, 3020]);
  expect(await batcher.close()).toEqual({ seq: 1, dropped: 0, events: [] });
});

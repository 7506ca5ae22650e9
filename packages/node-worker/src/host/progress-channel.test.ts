import type { ReportedProgress } from '@offstage/core/engine';
import { type JobHost, repairMessage, repairPercent } from '@offstage/core/engine';
import { type SimulatedClock, simulatedClock } from '@offstage/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlock, headerBytes, slotCount, slotMargin, word } from '../shared/block.ts';
import { ProgressWriter } from '../thread/progress-writer.ts';
import { lookIntervalMs, ProgressReader } from './progress-reader.ts';

interface Channel {
  readonly writer: ProgressWriter;
  readonly reader: ProgressReader;
  readonly clock: SimulatedClock;
  readonly events: ReportedProgress[];
  readonly words: Int32Array;
  /** Messages that rang, not yet delivered. */
  rings: number;
  dropped: number;
}

const phases = ['prepare', 'work'];

function channel(capacity = 100, task = 1): Channel {
  const block = createBlock();
  const clock = simulatedClock();
  const events: ReportedProgress[] = [];
  const host: JobHost = {
    progress: (event) => events.push(event),
    dropped: (count) => {
      it.dropped += count;
    },
    saved: async () => {},
    settled: () => {},
  };
  const it: Channel = {
    writer: new ProgressWriter(block, () => {
      it.rings += 1;
    }),
    reader: new ProgressReader(block, clock),
    clock,
    events,
    words: new Int32Array(block, 0, headerBytes / 4),
    rings: 0,
    dropped: 0,
  };
  it.writer.begin(task);
  it.reader.begin(task, phases, capacity, host);
  return it;
}

const flood = (it: Channel, count: number): void => {
  for (let i = 0; i < count; i++) it.writer.write(1, i, `Page ${i}`);
};

const seqs = (it: Channel): number[] => it.events.map((event) => event.seq);

describe('the progress channel', () => {
  test('W3 a flood sends one message, however long the host is away', () => {
    const it = channel();
    flood(it, 100_000);
    expect(it.rings).toBe(1);
  });

  test('W3 P4 of a flood the newest are delivered, in order, no more than the ring of the job', () => {
    const it = channel(10);
    flood(it, 100_000);
    it.reader.onKnock();
    expect(seqs(it)).toEqual(Array.from({ length: 10 }, (_, i) => 99_991 + i));
    expect(it.events.at(-1)).toMatchObject({ phase: 'work', message: 'Page 99999' });
  });

  test('W3 after a message the host looks by itself, and then is rung again', async () => {
    const it = channel();
    flood(it, 1);
    it.reader.onKnock();
    expect(seqs(it)).toEqual([1]);
    flood(it, 1);
    expect(it.rings).toBe(1);
    await it.clock.advance(lookIntervalMs);
    expect(seqs(it)).toEqual([1, 2]);
    await it.clock.advance(lookIntervalMs);
    expect(it.clock.pending).toBe(0);
    flood(it, 1);
    expect(it.rings).toBe(2);
  });

  test('W3 what is reported while the knock is freed is not lost', async () => {
    const it = channel();
    flood(it, 1);
    it.reader.onKnock();
    const { words, writer } = it;
    // The thread reports between the last look and the store that frees the knock.
    const drain = it.reader.drain.bind(it.reader);
    let looks = 0;
    it.reader.drain = () => {
      const fresh = drain();
      looks += 1;
      if (looks === 1) writer.write(0, 1, 'in between');
      return fresh;
    };
    await it.clock.advance(lookIntervalMs);
    expect(it.events.at(-1)?.message).toBe('in between');
    await it.clock.advance(10 * lookIntervalMs);
    expect(Atomics.load(words, word.knock)).toBe(0);
    expect(it.clock.pending).toBe(0);
  });

  test('P5 the end delivers what no message told of', () => {
    const it = channel();
    flood(it, 3);
    it.reader.end();
    expect(seqs(it)).toEqual([1, 2, 3]);
    flood(it, 1);
    it.reader.drain();
    expect(seqs(it)).toEqual([1, 2, 3]);
  });

  test('W3 a task that the thread has not begun reads nothing of the one before', () => {
    const it = channel();
    flood(it, 5);
    it.writer.countMalformed();
    it.reader.begin(2, phases, 100, {
      progress: (event) => it.events.push(event),
      dropped: () => {
        it.dropped += 1;
      },
      saved: async () => {},
      settled: () => {},
    });
    it.reader.drain();
    expect([it.events.length, it.dropped]).toEqual([0, 0]);
    it.writer.begin(2);
    flood(it, 1);
    it.reader.drain();
    expect(seqs(it)).toEqual([1]);
  });

  test('W3 slots that a fast thread may have overwritten during the copy are left out', () => {
    const it = channel(slotCount);
    flood(it, slotCount);
    const head = Atomics.load;
    // The thread writes 50 more between the look at the head and the copy.
    let once = true;
    Atomics.load = ((array: Int32Array, index: number) => {
      const value = head(array, index);
      if (once && index === word.head) {
        once = false;
        flood(it, 50);
      }
      return value;
    }) as typeof Atomics.load;
    try {
      it.reader.drain();
    } finally {
      Atomics.load = head;
    }
    const readable = slotCount - slotMargin - 50;
    expect(seqs(it)).toEqual(
      Array.from({ length: readable }, (_, i) => slotCount - readable + 1 + i),
    );
    for (const { seq, message } of it.events) expect(message).toBe(`Page ${seq - 1}`);
    it.reader.drain();
    expect(seqs(it).at(-1)).toBe(slotCount + 50);
  });

  test('P2 malformed reports are counted, and told once', () => {
    const it = channel();
    it.writer.countMalformed();
    it.writer.countMalformed();
    expect(it.rings).toBe(1);
    it.reader.onKnock();
    it.reader.drain();
    it.writer.countMalformed();
    it.reader.end();
    expect(it.dropped).toBe(3);
  });

  test('P2 what comes out is what an inline run would have made of it', () => {
    const message = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.constant('\u0000\u202e\ud800'),
      fc.anything(),
    );
    const percent = fc.oneof(fc.double(), fc.integer(), fc.anything());
    fc.assert(
      fc.property(fc.array(fc.tuple(percent, message), { maxLength: 90 }), (reports) => {
        const it = channel();
        for (const [percentGiven, messageGiven] of reports) {
          it.writer.write(1, percentGiven, messageGiven);
        }
        it.reader.end();
        expect(it.events.map((event) => [event.seq, event.percent, event.message])).toEqual(
          reports.map(([percentGiven, messageGiven], i) => [
            i + 1,
            repairPercent(percentGiven),
            repairMessage(messageGiven),
          ]),
        );
      }),
    );
  });

  test('P1 P4 any interleaving of reports and looks keeps order and the newest', () => {
    const step = fc.oneof(
      fc.nat(300).map((count) => ({ write: count })),
      fc.constant({ write: 0 }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 500 }),
        (steps, capacity) => {
          const it = channel(capacity);
          let written = 0;
          for (const { write } of steps) {
            flood(it, write);
            written += write;
            it.reader.drain();
            expect(it.events.at(-1)?.seq ?? 0).toBe(written);
          }
          const all = seqs(it);
          expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
        },
      ),
    );
  });
});

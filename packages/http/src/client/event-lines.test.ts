import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventLines, type ServerEvent } from './event-lines.ts';

const line = fc.oneof(
  fc.constantFrom('', 'data: {"a":1}', 'data:b', 'data', 'data:  two', 'event: change', 'event:x'),
  fc.constantFrom(
    ':',
    ': a comment',
    'id: 7',
    'retry: 10',
    'retry',
    'other: x',
    'data: é😀',
    ' data: x',
  ),
);
const ending = fc.constantFrom('\n', '\r\n', '\r');

test('H3 H4 events are read as a parser of the whole standard reads them, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, ending)),
      fc.array(fc.nat(200)),
      fc.boolean(),
      (lines, places, hasMark) => {
        // A line feed last, since the other parser waits for it as well.
        const text = `${hasMark ? '\uFEFF' : ''}${lines.map((each) => each.join('')).join('')}\n\n`;
        const cuts = [0, ...places.filter((at) => at < text.length).toSorted((a, b) => a - b)];
        const expected: ServerEvent[] = [];
        const parser = createParser({
          onEvent: ({ event = '', data }) => expected.push({ event, data }),
        });
        const told: ServerEvent[] = [];
        const feed = eventLines((event) => told.push(event));
        parser.feed(text);
        for (const [index, at] of cuts.entries()) feed(text.slice(at, cuts[index + 1]));
        expect(told).toEqual(expected);
      },
    ),
  );
});

test('H5 an event without an end is given up', () => {
  for (const part of ['x'.repeat(1000), `data: ${'x'.repeat(1000)}\n`]) {
    const feed = eventLines(() => undefined);
    expect(() => {
      for (let count = 0; count < 2000; count += 1) feed(part);
    }).toThrow(RangeError);
  }
});

import { serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena, ArenaReader } from './arena.ts';
import { addValue, decodeValue } from './value-codec.ts';

function encode(value: unknown): Uint8Array {
  const arena = new Arena(1);
  addValue(value, arena);
  return arena.bytes;
}

const primitive = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('\ud800', '\u00ff\u0100', '', '\u0000'),
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 2 ** 31, 2 ** 31 - 1, 2 ** 53, undefined, null, true, false),
);
const flat = fc.dictionary(fc.string({ unit: 'binary' }), primitive, { noNullPrototype: true });

describe('a value in a journal', () => {
  test('K2 what is small and flat comes back as structured clone has it', () => {
    fc.assert(
      fc.property(fc.oneof(primitive, flat), (value) => {
        expect(decodeValue(encode(value))).toStrictEqual(structuredClone(value));
      }),
    );
  });

  test('K2 so does all else, in the form of V8', () => {
    const values: readonly unknown[] = [
      { deep: { n: 1 } },
      [1, 2],
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`field-${index}`, index])),
      { long: 'x'.repeat(257) },
      { ['x'.repeat(257)]: 1 },
      { n: 1n },
      new Date(7),
      Object.assign(new Date(7), { n: 1 }),
      JSON.parse('{"__proto__": 7, "n": 1}'),
    ];
    for (const value of values) {
      expect(decodeValue(encode(value))).toStrictEqual(structuredClone(value));
      expect(encode(value)[0]).toBe(1);
    }
  });

  test('K2 what structured clone leaves out or refuses, this does as well', () => {
    class Point {
      x = 1;
    }
    const hidden = Object.defineProperty({ seen: 1, [Symbol('s')]: 2 }, 'unseen', { value: 3 });
    expect(decodeValue(encode(new Point()))).toStrictEqual({ x: 1 });
    expect(decodeValue(encode(hidden))).toStrictEqual({ seen: 1 });
    for (const bad of [new Proxy({ n: 1 }, {}), { run: () => 1 }, { s: Symbol('s') }]) {
      expect(() => encode(bad)).toThrow();
    }
  });

  test('K2 a getter is asked once', () => {
    let asked = 0;
    const value = {
      get n() {
        asked += 1;
        return asked === 1 ? 7 : () => undefined;
      },
    };
    expect(decodeValue(encode(value))).toEqual({ n: 7 });
  });

  test('K6 bytes that are torn are never a value', () => {
    const whole = encode({ name: 'a text', n: 7, at: 0.5, isTrue: true });
    for (let length = 0; length < whole.byteLength; length += 1) {
      expect(() => decodeValue(whole.subarray(0, length))).toThrow();
    }
    expect(() => decodeValue(new Uint8Array([...whole, 0]))).toThrow('torn');
    expect(() => decodeValue(new Uint8Array([2, 99]))).toThrow('torn');
    expect(() => decodeValue(serialize('of no form'))).toThrow();
  });
});

describe('bytes between two threads', () => {
  test('K2 are read as they were added', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 200 }),
            fc.double(),
            fc.uint8Array({ maxLength: 200 }),
            fc.nat().map((count) => ({ count })),
          ),
        ),
        (parts) => {
          const arena = new Arena(1);
          for (const part of parts) {
            if (typeof part === 'string') arena.addText(part);
            else if (typeof part === 'number') arena.addNumber(part);
            else if ('count' in part) arena.addCount(part.count);
            else {
              const start = arena.beginBlock();
              arena.add(part);
              arena.endBlock(start);
            }
          }
          const reader = new ArenaReader(arena.bytes);
          for (const part of parts) {
            if (typeof part === 'string') expect(reader.text()).toBe(part);
            else if (typeof part === 'number') expect(reader.number()).toBe(part);
            else if ('count' in part) expect(reader.count()).toBe(part.count);
            else expect([...(reader.block() ?? [])]).toEqual([...part]);
          }
          expect(reader.isAtEnd).toBe(true);
        },
      ),
    );
  });
});

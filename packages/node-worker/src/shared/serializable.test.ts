import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notSerializable } from './serializable.ts';

const fieldOf = (value: unknown, transfer: readonly unknown[] = []): unknown =>
  notSerializable('input', value, transfer, new Error('refused')).details.field;

describe('the field that cannot be carried', () => {
  test.each<[unknown, string]>([
    [() => undefined, 'input'],
    [Symbol('a'), 'input'],
    [{ a: { b: () => undefined } }, 'input.a.b'],
    [[1, [2, Promise.resolve()]], 'input[1][1]'],
    [{ 'odd key': new WeakMap() }, 'input["odd key"]'],
    [new Map<unknown, unknown>([['files', { open() {} }]]), 'input.get("files").open'],
    [new Map<unknown, unknown>([[{ key: Symbol('x') }, 1]]), 'input.keys()[0].key'],
    [new Set([1, () => undefined]), 'input.values()[1]'],
    [{ proxy: new Proxy({}, {}) }, 'input.proxy'],
  ])('W7 of %o it is %s', (value, field) => {
    expect(fieldOf(value)).toBe(field);
  });

  test('W7 a getter that throws is one', () => {
    const value = {
      get broken(): never {
        throw new Error('no');
      },
    };
    expect(fieldOf([value])).toBe('input[0].broken');
  });

  test('W7 what is to be transferred is not the culprit', () => {
    const { port1, port2 } = new MessageChannel();
    expect(fieldOf({ port: port1, deep: { open: () => undefined } }, [port1])).toBe(
      'input.deep.open',
    );
    expect(fieldOf({ port: port1 }, [])).toBe('input.port');
    expect(fieldOf({ port: port1 }, [port1])).toBe('input');
    port1.close();
    port2.close();
  });

  test('W7 a cycle and a deep nest end', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    cyclic.bad = () => undefined;
    expect(fieldOf(cyclic)).toBe('input.bad');
    let deep: unknown = () => undefined;
    for (let i = 0; i < 200; i++) deep = { deep };
    expect(String(fieldOf(deep)).startsWith('input.deep.deep')).toBe(true);
  });

  test('W7 the path leads to the value, wherever it was put', () => {
    const name = fc.stringMatching(/^[a-z]{1,5}$/);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(name, fc.nat(3)), { minLength: 1, maxLength: 8 }),
        fc.jsonValue(),
        (path, filler) => {
          let value: unknown = () => undefined;
          for (const part of [...path].reverse()) {
            value =
              typeof part === 'number'
                ? [...Array.from({ length: part }, () => filler), value]
                : { before: filler, [part]: value };
          }
          const expected = path.map((part) =>
            typeof part === 'number' ? `[${part}]` : `.${part}`,
          );
          expect(fieldOf(value)).toBe(`input${expected.join('')}`);
        },
      ),
    );
  });
});

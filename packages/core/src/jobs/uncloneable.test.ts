import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uncloneable } from './uncloneable.ts';

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

describe('the field that keeps a value from being cloned', () => {
  test.each<[unknown, string]>([
    [() => undefined, 'input'],
    [{ a: { b: () => undefined } }, 'input.a.b'],
    [[1, [2, Promise.resolve()]], 'input[1][1]'],
    [{ 'odd key': new WeakMap() }, 'input["odd key"]'],
    [new Map<unknown, unknown>([['files', { open() {} }]]), 'input.get("files").open'],
    [new Map<unknown, unknown>([[{ key: Symbol('x') }, 1]]), 'input.keys()[0].key'],
    [new Set([1, () => undefined]), 'input.values()[1]'],
    [{ proxy: new Proxy({}, {}) }, 'input.proxy'],
  ])('K2 F1 of %# it is %s', (value, field) => {
    expect(uncloneable('input', value).field).toBe(field);
  });

  test('K2 F1 a getter that throws is one', () => {
    const value = {
      get broken(): never {
        throw new Error('no');
      },
    };
    expect(uncloneable('input', [value])).toEqual({
      field: 'input[0].broken',
      reason: 'has a getter that throws',
    });
  });

  test('K2 F1 a proxy that was revoked is told as the value as a whole', () => {
    expect(uncloneable('input', revoked()).field).toBe('input');
    expect(uncloneable('input', { deep: [revoked()] }).field).toBe('input');
  });

  test('K2 F2 the search ends in what is deep, wide, or goes in circles', () => {
    const circle: unknown[] = Array.from({ length: 300_000 }, () => ({}));
    circle.push(circle, () => undefined);
    expect(uncloneable('input', circle).field).toBe('input');
    let deep: unknown = () => undefined;
    for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
    expect(uncloneable('input', deep).field.length).toBeLessThanOrEqual(200);
  });

  test('K2 F1 it answers whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withSet: true, maxDepth: 3 }), (value) => {
        expect(uncloneable('input', [value, () => undefined]).field).toMatch(/^input/);
      }),
    );
  });
});

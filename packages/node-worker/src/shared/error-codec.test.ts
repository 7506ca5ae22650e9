import { JobCanceledError, OffstageError, PublicError } from '@offstage/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeError, reviveError } from './error-codec.ts';

/** As a message carries it. */
const carry = (thrown: unknown): unknown => reviveError(structuredClone(encodeError(thrown)));

class OwnError extends TypeError {
  override readonly name: string = 'OwnError';
  readonly attempts = 3;
}

describe('errors between threads', () => {
  test.each([
    new Error('plain'),
    new RangeError('range', { cause: new TypeError('cause') }),
    new OwnError('own'),
    new DOMException('gone', 'AbortError'),
    new AggregateError([new Error('one'), 'two', new OwnError('three')], 'many'),
    Object.assign(new Error('system'), { code: 'ENOENT', errno: -2, path: '/x', info: { a: [1] } }),
    new OffstageError('locked', 'Wait.', { cause: new Error('why'), details: { holder: 7 } }),
    new JobCanceledError('timeout'),
    new PublicError('no_documents', 'None could be read.', { cause: 'text' }),
  ])('W5 %o keeps what it is', (error) => {
    const carried = carry(error);
    expect(carried).toEqual(error);
    expect(carried).toBeInstanceOf(Error);
    expect(carried).toMatchObject({ name: error.name, message: error.message, stack: error.stack });
    expect(Object.keys(Object(carried)).sort()).toEqual(Object.keys(error).sort());
    expect(Reflect.get(Object(carried), 'cause')).toEqual(error.cause);
  });

  test('W5 the marks of the library survive', () => {
    expect(OffstageError.isInstance(carry(new OffstageError('locked', 'x')))).toBe(true);
    expect(JobCanceledError.isInstance(carry(new JobCanceledError('shutdown')))).toBe(true);
    expect(carry(new JobCanceledError('shutdown'))).toMatchObject({ reason: 'shutdown' });
    expect(PublicError.isInstance(carry(new PublicError('a', 'x')))).toBe(true);
    expect(PublicError.isInstance(carry(new Error('x')))).toBe(false);
  });

  test('W5 a cause that leads back to its error leads back there', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    const carried = carry(first) as Error;
    expect(carried.cause).toMatchObject({ message: 'second' });
    expect((carried.cause as Error).cause).toBe(carried);
  });

  test('W5 a chain without end is cut, and says so', () => {
    let error = new Error('innermost');
    for (let i = 0; i < 1000; i++) error = new Error(`level ${i}`, { cause: error });
    let depth = 0;
    let at: unknown = carry(error);
    while (at instanceof Error) {
      depth += 1;
      at = at.cause;
    }
    expect(depth).toBe(32);
    expect(at).toBe('[Error: level 967]');
  });

  test('W5 what cannot be cloned in a field becomes its description', () => {
    const error = Object.assign(new Error('x'), {
      callback: function onDone() {},
      mark: Symbol('mark'),
      request: new Proxy({}, {}),
      fine: new Map([[1, 2]]),
    });
    expect(carry(error)).toMatchObject({
      callback: '[function onDone]',
      mark: 'Symbol(mark)',
      request: '[object Object]',
      fine: new Map([[1, 2]]),
    });
    const details = { path: '/x', open: () => undefined };
    expect(carry(new OffstageError('locked', 'x', { details }))).toMatchObject({
      details: { path: '/x', open: '[function open]' },
    });
  });

  test('W5 an error that throws when looked at is carried all the same', () => {
    const hostile = new Error('x');
    for (const key of ['message', 'name', 'stack', 'cause', 'code', 'extra']) {
      Object.defineProperty(hostile, key, {
        enumerable: true,
        get() {
          throw new Error('do not look');
        },
      });
    }
    expect(carry(hostile)).toBeInstanceOf(Error);
    const proxy = new Proxy(new Error('x'), {
      get() {
        throw new Error('no');
      },
      getPrototypeOf() {
        throw new Error('no');
      },
      ownKeys() {
        throw new Error('no');
      },
    });
    expect(() => carry(proxy)).not.toThrow();
  });

  test('W5 anything that can be thrown is carried, and a plain value as itself', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
        (value) => {
          expect(carry(value)).toEqual(structuredClone(value));
        },
      ),
    );
  });

  test('W5 any error with any fields keeps its message and its cloneable fields', () => {
    const field = fc.oneof(
      fc.anything(),
      fc.func(fc.anything()),
      fc.string().map((text) => new Error(text)),
      fc.string().map(Symbol),
    );
    const key = fc
      .string()
      .filter(
        (name) => !['stack', 'message', 'name', 'cause', 'errors', '__proto__'].includes(name),
      );
    fc.assert(
      fc.property(fc.string(), fc.dictionary(key, field), field, (message, fields, cause) => {
        const carried = carry(Object.assign(new Error(message, { cause }), fields));
        expect(carried).toMatchObject({ message });
        expect(Object.keys(Object(carried)).sort()).toEqual(Object.keys(fields).sort());
        if (cause instanceof Error)
          expect(carried).toMatchObject({ cause: { message: cause.message } });
      }),
    );
  });
});

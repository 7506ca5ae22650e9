/** A value that does harm to who looks at it without care. */
export interface HostileValue {
  /** Names it, here and in a thread that makes one of its own. */
  readonly name: string;
  make(): unknown;
}

/**
 * What application code may throw, return, report or put into an input, and what no job, thread or
 * process may notice (F1). One table for all: handlers, schemas, discards, listeners, watchers and the
 * error printer, with every executor.
 *
 * @example
 * for (const { name, make } of hostileValues()) test(name, () => settlesOnce(make()));
 */
export function hostileValues(): readonly HostileValue[] {
  return Object.entries(makers).map(([name, make]) => ({ name, make }));
}

/** One of them. @throws RangeError for a name that is not in the table. */
export function hostileValue(name: string): unknown {
  const maker = new Map(Object.entries(makers)).get(name);
  if (maker === undefined) throw new RangeError(`There is no hostile value "${name}".`);
  return maker();
}

const deepLevels = 100_000;
const longText = 50 * 1024 * 1024;

const refuse = (): never => {
  throw new Error('do not look');
};

const makers: Readonly<Record<string, () => unknown>> = {
  // Nothing, and what is no object.
  undefined: () => undefined,
  null: () => null,
  'a symbol': () => Symbol('mark'),
  'a bigint': () => 2n ** 70n,
  'a huge bigint': () => 1n << 4_000_000n,
  'a function': () => () => 'called',
  'a class': () => class Secret {},
  'a text of 50 MB': () => 'x'.repeat(longText),
  'an error with a text of 50 MB': () => new Error('x'.repeat(longText)),
  'a lone surrogate': () => '\ud800',

  // Proxies.
  'a revoked proxy': revoked,
  'a revoked proxy in a field': () => ({ draft: revoked() }),
  'a revoked function': () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    return proxy;
  },
  'a revoked list': () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  'a proxy that refuses everything': () => new Proxy({}, allTraps(refuse)),
  'an error behind a proxy that refuses everything': () =>
    new Proxy(new Error('x'), allTraps(refuse)),
  'a proxy that says yes to everything': () => new Proxy({}, { has: () => true, get: () => true }),
  'a list that claims to be endless': () =>
    new Proxy([], {
      get: (list, key) => (key === 'length' ? 2 ** 32 - 1 : Reflect.get(list, key)),
    }),

  // Cycles and sharing.
  'a list that holds itself': () => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  },
  'a list of errors that holds itself': () => {
    const list: unknown[] = [new Error('one')];
    list.push(list, list);
    return list;
  },
  'an object that holds itself': () => {
    const self: Record<string, unknown> = {};
    self.self = self;
    return self;
  },
  'a cause that is its error': () => {
    const error = new Error('round');
    error.cause = error;
    return error;
  },
  'a circle of causes through a list': () => {
    const error = new Error('round');
    error.cause = [{ error }, [error]];
    return error;
  },
  'errors that hold each other': () => {
    const first = new AggregateError([], 'first');
    const second = new AggregateError([first, first], 'second', { cause: first });
    first.errors.push(second, first.errors, second);
    return first;
  },
  'a long chain of causes': () => {
    let error = new Error('innermost');
    for (let level = 0; level < 10_000; level++)
      error = new Error(`level ${level}`, { cause: error });
    return error;
  },
  'lists shared exponentially': () => shared(['leaf']),
  'errors shared exponentially': () => shared([new Error('leaf')]),
  'errors whose lists are shared exponentially': () =>
    new AggregateError([shared([new Error('leaf')])], 'many'),
  'a cause shared exponentially': () => new Error('x', { cause: shared([new Error('leaf')]) }),
  'objects shared exponentially': () => {
    let value: object = { leaf: true };
    for (let level = 0; level < 60; level++) value = { left: value, right: value };
    return value;
  },
  'an error with shared fields': () =>
    Object.assign(new Error('x'), { left: shared(['leaf']), right: shared([() => {}]) }),

  // Size.
  'a list nested 100,000 deep': () => {
    let value: unknown[] = [];
    for (let level = 0; level < deepLevels; level++) value = [value];
    return value;
  },
  'an object nested 100,000 deep': () => {
    let value: unknown = { leaf: true };
    for (let level = 0; level < deepLevels; level++) value = { value };
    return value;
  },
  'a list nested 3,000 deep': () => {
    let value: unknown[] = [];
    for (let level = 0; level < 3000; level++) value = [value];
    return value;
  },
  'a function nested 100,000 deep': () => {
    let value: unknown = () => {};
    for (let level = 0; level < deepLevels; level++) value = { value };
    return value;
  },
  'an error in an object nested 100,000 deep': () => {
    let value: unknown = new Error('leaf');
    for (let level = 0; level < deepLevels; level++) value = [value];
    return Object.assign(new Error('deep'), { value, cause: value });
  },
  'a huge list with holes': () => new Array(4_000_000_000),
  'a huge list of errors with holes': () => {
    const list: unknown[] = new Array(4_000_000_000);
    list[3_999_999_999] = new Error('last');
    return list;
  },
  'a wide list that holds a function': () => {
    const list: unknown[] = Array.from({ length: 200_000 }, (_, index) => ({ index }));
    list.push(() => {});
    return list;
  },
  'an error with 5,000 errors': () =>
    new AggregateError(
      Array.from({ length: 5000 }, (_, index) => new Error(`${index}`)),
      'many',
    ),
  'an error with 20,000 fields': () =>
    Object.assign(
      new Error('wide'),
      Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field${index}`, index])),
    ),

  // Looking at it runs code.
  'a getter that throws': () => ({
    get field(): never {
      return refuse();
    },
  }),
  'a getter that throws a revoked proxy': () => ({
    get field(): never {
      throw revoked();
    },
  }),
  'a getter that answers with itself again': () => {
    const endless = (): object => ({
      get again() {
        return endless();
      },
    });
    return endless();
  },
  'conversions that throw': () => ({
    toString: refuse,
    valueOf: refuse,
    toJSON: refuse,
    [Symbol.toPrimitive]: refuse,
    get [Symbol.toStringTag](): never {
      return refuse();
    },
  }),
  'a constructor that throws': () =>
    Object.defineProperty({ open() {} }, 'constructor', { get: refuse, enumerable: true }),
  'an object that throws when it is printed': () => ({
    [Symbol.for('nodejs.util.inspect.custom')]: refuse,
  }),
  'an error that throws when it is printed': () =>
    Object.assign(new Error('x'), { [Symbol.for('nodejs.util.inspect.custom')]: refuse }),
  'an error whose fields throw': () => {
    const error = new Error('x');
    const fields = [
      'name',
      'message',
      'stack',
      'cause',
      'code',
      'errors',
      'details',
      'constructor',
    ];
    for (const field of [...fields, 'toString', 'toJSON', 'reason']) {
      Object.defineProperty(error, field, { get: refuse, enumerable: true, configurable: true });
    }
    return error;
  },
  'an error whose fields are no texts': () =>
    Object.assign(Object.create(Error.prototype), {
      name: Symbol('name'),
      message: { toString: refuse },
      stack: 7n,
      code: () => {},
      errors: 'none',
    }),
  'an error that claims to be of the library': () =>
    Object.defineProperty(
      Object.assign(new Error('x'), {
        [Symbol.for('offstage.error')]: true,
        code: 'not_serializable',
      }),
      'details',
      { get: refuse, enumerable: true },
    ),
  'an error that claims to be public': () =>
    Object.assign(new Error('x'), {
      [Symbol.for('offstage.error.public')]: true,
      code: 'y'.repeat(100_000),
      message: { toString: refuse },
    }),
  'an iterator that throws': () => ({ [Symbol.iterator]: refuse, length: 3 }),
  'a frozen error': () => Object.freeze(new Error('frozen', { cause: Object.freeze([1]) })),
  'a map that has methods of its own': () =>
    Object.assign(new Map([['key', () => {}]]), { entries: refuse, [Symbol.iterator]: refuse }),

  // Thenables.
  'a thenable that rejects': () => thenable((_, reject) => reject(new Error('rejected'))),
  'a thenable that rejects with a revoked proxy': () => thenable((_, reject) => reject(revoked())),
  'a thenable that throws': () => thenable(refuse),
  'a thenable that settles again and again': () =>
    thenable((resolve, reject) => {
      resolve(1);
      reject(new Error('twice'));
      resolve(2);
      refuse();
    }),
  'a then that throws when it is read': () => Object.defineProperty({}, 'then', { get: refuse }),

  // Of another realm, where there is one to be had.
  'an error of another realm': () => otherRealm('new TypeError("elsewhere")'),
  'a list of another realm that holds itself': () =>
    otherRealm('const list = [new Error("elsewhere")]; list.push(list); list'),
  'a promise of another realm that rejects': () =>
    // Heard once, so that it is nobody's fault where nobody looks at it.
    otherRealm('const late = Promise.reject(new Error("elsewhere")); late.catch(() => {}); late'),
  'a proxy of another realm': () =>
    otherRealm('new Proxy({}, { get() { throw new Error("elsewhere"); } })'),

  // Kinds of their own.
  'an object with a private field': () => new Locked(),
  'a weak map': () => new WeakMap(),
  'a promise in a field': () => ({ later: Promise.resolve(1) }),
  'shared memory': () => new SharedArrayBuffer(8),
  'a detached buffer': detached,
  'a view of a detached buffer': () => {
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    return { view, buffer };
  },
  'an error with a detached buffer': () => Object.assign(new Error('x'), { buffer: detached() }),
  'a date that is none': () => new Date(Number.NaN),
  'an object without a prototype': () => Object.assign(Object.create(null), { open() {} }),
  'a transfer of what cannot be transferred': () => ({
    [Symbol.for('offstage.transfer')]: true,
    value: 'moved',
    list: [{}, 1],
  }),
  'a transfer whose list is none': () => ({
    [Symbol.for('offstage.transfer')]: true,
    value: 'moved',
    list: null,
  }),
  'a transfer that throws': () => ({
    [Symbol.for('offstage.transfer')]: true,
    get value(): never {
      return refuse();
    },
  }),
};

class Locked {
  readonly #secret = 'locked';

  get secret(): string {
    return this.#secret;
  }
}

/** What the script evaluates to in a context of its own; `undefined` where Node.js is not. */
function otherRealm(script: string): unknown {
  const load: unknown = Reflect.get(Object(Reflect.get(globalThis, 'process')), 'getBuiltinModule');
  if (typeof load !== 'function') return undefined;
  return load('node:vm').runInNewContext(script);
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** Thirty levels: a billion ways to the one leaf. */
function shared(leaf: unknown[]): unknown[] {
  let value = leaf;
  for (let level = 0; level < 30; level++) value = [value, value];
  return value;
}

type Settle = (value: unknown) => void;

const thenable = (then: (resolve: Settle, reject: Settle) => void): object => ({ then });

function allTraps(trap: () => never): ProxyHandler<object> {
  const traps = Reflect.ownKeys(Reflect).filter((key) => typeof key === 'string');
  return Object.fromEntries(traps.map((key) => [key, trap]));
}

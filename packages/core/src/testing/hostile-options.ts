import { OffstageError } from '../foundation/errors.ts';
import { settle } from './simulated-clock.ts';

/** Something that plain JavaScript may pass where options or a definition are wanted. */
export interface HostileOptions {
  readonly name: string;
  readonly options: unknown;
}

/**
 * Whole values that are no options or throw when they are looked at, and `base` with each of its
 * fields in turn as no field should be (F1). One table for every public door.
 *
 * @example
 * for (const { name, options } of hostileOptions({ timeoutMs: 1000 })) test(name, () => expectCoded(() => open(options)));
 */
export function hostileOptions(base: Readonly<Record<string, unknown>>): readonly HostileOptions[] {
  const whole = Object.entries(wholes).map(([name, make]) => ({ name, options: make() }));
  const fields = Object.keys(base).flatMap((field) => [
    { name: `${field} throws`, options: throwing(base, field) },
    ...Object.entries(values).map(([name, make]) => ({
      name: `${field} is ${name}`,
      options: { ...base, [field]: make() },
    })),
  ]);
  return [...whole, ...fields];
}

/** Each of the values alone, for what takes no options: an id, a name, a listener. */
export function hostileArguments(): readonly HostileOptions[] {
  return Object.entries({ ...wholes, ...values }).map(([name, make]) => ({
    name,
    options: make(),
  }));
}

/**
 * How a call ended: `'fine'`, the code of its error, what it threw or rejected with where that has no code, or
 * `'pending'` after `turns` turns of the event loop.
 */
export async function outcomeOf(call: () => unknown, turns = 50): Promise<string> {
  let outcome = 'pending';
  const end = (text: string): void => {
    outcome = text;
  };
  try {
    const returned = call();
    Promise.resolve(returned).then(
      () => end('fine'),
      (error) => end(told(error)),
    );
  } catch (error) {
    return told(error);
  }
  for (let turn = 0; turn < turns && outcome === 'pending'; turn += 1) await settle();
  return outcome;
}

/** Whether an outcome is one that a caller can do something with. */
export const isCoded = (outcome: string): boolean =>
  outcome !== 'pending' && /^[a-z][a-z_]*$/.test(outcome);

function told(error: unknown): string {
  try {
    return OffstageError.isInstance(error) ? error.code : `uncoded: ${String(error)}`;
  } catch {
    return 'uncoded: what cannot be told';
  }
}

const refuse = (): never => {
  throw new Error('do not look');
};

function throwing(base: object, field: string): unknown {
  return Object.defineProperty({ ...base }, field, { get: refuse, enumerable: true });
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const refusingTraps = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((trap) => [trap, refuse]),
);

const wholes: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  'a text': () => 'options',
  'a number': () => 3,
  'a symbol': () => Symbol('options'),
  'a revoked proxy': () => revoked({}),
  'a proxy that refuses everything': () => new Proxy({}, refusingTraps),
  'a proxy that says yes to everything': () =>
    new Proxy({}, { has: () => true, get: (_, key) => (key === 'then' ? undefined : true) }),
};

const values: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  NaN: () => Number.NaN,
  'less than nothing': () => -1,
  'a number as text': () => '5',
  'an empty text': () => '',
  'a text of hostile signs': () => '../\0\u202e"\n%00<script>',
  'a text of a megabyte': () => 'x'.repeat(1 << 20),
  'a bigint': () => 2n ** 70n,
  'a symbol': () => Symbol('value'),
  'a revoked proxy': () => revoked({}),
  'a revoked list': () => revoked([]),
  'a list that claims to be endless': () =>
    new Proxy([], {
      get: (list, key) => (key === 'length' ? 2 ** 32 - 1 : Reflect.get(list, key)),
    }),
  'a proxy that refuses everything': () => new Proxy({}, refusingTraps),
  'conversions that throw': () => ({
    toString: refuse,
    valueOf: refuse,
    toJSON: refuse,
    [Symbol.toPrimitive]: refuse,
  }),
  'a function that throws': () => refuse,
};

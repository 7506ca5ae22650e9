import {
  JobCanceledError,
  OffstageError,
  type OffstageErrorCode,
  PublicError,
} from '@offstage/core';

/**
 * An error as structured clone carries it whole (W5): name, message, stack, `cause`, own fields,
 * the errors of an `AggregateError`, and what kind of error it was. Errors refer to each other by
 * their place in `errors`, so chains with cycles survive.
 */
export interface EncodedError {
  readonly errors: readonly EncodedOne[];
  readonly root: EncodedValue;
}

type EncodedValue =
  | readonly ['value', unknown]
  | readonly ['error', number]
  | readonly ['list', readonly EncodedValue[]];

interface EncodedOne {
  readonly kind: ErrorKind;
  readonly name: string;
  /** An own field, as a class with `name = '…'` gives its errors. */
  readonly nameIsField: boolean;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: EncodedValue | undefined;
  readonly inner: EncodedValue | undefined;
  readonly fields: readonly (readonly [name: string, value: EncodedValue])[];
}

type ErrorKind =
  | { readonly type: 'offstage'; readonly code: string; readonly details: EncodedValue }
  | { readonly type: 'canceled'; readonly reason: string }
  | { readonly type: 'public'; readonly code: string }
  | { readonly type: 'dom' }
  | { readonly type: 'aggregate' }
  | { readonly type: 'native'; readonly native: NativeName };

const natives = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };
type NativeName = keyof typeof natives;

/** More errors than this in one chain are told as text. */
const maxErrors = 32;
const maxListLength = 1000;

/** Never throws, whatever was thrown; the answer always survives `postMessage`. */
export function encodeError(thrown: unknown): EncodedError {
  const errors: EncodedOne[] = [];
  const places = new Map<object, number>();

  const encodeValue = (value: unknown): EncodedValue => {
    if (isError(value)) return encodeOne(value);
    if (isPlain(value)) return ['value', value];
    if (holdsErrors(value)) return ['list', value.slice(0, maxListLength).map(encodeValue)];
    try {
      return ['value', structuredClone(value)];
    } catch {
      return ['value', describe(value)];
    }
  };

  const encodeOne = (error: object): EncodedValue => {
    const known = places.get(error);
    if (known !== undefined) return ['error', known];
    if (errors.length >= maxErrors) return ['value', describe(error)];
    const place = errors.length;
    places.set(error, place);
    // Keeps the place while what the error refers to takes the next ones.
    errors.push(unreadable);
    const name = text(read(error, 'name')) ?? 'Error';
    const inner = read(error, 'errors');
    const kind = kindOf(error, encodeValue);
    const keys = keysOf(error);
    errors[place] = {
      kind,
      name,
      nameIsField: keys.includes('name'),
      message: text(read(error, 'message')) ?? '',
      stack: text(read(error, 'stack')),
      cause: owns(error, 'cause') ? encodeValue(read(error, 'cause')) : undefined,
      inner: Array.isArray(inner) ? encodeValue(inner) : undefined,
      fields: keys
        .filter((key) => !carried.has(key) && !(kind.type === 'offstage' && key === 'details'))
        .map((key) => [key, encodeValue(read(error, key))] as const),
    };
    return ['error', place];
  };

  const root = encodeValue(thrown);
  return { errors, root };
}

/** The error, or whatever else was thrown, as near to the original as a copy can be. */
export function reviveError(encoded: EncodedError): unknown {
  const revived = encoded.errors.map(create);
  const reviveValue = (value: EncodedValue): unknown => {
    if (value[0] === 'error') return revived[value[1]];
    return value[0] === 'list' ? value[1].map(reviveValue) : value[1];
  };
  encoded.errors.forEach((one, place) => {
    const error = revived[place];
    if (error === undefined) return;
    if (one.kind.type === 'offstage') define(error, 'details', reviveValue(one.kind.details), true);
    for (const [key, value] of one.fields) define(error, key, reviveValue(value), true);
    if (one.cause !== undefined) define(error, 'cause', reviveValue(one.cause), false);
    if (one.inner !== undefined) define(error, 'errors', reviveValue(one.inner), false);
    if (one.nameIsField || error.name !== one.name) {
      define(error, 'name', one.name, one.nameIsField);
    }
    if (error.message !== one.message) define(error, 'message', one.message, false);
    define(error, 'stack', one.stack, false);
  });
  return reviveValue(encoded.root);
}

/** Told by other means than as a field of their own. */
const carried = new Set(['name', 'message', 'stack', 'cause', 'errors']);

const unreadable: EncodedOne = {
  kind: { type: 'native', native: 'Error' },
  name: 'Error',
  nameIsField: false,
  message: '',
  stack: undefined,
  cause: undefined,
  inner: undefined,
  fields: [],
};

function kindOf(error: object, encodeValue: (value: unknown) => EncodedValue): ErrorKind {
  const code = text(read(error, 'code'));
  if (holds(() => JobCanceledError.isInstance(error))) {
    return { type: 'canceled', reason: text(read(error, 'reason')) ?? 'canceled' };
  }
  if (code !== undefined && holds(() => OffstageError.isInstance(error))) {
    return { type: 'offstage', code, details: encodeDetails(read(error, 'details'), encodeValue) };
  }
  if (code !== undefined && holds(() => PublicError.isInstance(error))) {
    return { type: 'public', code };
  }
  if (holds(() => typeof DOMException === 'function' && error instanceof DOMException)) {
    return { type: 'dom' };
  }
  if (holds(() => error instanceof AggregateError)) return { type: 'aggregate' };
  for (const native of nativeNames) {
    if (holds(() => error instanceof natives[native])) return { type: 'native', native };
  }
  return { type: 'native', native: 'Error' };
}

// The most derived first: every TypeError is an Error too.
const nativeNames = (Object.keys(natives) as NativeName[]).reverse();

// One field that cannot be cloned must not turn all details into text.
function encodeDetails(
  details: unknown,
  encodeValue: (value: unknown) => EncodedValue,
): EncodedValue {
  if (typeof details !== 'object' || details === null) return ['value', {}];
  const carriedDetails: Record<string, unknown> = {};
  for (const key of keysOf(details)) {
    const encoded = encodeValue(read(details, key));
    carriedDetails[key] = encoded[0] === 'value' ? encoded[1] : describe(read(details, key));
  }
  return ['value', carriedDetails];
}

function create(one: EncodedOne): Error {
  const { kind, message, name } = one;
  switch (kind.type) {
    case 'canceled':
      return new JobCanceledError(
        kind.reason === 'timeout' || kind.reason === 'shutdown' ? kind.reason : 'canceled',
        message,
      );
    case 'offstage':
      return new OffstageError(kind.code as OffstageErrorCode, message);
    case 'public':
      return new PublicError(kind.code, message);
    case 'dom':
      return new DOMException(message, name);
    case 'aggregate':
      return new AggregateError([], message);
    case 'native':
      return new natives[kind.native](message);
  }
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  try {
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  } catch {
    // A field that this kind of error guards stays as its constructor set it.
  }
}

function isError(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return holds(
    () => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]',
  );
}

const holdsErrors = (value: unknown): value is unknown[] =>
  holds(() => Array.isArray(value) && value.some(isError));

const isPlain = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  typeof value === 'bigint';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

// An error may be a proxy or have getters, and any look at it may throw.
function holds(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}

function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

const owns = (value: object, key: string): boolean => holds(() => Object.hasOwn(value, key));

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function describe(value: unknown): string {
  try {
    if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
    if (isError(value))
      return `[${String(read(value, 'name'))}: ${String(read(value, 'message'))}]`;
    return typeof value === 'symbol' ? value.toString() : Object.prototype.toString.call(value);
  } catch {
    return `[${typeof value}]`;
  }
}

import { types } from 'node:util';
import {
  boundedText,
  JobCanceledError,
  maxErrorText,
  NonRetriableError,
  OffstageError,
  type OffstageErrorCode,
  PublicError,
  RetryAfterError,
  textOf,
} from '@offstage/core';
import { type Budget, isCarriable } from './carriable.ts';

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
  | { readonly type: 'nonRetriable' }
  | { readonly type: 'retryAfter'; readonly afterMs: number }
  | { readonly type: 'public'; readonly code: string }
  | { readonly type: 'dom' }
  | { readonly type: 'aggregate' }
  | { readonly type: 'native'; readonly native: NativeName };

const natives = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };
type NativeName = keyof typeof natives;

/** More errors than this in one chain are told as text. */
const maxErrors = 32;
const maxListLength = 1000;
/** Lists of errors in lists of errors. */
const maxListDepth = 8;
const maxFields = 100;
const maxKeyLength = 200;
/** What all that belongs to one error may hold together; each text is bounded by itself as well. */
const maxValues = 10_000;
const maxText = 8 * maxErrorText;

/**
 * Never throws, whatever was thrown; the answer always survives `postMessage`, and neither it nor the
 * time that it takes grows with what was thrown (F1, F2).
 */
export function encodeError(thrown: unknown): EncodedError {
  try {
    return new Encoder().encode(thrown);
  } catch {
    return undescribed;
  }
}

/** Stands for what cannot be described. */
export const undescribed: EncodedError = {
  errors: [],
  root: ['value', 'Something was thrown that cannot be described.'],
};

class Encoder {
  readonly #errors: EncodedOne[] = [];
  readonly #places = new Map<object, number>();
  readonly #budget: Budget = { values: maxValues, text: maxText };

  encode(thrown: unknown): EncodedError {
    const root = this.#value(thrown, 0);
    return { errors: this.#errors, root };
  }

  #value(value: unknown, depth: number): EncodedValue {
    if (typeof value === 'string') return ['value', this.#cut(value)];
    this.#budget.values -= 1;
    if (this.#budget.values < 0) return ['value', tooMuch];
    if (isError(value)) return this.#one(value);
    if (isPlain(value)) return ['value', value];
    if (depth < maxListDepth && holdsErrors(value)) {
      const list = value.slice(0, maxListLength);
      return ['list', Array.from(list, (each) => this.#value(each, depth + 1))];
    }
    try {
      if (isCarriable(value, this.#budget)) return ['value', structuredClone(value)];
    } catch {
      // It is described instead.
    }
    return ['value', this.#cut(describe(value))];
  }

  #one(error: object): EncodedValue {
    const known = this.#places.get(error);
    if (known !== undefined) return ['error', known];
    if (this.#errors.length >= maxErrors) return ['value', this.#cut(describe(error))];
    const place = this.#errors.length;
    this.#places.set(error, place);
    // Keeps the place while what the error refers to takes the next ones.
    this.#errors.push(unreadable);
    const keys = keysOf(error);
    const name = this.#text(error, 'name') ?? 'Error';
    const message = this.#text(error, 'message') ?? '';
    const stack = this.#text(error, 'stack');
    const kind = this.#kind(error);
    const inner = read(error, 'errors');
    this.#errors[place] = {
      kind,
      name,
      nameIsField: keys.includes('name'),
      message,
      stack,
      cause: owns(error, 'cause') ? this.#value(read(error, 'cause'), 0) : undefined,
      inner: holds(() => Array.isArray(inner)) ? this.#value(inner, 0) : undefined,
      fields: keys
        .filter((key) => !carried.has(key) && !(kind.type === 'offstage' && key === 'details'))
        .slice(0, maxFields)
        .map((key) => [key.slice(0, maxKeyLength), this.#value(read(error, key), 0)] as const),
    };
    return ['error', place];
  }

  #kind(error: object): ErrorKind {
    const code = this.#text(error, 'code');
    if (JobCanceledError.isInstance(error)) {
      return { type: 'canceled', reason: this.#text(error, 'reason') ?? 'canceled' };
    }
    if (code !== undefined && OffstageError.isInstance(error)) {
      return { type: 'offstage', code, details: this.#details(read(error, 'details')) };
    }
    if (NonRetriableError.isInstance(error)) return { type: 'nonRetriable' };
    if (RetryAfterError.isInstance(error)) {
      return { type: 'retryAfter', afterMs: Number(read(error, 'afterMs')) };
    }
    if (code !== undefined && PublicError.isInstance(error)) return { type: 'public', code };
    if (holds(() => typeof DOMException === 'function' && error instanceof DOMException)) {
      return { type: 'dom' };
    }
    if (holds(() => error instanceof AggregateError)) return { type: 'aggregate' };
    for (const native of nativeNames) {
      if (holds(() => error instanceof natives[native])) return { type: 'native', native };
    }
    return { type: 'native', native: 'Error' };
  }

  // One field that cannot be cloned must not turn all details into text.
  #details(details: unknown): EncodedValue {
    if (typeof details !== 'object' || details === null) return ['value', {}];
    const told: Record<string, unknown> = {};
    for (const key of keysOf(details).slice(0, maxFields)) {
      const value = read(details, key);
      const encoded = this.#value(value, 0);
      told[key.slice(0, maxKeyLength)] =
        encoded[0] === 'value' ? encoded[1] : this.#cut(describe(value));
    }
    return ['value', told];
  }

  #text(error: object, key: string): string | undefined {
    const text = read(error, key);
    return typeof text === 'string' ? this.#cut(text) : undefined;
  }

  #cut(text: string): string {
    const cut = boundedText(text, Math.max(0, Math.min(maxErrorText, this.#budget.text)));
    this.#budget.text -= cut.length;
    return cut;
  }
}

const tooMuch = '[more than an error may hold]';

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

// The most derived first: every TypeError is an Error too.
const nativeNames = (Object.keys(natives) as NativeName[]).reverse();

function create(one: EncodedOne): Error {
  const { kind, message, name } = one;
  switch (kind.type) {
    case 'canceled':
      return new JobCanceledError(
        kind.reason === 'timeout' || kind.reason === 'shutdown' || kind.reason === 'replaced'
          ? kind.reason
          : 'canceled',
        message,
      );
    case 'offstage':
      return new OffstageError(kind.code as OffstageErrorCode, message);
    case 'nonRetriable':
      return new NonRetriableError(message);
    case 'retryAfter':
      return retryAfter(message, kind.afterMs);
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

// The field may have been changed since it was made.
function retryAfter(message: string, afterMs: number): Error {
  try {
    return new RetryAfterError(message, { afterMs });
  } catch {
    return new Error(message);
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
  return (
    types.isNativeError(value) ||
    holds(
      () => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]',
    )
  );
}

// A proxy may claim any length, and a list with holes may have one.
const holdsErrors = (value: unknown): value is unknown[] =>
  !types.isProxy(value) &&
  Array.isArray(value) &&
  holds(() => value.slice(0, maxListLength).some(isError));

const isPlain = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean';

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

const maxDescription = 1000;

function describe(value: unknown): string {
  try {
    return boundedText(describeWhole(value), maxDescription);
  } catch {
    return `[${typeof value}]`;
  }
}

function describeWhole(value: unknown): string {
  if (typeof value === 'function') return `[function ${textOf(value.name) || 'anonymous'}]`;
  if (isError(value)) {
    return `[${textOf(read(value, 'name'))}: ${textOf(read(value, 'message'))}]`;
  }
  if (typeof value === 'bigint') return '[bigint]';
  return typeof value === 'symbol' ? value.toString() : Object.prototype.toString.call(value);
}

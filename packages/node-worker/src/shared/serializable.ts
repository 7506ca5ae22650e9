import { types } from 'node:util';
import { OffstageError } from '@offstage/core';

/** How deep the search for the field goes. */
const maxDepth = 50;
/** How many values it looks at. */
const maxVisits = 100_000;
/** How many of them it tries to clone: each may hold as much as it likes. */
const maxClones = 100;
const maxPathLength = 200;

/**
 * The coded error for a value that structured clone refused; it names the field (W7). Never throws,
 * and its cost is bounded, whatever the value does when it is looked at (F1, F2).
 *
 * @param what How the message names the value, and the first part of the field's path.
 */
export function notSerializable(
  what: 'input' | 'result',
  value: unknown,
  transfer: readonly unknown[],
  cause: unknown,
): OffstageError {
  let found: Found | undefined;
  try {
    found = new Search(transfer).locate(value, what, 0);
  } catch {
    // Then the value as a whole is named.
  }
  const field = (found?.path ?? what).slice(0, maxPathLength);
  const reason = found?.reason ?? refusalBy(cause);
  return new OffstageError(
    'not_serializable',
    `The job's ${what} cannot be carried between threads: ${field} ${reason}. ` +
      'Pass what structured clone carries: plain objects, arrays, dates, maps, sets, buffers.',
    { cause, details: { field } },
  );
}

interface Found {
  readonly path: string;
  readonly reason: string;
}

/**
 * Finds the innermost value that cannot be cloned by itself. What is to be transferred is fine, and
 * so is a container that fails only because it holds such a thing.
 */
class Search {
  readonly #transfer: ReadonlySet<unknown>;
  readonly #seen = new Set<unknown>();
  #visits = maxVisits;
  #clones = maxClones;

  constructor(transfer: readonly unknown[]) {
    this.#transfer = new Set(transfer);
  }

  locate(value: unknown, path: string, depth: number): Found | undefined {
    if (typeof value === 'function') return { path, reason: 'is a function' };
    if (typeof value === 'symbol') return { path, reason: 'is a symbol' };
    if (typeof value !== 'object' || value === null) return undefined;
    if (this.#visits <= 0 || this.#transfer.has(value) || this.#seen.has(value)) return undefined;
    this.#visits -= 1;
    this.#seen.add(value);
    // Any other look at one may throw.
    if (types.isProxy(value)) return { path, reason: 'is a proxy, which cannot be cloned' };
    if (depth < maxDepth) {
      for (const [childPath, read] of childrenOf(value, path)) {
        if (this.#visits <= 0) break;
        let child: unknown;
        try {
          child = read();
        } catch {
          return { path: childPath, reason: 'has a getter that throws' };
        }
        const found = this.locate(child, childPath, depth + 1);
        if (found !== undefined) return found;
      }
    } else if (isPlainContainer(value)) {
      return { path, reason: 'is nested too deeply or too large' };
    }
    if (isPlainContainer(value)) return undefined;
    if (this.#transfer.size > 0 && Object.prototype.toString.call(value) === '[object Object]') {
      return undefined;
    }
    const reason = this.#refusalOf(value);
    return reason === undefined ? undefined : { path, reason };
  }

  #refusalOf(value: object): string | undefined {
    if (this.#clones <= 0) return undefined;
    this.#clones -= 1;
    try {
      structuredClone(value);
      return undefined;
    } catch (error) {
      return refusalBy(error, value);
    }
  }
}

function refusalBy(error: unknown, value?: object): string {
  if (isRangeError(error)) return 'is nested too deeply or too large';
  const kind = value === undefined ? '' : kindOf(value);
  return kind === ''
    ? 'cannot be cloned'
    : `is ${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}, which cannot be cloned`;
}

function isRangeError(error: unknown): boolean {
  try {
    return error instanceof RangeError;
  } catch {
    return false;
  }
}

function kindOf(value: object): string {
  try {
    const name: unknown = Reflect.get(Object(Reflect.get(value, 'constructor')), 'name');
    return typeof name === 'string' && name !== 'Object' ? name.slice(0, 60) : '';
  } catch {
    return '';
  }
}

/** Holds other values and nothing of its own that a clone could refuse. */
function isPlainContainer(value: object): boolean {
  if (Array.isArray(value) || types.isMap(value) || types.isSet(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

// By the built-in methods, since a value may have others of its own.
const { entries } = Map.prototype;
const { values } = Set.prototype;

function* childrenOf(value: object, path: string): Iterable<[path: string, read: () => unknown]> {
  if (types.isMap(value)) {
    let index = 0;
    for (const [key, item] of entries.call(value)) {
      const at = typeof key === 'string' ? JSON.stringify(key.slice(0, maxPathLength)) : index;
      yield [`${path}.keys()[${index}]`, () => key];
      yield [`${path}.get(${at})`, () => item];
      index += 1;
    }
  } else if (types.isSet(value)) {
    let index = 0;
    for (const item of values.call(value)) yield [`${path}.values()[${index++}]`, () => item];
  } else if (Array.isArray(value)) {
    // One after the other, as the names of all its places would be a list that is larger than itself.
    for (let index = 0; index < Math.min(value.length, maxVisits); index++) {
      if (index in value) yield [`${path}[${index}]`, () => value[index]];
    }
  } else if (!types.isAnyArrayBuffer(value) && !ArrayBuffer.isView(value)) {
    for (const key of Object.keys(value)) {
      yield [join(path, key), () => Reflect.get(value, key)];
    }
  }
}

const join = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]{0,59}$/.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key.slice(0, maxPathLength))}]`;

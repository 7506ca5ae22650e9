/** How deep the search for the field goes. */
const maxDepth = 50;
/** How many values it looks at. */
const maxVisits = 100_000;
/** How many of them it tries to clone: each may hold as much as it likes. */
const maxClones = 100;
const maxPathLength = 200;

/** What of a value keeps it from being cloned. */
export interface Uncloneable {
  /** The path to it, such as `input.files[3].open`. */
  readonly field: string;
  /** Goes on from the field: `is a function`. */
  readonly reason: string;
}

/** Tells kinds of objects apart, whatever realm they are of; those of `node:util` do. */
export interface ObjectTypes {
  isProxy(value: unknown): boolean;
  isMap(value: unknown): value is Map<unknown, unknown>;
  isSet(value: unknown): value is Set<unknown>;
  isAnyArrayBuffer(value: unknown): boolean;
}

export interface UncloneableOptions {
  /** What fails on what cannot be carried. @default structuredClone */
  readonly clone?: ((value: unknown) => unknown) | undefined;
  /** What moves without being cloned, and so is in nobody's way. @default nothing */
  readonly transfer?: readonly unknown[] | undefined;
  /** @default what every platform can tell: no proxies, and kinds of this realm */
  readonly types?: ObjectTypes | undefined;
  /** Why the value as a whole could not be cloned. */
  readonly cause?: unknown;
}

/**
 * The innermost part that cannot be cloned by itself. Never throws, and its cost is bounded, whatever the
 * value does when it is looked at: then the value as a whole is named.
 *
 * @param what The first part of the field's path.
 */
export function uncloneable(
  what: string,
  value: unknown,
  options: UncloneableOptions = {},
): Uncloneable {
  let found: Uncloneable | undefined;
  try {
    found = new Search(options).locate(value, what, 0);
  } catch {
    // A proxy, or a list that is none.
  }
  return { field: what, reason: reasonOf(options.cause), ...found };
}

class Search {
  readonly #clone: (value: unknown) => unknown;
  readonly #transfer: ReadonlySet<unknown>;
  readonly #types: ObjectTypes;
  readonly #knowsProxies: boolean;
  readonly #seen = new Set<unknown>();
  #visits = maxVisits;
  #clones = maxClones;
  // Of their own, so that a long list of them does not spend what others need.
  #plainClones = maxClones;

  constructor({ clone = structuredClone, transfer = [], types }: UncloneableOptions) {
    this.#clone = clone;
    this.#transfer = new Set(transfer);
    this.#types = types ?? anyPlatform;
    this.#knowsProxies = types !== undefined;
  }

  locate(value: unknown, path: string, depth: number): Uncloneable | undefined {
    const field = path.slice(0, maxPathLength);
    if (typeof value === 'function') return { field, reason: 'is a function' };
    if (typeof value === 'symbol') return { field, reason: 'is a symbol' };
    if (typeof value !== 'object' || value === null) return undefined;
    if (this.#visits <= 0 || this.#transfer.has(value) || this.#seen.has(value)) return undefined;
    this.#visits -= 1;
    this.#seen.add(value);
    // Any other look at one may throw.
    if (this.#types.isProxy(value)) return { field, reason: 'is a proxy, which cannot be cloned' };
    const isPlain = this.#isPlain(value);
    if (depth >= maxDepth) {
      if (isPlain) return { field, reason: tooDeep };
    } else {
      const found = this.#locateIn(value, field, depth);
      if (found !== undefined) return found;
    }
    // With nothing to be found in it, it is the one, a proxy for example, or fine.
    return this.#holdsOnly(value, isPlain) ? undefined : this.#refusalOf(value, field, isPlain);
  }

  #locateIn(value: object, field: string, depth: number): Uncloneable | undefined {
    for (const [childPath, read] of childrenOf(value, field, this.#types)) {
      if (this.#visits <= 0) break;
      let child: unknown;
      try {
        child = read();
      } catch {
        return { field: childPath.slice(0, maxPathLength), reason: 'has a getter that throws' };
      }
      const found = this.locate(child, childPath, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Holds other values, and nothing of its own that a clone could refuse. */
  #isPlain(value: object): boolean {
    if (Array.isArray(value) || this.#types.isMap(value) || this.#types.isSet(value)) return true;
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
  }

  /** It is fine where what it holds is; what of that is transferred, a clone would refuse. */
  #holdsOnly(value: object, isPlain: boolean): boolean {
    if (isPlain && this.#knowsProxies) return true;
    if (this.#transfer.size === 0) return false;
    return isPlain || Object.prototype.toString.call(value) === '[object Object]';
  }

  #refusalOf(value: object, field: string, isPlain: boolean): Uncloneable | undefined {
    if ((isPlain ? this.#plainClones : this.#clones) <= 0) return undefined;
    if (isPlain) this.#plainClones -= 1;
    else this.#clones -= 1;
    try {
      this.#clone(value);
      return undefined;
    } catch (error) {
      return { field, reason: reasonOf(error, value) };
    }
  }
}

const tooDeep = 'is nested too deeply or too large';

const anyPlatform: ObjectTypes = {
  isProxy: () => false,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
  isAnyArrayBuffer: (value) => value instanceof ArrayBuffer,
};

function reasonOf(refusal: unknown, value?: object): string {
  if (isRangeError(refusal)) return tooDeep;
  const kind = value === undefined ? '' : kindOf(value);
  if (kind === '') return 'cannot be cloned';
  return `is ${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}, which cannot be cloned`;
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

// By the built-in methods, since a value may have others of its own.
function* childrenOf(
  value: object,
  path: string,
  types: ObjectTypes,
): Iterable<[path: string, read: () => unknown]> {
  if (types.isMap(value)) {
    let index = 0;
    for (const [key, item] of Map.prototype.entries.call(value)) {
      const at = typeof key === 'string' ? JSON.stringify(key.slice(0, maxPathLength)) : index;
      yield [`${path}.keys()[${index}]`, () => key];
      yield [`${path}.get(${at})`, () => item];
      index += 1;
    }
  } else if (types.isSet(value)) {
    let index = 0;
    for (const item of Set.prototype.values.call(value)) {
      yield [`${path}.values()[${index++}]`, () => item];
    }
  } else if (Array.isArray(value)) {
    // One after the other, as the names of all its places would be a list that is larger than itself.
    for (let index = 0; index < Math.min(value.length, maxVisits); index++) {
      if (index in value) yield [`${path}[${index}]`, () => value[index]];
    }
  } else if (!types.isAnyArrayBuffer(value) && !ArrayBuffer.isView(value)) {
    for (const key of Object.keys(value)) yield [join(path, key), () => Reflect.get(value, key)];
  }
}

const join = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key.slice(0, maxPathLength))}]`;

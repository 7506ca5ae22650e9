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

/**
 * The innermost part that cannot be cloned by itself. Never throws, and its cost is bounded, whatever the
 * value does when it is looked at (F1, F2): then the value as a whole is named.
 *
 * @param what The first part of the field's path.
 * @param clone What fails on what cannot be carried.
 */
export function uncloneable(
  what: string,
  value: unknown,
  clone: (value: unknown) => unknown = structuredClone,
): Uncloneable {
  let found: Uncloneable | undefined;
  try {
    found = new Search(clone).locate(value, what, 0);
  } catch {
    // A proxy, or a list that is none.
  }
  return { field: what, reason: 'cannot be cloned', ...found };
}

class Search {
  readonly #clone: (value: unknown) => unknown;
  readonly #seen = new Set<unknown>();
  #visits = maxVisits;
  #clones = maxClones;

  constructor(clone: (value: unknown) => unknown) {
    this.#clone = clone;
  }

  locate(value: unknown, path: string, depth: number): Uncloneable | undefined {
    const field = path.slice(0, maxPathLength);
    if (typeof value === 'function') return { field, reason: 'is a function' };
    if (typeof value === 'symbol') return { field, reason: 'is a symbol' };
    if (typeof value !== 'object' || value === null) return undefined;
    if (this.#visits <= 0 || this.#seen.has(value)) return undefined;
    this.#visits -= 1;
    this.#seen.add(value);
    if (depth >= maxDepth) return { field, reason: 'is nested too deeply' };
    for (const [childPath, read] of childrenOf(value, field)) {
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
    // With nothing to be found in it, it is the one, a proxy for example, or fine.
    return this.#canClone(value) ? undefined : { field, reason: reasonOf(value) };
  }

  #canClone(value: object): boolean {
    if (this.#clones <= 0) return true;
    this.#clones -= 1;
    try {
      this.#clone(value);
      return true;
    } catch {
      return false;
    }
  }
}

function reasonOf(value: object): string {
  const kind = kindOf(value);
  if (kind === '') return 'cannot be cloned';
  return `is ${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}, which cannot be cloned`;
}

function kindOf(value: object): string {
  try {
    const name: unknown = Reflect.get(Object(Reflect.get(value, 'constructor')), 'name');
    return typeof name === 'string' && name !== 'Object' ? name.slice(0, 60) : '';
  } catch {
    return '';
  }
}

function* childrenOf(value: object, path: string): Iterable<[path: string, read: () => unknown]> {
  if (value instanceof Map) {
    let index = 0;
    for (const [key, item] of Map.prototype.entries.call(value)) {
      const at = typeof key === 'string' ? JSON.stringify(key.slice(0, maxPathLength)) : index;
      yield [`${path}.keys()[${index}]`, () => key];
      yield [`${path}.get(${at})`, () => item];
      index += 1;
    }
  } else if (value instanceof Set) {
    let index = 0;
    for (const item of Set.prototype.values.call(value)) {
      yield [`${path}.values()[${index++}]`, () => item];
    }
  } else if (Array.isArray(value)) {
    // One after the other, as the names of all its places would be a list that is larger than itself.
    for (let index = 0; index < Math.min(value.length, maxVisits); index++) {
      if (index in value) yield [`${path}[${index}]`, () => value[index]];
    }
  } else if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value)) {
    for (const key of Object.keys(value)) yield [join(path, key), () => Reflect.get(value, key)];
  }
}

const join = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key.slice(0, maxPathLength))}]`;

/** How deep the search for the field goes. */
const maxDepth = 50;

/** What of a value keeps it from being cloned. */
export interface Uncloneable {
  /** The path to it, such as `input.files[3].open`. */
  readonly field: string;
  /** Goes on from the field: `is a function`. */
  readonly reason: string;
}

export interface UncloneableOptions {
  /** What cloning the whole value failed with. */
  readonly cause: unknown;
  /** What is handed over and not cloned. @default [] */
  readonly transfer?: readonly unknown[] | undefined;
  /** What fails on what cannot be carried. @default structuredClone */
  readonly clone?: ((value: unknown) => unknown) | undefined;
}

/**
 * The innermost part that cannot be cloned by itself. What is to be transferred is fine, and so is a
 * container that fails only because it holds such a thing.
 *
 * @param what The first part of the field's path.
 */
export function uncloneable(
  what: string,
  value: unknown,
  { cause, transfer = [], clone = structuredClone }: UncloneableOptions,
): Uncloneable {
  const search: Search = { clone, transfer: new Set(transfer), seen: new Set() };
  return locate(value, what, search, 0) ?? { field: what, reason: reasonOf(cause) };
}

interface Search {
  readonly clone: (value: unknown) => unknown;
  readonly transfer: ReadonlySet<unknown>;
  readonly seen: Set<unknown>;
}

function locate(
  value: unknown,
  path: string,
  search: Search,
  depth: number,
): Uncloneable | undefined {
  const { seen, transfer } = search;
  if (typeof value === 'function') return { field: path, reason: 'is a function' };
  if (typeof value === 'symbol') return { field: path, reason: 'is a symbol' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (transfer.has(value) || seen.has(value)) return undefined;
  seen.add(value);
  const refusal = refusalOf(value, search.clone);
  if (refusal === undefined) return undefined;
  if (depth < maxDepth) {
    for (const [childPath, read] of childrenOf(value, path)) {
      let child: unknown;
      try {
        child = read();
      } catch {
        return { field: childPath, reason: 'has a getter that throws' };
      }
      const found = locate(child, childPath, search, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return transfer.size > 0 && isContainer(value) ? undefined : { field: path, reason: refusal };
}

function refusalOf(value: object, clone: Search['clone']): string | undefined {
  try {
    clone(value);
    return undefined;
  } catch (error) {
    return reasonOf(error, value);
  }
}

function reasonOf(error: unknown, value?: object): string {
  if (error instanceof RangeError) return 'is nested too deeply or too large';
  const kind = value === undefined ? '' : kindOf(value);
  return kind === ''
    ? 'cannot be cloned'
    : `is ${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}, which cannot be cloned`;
}

function kindOf(value: object): string {
  try {
    const name: unknown = Reflect.get(Object(Reflect.get(value, 'constructor')), 'name');
    return typeof name === 'string' && name !== '' && name !== 'Object' ? name : '';
  } catch {
    return '';
  }
}

const isContainer = (value: object): boolean =>
  Array.isArray(value) ||
  value instanceof Map ||
  value instanceof Set ||
  Object.prototype.toString.call(value) === '[object Object]';

function* childrenOf(value: object, path: string): Iterable<[path: string, read: () => unknown]> {
  if (value instanceof Map) {
    let index = 0;
    for (const [key, item] of value) {
      const at = typeof key === 'string' ? JSON.stringify(key) : index;
      yield [`${path}.keys()[${index}]`, () => key];
      yield [`${path}.get(${at})`, () => item];
      index += 1;
    }
  } else if (value instanceof Set) {
    let index = 0;
    for (const item of value) yield [`${path}.values()[${index++}]`, () => item];
  } else {
    let keys: string[];
    try {
      keys = Object.keys(value);
    } catch {
      return;
    }
    for (const key of keys) yield [join(path, key, value), () => Reflect.get(value, key)];
  }
}

const join = (path: string, key: string, value: object): string => {
  if (Array.isArray(value)) return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
};

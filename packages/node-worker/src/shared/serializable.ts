import { OffstageError } from '@offstage/core';

/** How deep the search for the field goes. */
const maxDepth = 50;

/**
 * The coded error for a value that structured clone refused; it names the field (W7).
 *
 * @param what How the message names the value, and the first part of the field's path.
 */
export function notSerializable(
  what: 'input' | 'result',
  value: unknown,
  transfer: readonly unknown[],
  cause: unknown,
): OffstageError {
  const found = locate(value, what, new Set(transfer), new Set(), 0);
  const field = found?.path ?? what;
  const reason = found === undefined ? reasonOf(cause) : found.reason;
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

// Finds the innermost value that cannot be cloned by itself. What is to be transferred is fine, and
// so is a container that fails only because it holds such a thing.
function locate(
  value: unknown,
  path: string,
  transfer: ReadonlySet<unknown>,
  seen: Set<unknown>,
  depth: number,
): Found | undefined {
  if (typeof value === 'function') return { path, reason: 'is a function' };
  if (typeof value === 'symbol') return { path, reason: 'is a symbol' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (transfer.has(value) || seen.has(value)) return undefined;
  seen.add(value);
  const refusal = refusalOf(value);
  if (refusal === undefined) return undefined;
  if (depth < maxDepth) {
    for (const [childPath, read] of childrenOf(value, path)) {
      let child: unknown;
      try {
        child = read();
      } catch {
        return { path: childPath, reason: 'has a getter that throws' };
      }
      const found = locate(child, childPath, transfer, seen, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return transfer.size > 0 && isContainer(value) ? undefined : { path, reason: refusal };
}

function refusalOf(value: object): string | undefined {
  try {
    structuredClone(value);
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

import { OffstageError } from './errors.ts';

// Far beyond any honest value, and far below what would exhaust the stack; ends circles too.
const maxDepth = 500;

// A value that holds the same list again and again is written out each time, so each time counts.
const maxNodes = 10_000_000;

/**
 * Accepts what JSON brings back as it was: null, booleans, finite numbers, strings, and arrays and
 * plain objects of these. A field that is `undefined` counts as absent. All else would arrive as
 * something different (a Date as a string, a Map as `{}`, NaN as null), so it is refused, and so is
 * what throws when it is looked at or would never end (F1).
 *
 * @throws OffstageError `not_serializable`, naming the field.
 */
export function assertJson(value: unknown, field: string): void {
  check(value, field, 0, { left: maxNodes });
}

function check(value: unknown, field: string, depth: number, nodes: { left: number }): void {
  const isScalar = typeof value === 'string' || typeof value === 'boolean';
  if (value === null || isScalar || Number.isFinite(value)) return;
  nodes.left -= 1;
  if (typeof value !== 'object' || depth > maxDepth || nodes.left < 0) reject(field);
  let children: Iterable<readonly [number | string, unknown]> | undefined;
  let isList = false;
  try {
    isList = Array.isArray(value);
    // Not forEach: it would pass over holes, which arrive as null.
    if (isList) children = (value as unknown[]).entries();
    else if (isPlain(value)) children = Object.entries(value);
  } catch {
    // A proxy or a getter that throws: refused below.
  }
  if (children === undefined) reject(field);
  try {
    for (const [key, each] of children) {
      if (isList || each !== undefined) check(each, `${field}.${key}`, depth + 1, nodes);
    }
  } catch (error) {
    if (OffstageError.isInstance(error)) throw error;
    reject(field);
  }
}

// By its form, as it may be of another realm, such as a frame or a test's sandbox.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(Object(prototype), 'isPrototypeOf'))
  );
}

function reject(path: string): never {
  const field = path.slice(0, 200);
  throw new OffstageError(
    'not_serializable',
    `"${field}" is nothing that JSON carries: finite numbers, strings, booleans, null, and arrays and plain objects of these.`,
    { details: { field } },
  );
}

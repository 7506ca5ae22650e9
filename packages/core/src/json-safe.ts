import { OffstageError } from './errors.ts';

// Far beyond any honest value, and far below what would exhaust the stack; ends circles too.
const maxDepth = 500;

/**
 * Accepts what JSON brings back as it was: null, booleans, finite numbers, strings, and arrays and
 * plain objects of these. A field that is `undefined` counts as absent. All else would arrive as
 * something different (a Date as a string, a Map as `{}`, NaN as null), so it is refused.
 *
 * @throws OffstageError `not_serializable`, naming the field.
 */
export function assertJson(value: unknown, field: string): void {
  check(value, field, 0);
}

function check(value: unknown, field: string, depth: number): void {
  const isScalar = typeof value === 'string' || typeof value === 'boolean';
  if (value === null || isScalar || Number.isFinite(value)) return;
  if (typeof value !== 'object' || depth > maxDepth) reject(field);
  if (Array.isArray(value)) {
    // Not forEach: it would pass over holes, which arrive as null.
    for (const [index, each] of value.entries()) check(each, `${field}.${index}`, depth + 1);
  } else {
    if (!isPlain(value)) reject(field);
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) check(each, `${field}.${key}`, depth + 1);
    }
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

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
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (depth > maxDepth) reject(field.slice(0, 100), 'is nested too deeply or in a circle');
  if (Array.isArray(value)) {
    // Not forEach: it would pass over holes, which arrive as null.
    for (let index = 0; index < value.length; index++) {
      check(value[index], `${field}.${index}`, depth + 1);
    }
  } else if (isPlain(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) check(each, `${field}.${key}`, depth + 1);
    }
  } else {
    reject(field, `is ${nameOf(value)}, which JSON does not carry`);
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isForeignObject(prototype);
}

// The Object.prototype of another realm, such as a frame or a test's sandbox.
const isForeignObject = (prototype: unknown): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(Object(prototype), 'isPrototypeOf');

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'number' ? String(value) : `a ${typeof value}`;
  }
  const maker: unknown = Reflect.get(value, 'constructor');
  const name = typeof maker === 'function' ? maker.name : '';
  return name === '' ? 'an object of a class' : `a ${name}`;
}

function reject(field: string, why: string): never {
  throw new OffstageError(
    'not_serializable',
    `"${field}" ${why}. Use strings, finite numbers, booleans, null, arrays and plain objects.`,
    { details: { field } },
  );
}

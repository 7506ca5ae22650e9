/** What JSON can carry. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * JSON in one form alone: keys sorted by code unit, no spaces. Properties that are `undefined` are
 * left out, as JSON does.
 *
 * @throws TypeError naming the place of what JSON cannot carry.
 */
export function canonicalJson(value: unknown, place = 'value'): string {
  return write(value, place, []);
}

function write(value: unknown, place: string, above: readonly object[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${place} is ${value}, which is not JSON`);
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') {
    throw new TypeError(`${place} is of type ${typeof value}, which is not JSON`);
  }
  if (above.includes(value)) throw new TypeError(`${place} contains itself`);
  const path = [...above, value];
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) => write(item, `${place}[${index}]`, path));
    return `[${items.join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError(`${place} is a ${value.constructor.name}, which is not JSON`);
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${write(field, `${place}.${key}`, path)}`);
  return `{${fields.join(',')}}`;
}

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
 * @throws TypeError naming the place of what JSON cannot carry, or where it grows longer than `maxLength`;
 * where it is deeper than `maxDepth`.
 */
export function canonicalJson(
  value: unknown,
  place = 'value',
  maxLength = Number.POSITIVE_INFINITY,
  maxDepth = Number.POSITIVE_INFINITY,
): string {
  return write(value, { name: place, depth: 0 }, { maxLength, maxDepth, length: 0 });
}

interface Bounds {
  readonly maxLength: number;
  /** Of objects and lists in one another. */
  readonly maxDepth: number;
  /** Of what is written so far, at least. */
  length: number;
}

/** Where a value stands; spelled out only for an error. */
interface Place {
  readonly name: string | number;
  readonly depth: number;
  readonly above?: Place;
  readonly value?: object;
}

function write(value: unknown, place: Place, bounds: Bounds): string {
  bounds.length += typeof value === 'string' ? value.length + 2 : 2;
  if (bounds.length > bounds.maxLength) {
    throw unfit(place, `is more than ${bounds.maxLength.toLocaleString('en')} characters allow`);
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unfit(place, `is ${value}, which is not JSON`);
    return JSON.stringify(value);
  }
  if (typeof value !== 'object')
    throw unfit(place, `is of type ${typeof value}, which is not JSON`);
  for (let above = place.above; above !== undefined; above = above.above) {
    if (above.value === value) throw unfit(place, 'contains itself');
  }
  if (place.depth >= bounds.maxDepth) {
    throw new TypeError(`it is nested more than ${bounds.maxDepth.toLocaleString('en')} deep`);
  }
  const here: Place = { ...place, value };
  const depth = place.depth + 1;
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) =>
      write(item, { name: index, depth, above: here }, bounds),
    );
    return `[${items.join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw unfit(place, `is a ${value.constructor.name}, which is not JSON`);
  }
  const fields: string[] = [];
  for (const [key, field] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (field === undefined) continue;
    bounds.length += key.length + 3;
    fields.push(
      `${JSON.stringify(key)}:${write(field, { name: key, depth, above: here }, bounds)}`,
    );
  }
  return `{${fields.join(',')}}`;
}

function unfit(place: Place, problem: string): TypeError {
  let name = '';
  for (let at: Place | undefined = place; at !== undefined; at = at.above) {
    if (at.above === undefined) name = at.name + name;
    else name = (typeof at.name === 'number' ? `[${at.name}]` : `.${at.name}`) + name;
  }
  return new TypeError(`${name} ${problem}`);
}

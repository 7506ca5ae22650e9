import { OffstageError } from '../foundation/errors.ts';

/** The most that `context.save` keeps, in bytes. */
export const maxSavedBytes = 262_144;

/**
 * A copy of what a handler saves. Bytes are about those of structured clone: one or two a
 * character, eight a number, and those of a buffer.
 *
 * @throws OffstageError `not_serializable` where it is not structured-cloneable, `too_large`.
 */
export function cloneSaved(state: unknown): unknown {
  let copy: unknown;
  try {
    copy = structuredClone(state);
  } catch (cause) {
    throw notSaved(cause);
  }
  requireSize(copy);
  return copy;
}

function notSaved(cause: unknown): OffstageError {
  return new OffstageError(
    'not_serializable',
    'The state cannot be saved: it must be structured-cloneable, with no function in it.',
    { cause, details: { field: 'saved' } },
  );
}

// Of a copy, which has no getters and no proxies.
function requireSize(copy: unknown): void {
  const seen = new Set<object>();
  const rest: unknown[] = [copy];
  let bytes = 0;
  while (rest.length > 0) {
    const value = rest.pop();
    bytes += leastBytes;
    if (typeof value === 'string') bytes += textBytes(value);
    else if (typeof value === 'bigint') bytes += value.toString(16).length / 2;
    else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value);
      bytes += open(value, rest);
    }
    if (bytes > maxSavedBytes) throw tooLarge();
  }
}

/** Bytes of the object's own; what is in it joins the rest. */
function open(value: object, rest: unknown[]): number {
  // A view is kept with all of the buffer under it.
  const memory: unknown = ArrayBuffer.isView(value) ? value.buffer : value;
  // What others go on writing to is no copy.
  if (typeof SharedArrayBuffer === 'function' && memory instanceof SharedArrayBuffer) {
    throw notSaved(undefined);
  }
  if (memory instanceof ArrayBuffer) return memory.byteLength;
  if (value instanceof RegExp) return textBytes(value.source);
  if (typeof Blob === 'function' && value instanceof Blob) return value.size;
  if (value instanceof Map || value instanceof Set) requireFew(value.size);
  if (value instanceof Map) for (const [key, each] of value) rest.push(key, each);
  else if (value instanceof Set) for (const each of value) rest.push(each);
  else if (value instanceof Error) rest.push(value.message, value.stack, value.cause);
  if (Array.isArray(value)) requireFew(countFirst(value));
  const keys = Object.keys(value);
  requireFew(keys.length);
  let bytes = 0;
  for (const key of keys) {
    bytes += key.length;
    rest.push(Reflect.get(value, key));
  }
  return bytes;
}

/** What there are too many of is refused before each is looked at: there may be tens of millions. */
function requireFew(count: number): void {
  if (count > maxSavedBytes / leastBytes) throw tooLarge();
}

/** How many of the first places are taken; the names of all take a second where all are. */
function countFirst(list: readonly unknown[]): number {
  const looked = Math.min(list.length, 4 * maxSavedBytes);
  let count = 0;
  for (let index = 0; index < looked; index += 1) count += Number(index in list);
  return count;
}

/** What each value takes at the least. */
const leastBytes = 8;

const textBytes = (text: string): number =>
  text.length > maxSavedBytes || /^[\0-\xff]*$/.test(text) ? text.length : 2 * text.length;

function tooLarge(): OffstageError {
  return new OffstageError(
    'too_large',
    'The saved state is over 256 KiB. Save where to go on, and keep what is large in a file.',
    { details: { field: 'saved', maxBytes: maxSavedBytes } },
  );
}

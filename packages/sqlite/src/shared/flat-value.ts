import { types } from 'node:util';
import type { Arena, ArenaReader } from './arena.ts';

/*
 * Most inputs and results are a number, a short text, or an object of a few of them. V8 makes an object
 * of its own and a buffer for each value that it writes, which takes longer than all else that is done
 * with a small one. What is written here is read back the same as V8 would have it.
 */
const kind = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  count: 4,
  number: 5,
  text: 6,
  object: 7,
} as const;
const mostFields = 64;
const mostUnits = 256;

/** Whether it is flat and small, and was written. Otherwise the arena has to be cut to what it was. */
export function addFlat(value: unknown, arena: Arena): boolean {
  if (typeof value !== 'object' || value === null) return addPrimitive(value, arena);
  // A proxy cannot be cloned, and its traps would be called.
  if (types.isProxy(value) || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const names = Object.keys(value);
  if (names.length > mostFields || Object.hasOwn(value, '__proto__')) return false;
  arena.addByte(kind.object);
  arena.addCount(names.length);
  for (const name of names) {
    if (name.length > mostUnits) return false;
    arena.addText(name);
    if (!addPrimitive(Reflect.get(value, name), arena)) return false;
  }
  return true;
}

function addPrimitive(value: unknown, arena: Arena): boolean {
  switch (typeof value) {
    case 'number':
      if (Number.isInteger(value) && value >= 0 && value < 2 ** 31 && !Object.is(value, -0)) {
        arena.addByte(kind.count);
        arena.addCount(value);
      } else {
        arena.addByte(kind.number);
        arena.addNumber(value);
      }
      return true;
    case 'string':
      if (value.length > mostUnits) return false;
      arena.addByte(kind.text);
      arena.addText(value);
      return true;
    case 'boolean':
      arena.addByte(value ? kind.true : kind.false);
      return true;
    case 'undefined':
      arena.addByte(kind.undefined);
      return true;
    default:
      if (value !== null) return false;
      arena.addByte(kind.null);
      return true;
  }
}

/** @throws TypeError on what was not written here. */
export function readFlat(reader: ArenaReader): unknown {
  const first = reader.byte();
  if (first !== kind.object) return readPrimitive(first, reader);
  const value: Record<string, unknown> = {};
  for (let left = reader.count(); left > 0; left -= 1) {
    const name = reader.text();
    value[name] = readPrimitive(reader.byte(), reader);
  }
  return value;
}

function readPrimitive(found: number, reader: ArenaReader): unknown {
  switch (found) {
    case kind.undefined:
      return undefined;
    case kind.null:
      return null;
    case kind.false:
      return false;
    case kind.true:
      return true;
    case kind.count:
      return reader.count();
    case kind.number:
      return reader.number();
    case kind.text:
      return reader.text();
    default:
      throw new TypeError('The value is torn.');
  }
}

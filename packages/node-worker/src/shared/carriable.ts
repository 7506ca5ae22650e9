import { types } from 'node:util';

/** What one encoded error may still hold, all that it refers to included (F2). */
export interface Budget {
  /** Values of any kind. */
  values: number;
  /** UTF-16 code units of text and bytes of buffers. */
  text: number;
}

const maxDepth = 100;

/**
 * Whether a copy of the value fits into what is left, and is not sure to be refused. Takes what it
 * costs. Runs no code of the value's own, hence refuses proxies and getters: what those would answer
 * to a copy cannot be known. Counts what is shared once, as a copy does.
 */
export function isCarriable(value: unknown, budget: Budget): boolean {
  const seen = new Set<unknown>();
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return false;
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each === 'object' && each !== null) {
        if (seen.has(each)) continue;
        seen.add(each);
      }
      budget.values -= 1;
      if (budget.values < 0 || !look(each, budget, next)) return false;
    }
    level = next;
  }
  return true;
}

// Everything of it that may need a further look goes into `next`. False where it cannot be carried.
function look(value: unknown, budget: Budget, next: unknown[]): boolean {
  switch (typeof value) {
    case 'function':
    case 'symbol':
      return false;
    case 'string':
      return takeText(value.length, budget);
    case 'bigint':
      return isSmall(value);
    case 'object':
      return value === null || lookInto(value, budget, next);
    default:
      return true;
  }
}

function lookInto(value: object, budget: Budget, next: unknown[]): boolean {
  if (types.isProxy(value)) return false;
  if (types.isSharedArrayBuffer(value)) return true;
  if (types.isArrayBuffer(value) || ArrayBuffer.isView(value)) {
    return takeText(value.byteLength, budget);
  }
  if (types.isMap(value)) {
    if (value.size > budget.values) return false;
    for (const pair of Map.prototype.entries.call(value)) next.push(...pair);
  } else if (types.isSet(value)) {
    if (value.size > budget.values) return false;
    for (const item of Set.prototype.values.call(value)) next.push(item);
  } else if (Array.isArray(value) && value.length > budget.values) return false;
  const keys = types.isNativeError(value) ? errorFields : Object.keys(value);
  if (keys.length > budget.values) return false;
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined) continue;
    if (!('value' in property)) return false;
    if (!takeText(key.length, budget)) return false;
    next.push(property.value);
  }
  return true;
}

// All that a copy of an error holds.
const errorFields = ['message', 'stack', 'cause'];

function takeText(length: number, budget: Budget): boolean {
  budget.text -= length;
  return budget.text >= 0;
}

/** Whether the number is no longer than a long key. */
export const isSmall = (value: bigint): boolean => BigInt.asIntN(8192, value) === value;

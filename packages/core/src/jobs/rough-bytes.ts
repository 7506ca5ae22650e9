// A list or an object of more parts than this is judged by as many of them, spread over all of it.
const sampleSize = 64;
// However wide, deep, or shared a hundred ways over a value is, no more of it is looked at.
const maxLooks = 4096;

interface Budget {
  looks: number;
}

/**
 * About how much memory a value holds, without making text of it: parts of a large one stand for all
 * of it. Never throws, whatever the value's getters do (F1): what cannot be looked at weighs nothing.
 */
export function roughBytes(value: unknown): number {
  return typeof value === 'object' && value !== null
    ? weigh(value, { looks: maxLooks })
    : weighFlat(value);
}

const weighFlat = (value: unknown): number => (typeof value === 'string' ? 16 + value.length : 8);

function weigh(value: unknown, budget: Budget): number {
  if (typeof value !== 'object' || value === null) return weighFlat(value);
  if (budget.looks <= 0) return 8;
  budget.looks -= 1;
  try {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return 64 + value.byteLength;
    if (value instanceof Map || value instanceof Set) return sample([...value], budget);
    if (Array.isArray(value)) return sample(value, budget);
    const keys = Object.keys(value);
    const names = keys.length * 16;
    return names + sample(keys, budget, (key) => Reflect.get(value, key));
  } catch {
    return 0;
  }
}

function sample<T>(
  items: readonly T[],
  budget: Budget,
  read: (item: T) => unknown = (item) => item,
): number {
  const { length } = items;
  const looks = Math.min(length, sampleSize);
  let bytes = 0;
  for (let look = 0; look < looks; look += 1) {
    const item = items[Math.floor((look * length) / looks)];
    bytes += 8 + weigh(item === undefined ? undefined : read(item), budget);
  }
  return 32 + (looks === 0 ? 0 : (bytes * length) / looks);
}

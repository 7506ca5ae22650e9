import { append } from './append.ts';

const headerEntries = 109;
const endOfChain = -2;

/**
 * Whether chains of sectors of a compound file go in a circle, which who follows one never leaves: in the table of
 * its sectors, or in that of the small ones.
 */
export function hasCircles(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < 512) return false;
  const sectorBytes = 1 << Math.min(16, Math.max(7, buffer.readUInt16LE(30)));
  const valuesOf = (sector: number): number[] => {
    const at = (sector + 1) * sectorBytes;
    if (sector < 0 || at >= buffer.length) return [];
    const part = buffer.subarray(at, Math.min(at + sectorBytes, buffer.length));
    return Array.from({ length: part.length >> 2 }, (_, index) => part.readInt32LE(index * 4));
  };
  const tables = Array.from({ length: headerEntries }, (_, at) => buffer.readInt32LE(76 + at * 4));
  // Further tables are listed in sectors of their own, each with the next one at its end.
  const seen = new Set<number>();
  for (let next = buffer.readInt32LE(68); next >= 0 && !seen.has(next); ) {
    seen.add(next);
    const listed = valuesOf(next);
    next = listed.pop() ?? endOfChain;
    append(tables, listed);
  }
  const sectors = [...new Set(tables)].flatMap(valuesOf);
  if (isCircular(sectors)) return true;
  const small: number[] = [];
  for (let at = buffer.readInt32LE(60); at >= 0; at = sectors[at] ?? endOfChain) {
    for (const value of valuesOf(at)) small.push(value);
  }
  return isCircular(small);
}

/** Each place is gone through once, by the number of the walk that came by it. */
function isCircular(next: readonly number[]): boolean {
  const walks = new Int32Array(next.length);
  for (let start = 0; start < next.length; start += 1) {
    let at = start;
    while (at >= 0 && at < next.length && walks[at] === 0) {
      walks[at] = start + 1;
      at = next[at] ?? endOfChain;
    }
    if (at >= 0 && at < next.length && walks[at] === start + 1) return true;
  }
  return false;
}

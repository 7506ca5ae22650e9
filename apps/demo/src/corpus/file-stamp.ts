import type { Stats } from 'node:fs';

/** Clocks of file systems are coarse: within this time a file may change and keep its times. */
const coarseMs = 2000;

/**
 * What tells a file that was read from one that has changed since: as long as it has this stamp, it has the
 * same content. A change that keeps the size and sets the former time back shows in the time of the entry
 * itself, and another file in the same place in its number.
 *
 * @param lookedAt In milliseconds since the Unix epoch, before the file was read.
 * @returns `null` where it was changed so shortly before that a change right after could not be told.
 */
export function stampOf(stats: Stats, lookedAt: number): string | null {
  const { mtimeMs, ctimeMs } = stats;
  if (Math.max(mtimeMs, ctimeMs) > lookedAt - coarseMs) return null;
  return currentStamp(stats);
}

/** The stamp that the file has now, whenever it was changed. */
export const currentStamp = ({ size, mtimeMs, ctimeMs, ino }: Stats): string =>
  `${size} ${mtimeMs} ${ctimeMs} ${ino}`;

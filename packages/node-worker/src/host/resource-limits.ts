import type { ResourceLimits } from 'node:worker_threads';
import { invalidOption, reading } from '@offstage/core/engine';

// With less, or with more, V8 aborts the whole process while it makes the thread, or the system has no such
// stack to give.
const bounds: Readonly<Record<keyof ResourceLimits, readonly [least: number, most: number]>> = {
  maxOldGenerationSizeMb: [4, Number.POSITIVE_INFINITY],
  maxYoungGenerationSizeMb: [1, Number.POSITIVE_INFINITY],
  codeRangeSizeMb: [0, 4096],
  stackSizeMb: [0.5, 1024],
};

/** The limits that are given, each read once. @throws OffstageError `invalid_option`, naming the limit. */
export function readLimits(limits: ResourceLimits): Readonly<Record<string, number>> {
  if (typeof limits !== 'object' || limits === null) {
    throw invalidOption('resourceLimits', 'an object', limits);
  }
  const taken: Record<string, number> = {};
  for (const [name, [least, most]] of Object.entries(bounds)) {
    const value: unknown = reading('resourceLimits', () => Reflect.get(limits, name));
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      const wanted =
        most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
      throw invalidOption(`resourceLimits.${name}`, `a number ${wanted}`, value);
    }
    taken[name] = value;
  }
  return taken;
}

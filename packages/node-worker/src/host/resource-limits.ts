import type { ResourceLimits } from 'node:worker_threads';
import { OffstageError } from '@offstage/core';

// With less V8 aborts the whole process while it makes the thread.
const least: Readonly<Record<keyof ResourceLimits, number>> = {
  maxOldGenerationSizeMb: 4,
  maxYoungGenerationSizeMb: 1,
  codeRangeSizeMb: 0,
  stackSizeMb: 0.5,
};

/** @throws OffstageError `invalid_option`, naming the limit. */
export function requireLimits(limits: ResourceLimits): void {
  if (typeof limits !== 'object' || limits === null) throw refusal('resourceLimits', 'an object');
  for (const [name, atLeast] of Object.entries(least)) {
    const value: unknown = Reflect.get(limits, name);
    if (value === undefined || (typeof value === 'number' && value >= atLeast)) continue;
    throw refusal(`resourceLimits.${name}`, `a number of at least ${atLeast}`);
  }
}

const refusal = (option: string, wanted: string): OffstageError =>
  new OffstageError('invalid_option', `${option} must be ${wanted}.`, { details: { option } });

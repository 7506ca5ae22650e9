import { types } from 'node:util';
import { OffstageError } from '@offstage/core';
import { uncloneable } from '@offstage/core/engine';

/**
 * The coded error for a value that structured clone refused; it names the field (W7). Never throws,
 * and its cost is bounded, whatever the value does when it is looked at (F1, F2).
 *
 * @param what How the message names the value, and the first part of the field's path.
 */
export function notSerializable(
  what: 'input' | 'result',
  value: unknown,
  transfer: readonly unknown[],
  cause: unknown,
): OffstageError {
  const { field, reason } = uncloneable(what, value, { transfer, types, cause });
  return new OffstageError(
    'not_serializable',
    `The job's ${what} cannot be carried between threads: ${field} ${reason}. ` +
      'Pass what structured clone carries: plain objects, arrays, dates, maps, sets, buffers.',
    { cause, details: { field } },
  );
}

import { OffstageError, uncloneable } from '@offstage/core';

/**
 * The coded error for a value that structured clone refused; it names the field (W7).
 *
 * @param what How the message names the value, and the first part of the field's path.
 */
export function notSerializable(
  what: 'input' | 'result',
  value: unknown,
  transfer: readonly unknown[],
  cause: unknown,
): OffstageError {
  const { field, reason } = uncloneable(what, value, { cause, transfer });
  return new OffstageError(
    'not_serializable',
    `The job's ${what} cannot be carried between threads: ${field} ${reason}. ` +
      'Pass what structured clone carries: plain objects, arrays, dates, maps, sets, buffers.',
    { cause, details: { field } },
  );
}

import { OffstageError } from '../foundation/errors.ts';
import { uncloneable } from './uncloneable.ts';

/** Which of an application's values a journal was to keep. */
export type KeptValue = 'input' | 'saved' | 'result';

/** What a journal keeps of one value at most, unless it is told otherwise: 1 MiB. */
export const maxKeptBytes = 1024 * 1024;

/** A value is larger than a journal, or another engine, keeps. */
export function tooLarge(value: KeptValue, bytes: number, maxBytes: number): OffstageError {
  return new OffstageError(
    'too_large',
    `The job's ${value} takes ${bytes.toLocaleString('en')} bytes, and at most ` +
      `${maxBytes.toLocaleString('en')} are kept of one. Keep it in a file, and pass the file's name.`,
    { details: { field: value, bytes, maxBytes } },
  );
}

/** A value cannot be kept; names the field. */
export function notKeepable(
  value: KeptValue,
  content: unknown,
  cause: unknown,
  clone?: (value: unknown) => unknown,
): OffstageError {
  const { field, reason } = uncloneable(value, content, { clone });
  return new OffstageError(
    'not_serializable',
    `The job's ${value} cannot be kept: ${field} ${reason}. ` +
      'Pass what structured clone carries: plain objects, arrays, dates, maps, sets, buffers.',
    { cause, details: { field } },
  );
}

/** A write or an `open` that comes before, after, or twice. */
export function journalMisused(state: 'new' | 'open' | 'closed'): OffstageError {
  const why = {
    new: 'is not open: call open() first',
    open: 'was opened before: a journal serves one manager',
    closed: 'is closed: it takes nothing any more',
  }[state];
  return new OffstageError('journal_failed', `The journal ${why}.`, { details: { reason: state } });
}

import type { Clock } from './clock.ts';
import { OffstageError } from './errors.ts';

/** The error of an option that is out of form: which, what it must be, and what it is. */
export function invalidOption(option: string, wanted: string, value: unknown): OffstageError {
  return new OffstageError(
    'invalid_option',
    `${option} must be ${wanted}; it is ${describe(value)}.`,
    { details: { option } },
  );
}

// Never the text of a value: it may be long, or nobody's business.
function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return value === '' ? 'empty' : `a string of ${value.length}`;
  return value === null ? 'null' : typeof value;
}

/** @throws OffstageError `invalid_option` unless `value` is a whole number within the bounds. */
export function requireWhole(option: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    const bounds = `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
    throw invalidOption(option, `a whole number from ${bounds}`, value);
  }
  return value;
}

/** @throws OffstageError `invalid_option` for options that plain JavaScript gave, and that are none. */
export function requireOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption('options', 'an object', options);
  }
}

/** @throws OffstageError `invalid_option` unless `value` is 0 or more milliseconds, or Infinity. */
export function requireDuration(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw invalidOption(option, 'a number of milliseconds of at least 0', value);
}

/**
 * Runs what reads something that plain JavaScript gave: a getter, or a proxy, may throw whatever it likes.
 *
 * @throws OffstageError `invalid_option`, and whatever of the library's `read` throws.
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (OffstageError.isInstance(cause)) throw cause;
    throw new OffstageError('invalid_option', `${what} cannot be read; see the cause.`, {
      details: { option: what },
      cause,
    });
  }
}

/** A list of its own: one that is given may claim to be endless. @throws OffstageError `invalid_option` */
export function listOf<T>(what: string, given: readonly T[], most = 100_000): readonly T[] {
  return reading(what, () => {
    const length = Array.isArray(given) ? given.length : -1;
    if (length < 0) throw invalidOption(what, 'a list', given);
    if (length > most) throw invalidOption(what, `a list of at most ${most} members`, length);
    return Array.from({ length }, (_, index) => given[index] as T);
  });
}

/** @throws OffstageError `invalid_option` */
export function requireClock(clock: Clock): Clock {
  const methods = ['now', 'monotonic', 'schedule'];
  const isClock = reading('clock', () =>
    methods.every((name) => typeof Reflect.get(Object(clock), name) === 'function'),
  );
  if (!isClock) throw invalidOption('clock', 'a Clock', clock);
  return clock;
}

/** By its form: it may be of another realm. @throws OffstageError `invalid_option` */
export function requireSignal(signal: AbortSignal | null | undefined): void {
  const methods = ['throwIfAborted', 'addEventListener', 'removeEventListener'];
  if (signal === undefined || signal === null) return;
  const isSignal = reading('signal', () =>
    methods.every((name) => typeof Reflect.get(Object(signal), name) === 'function'),
  );
  if (!isSignal) throw invalidOption('signal', 'an AbortSignal', signal);
}

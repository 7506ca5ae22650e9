import { OffstageError } from '../foundation/errors.ts';
import { layoutFormat } from './layout.ts';

/** An object of which nothing is known yet. */
export type StoredObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object with a `format` that this release knows. `what` begins the message. Its fields
 * are checked by hand, as a manifest of ten thousand files must open about as fast as it is parsed.
 *
 * @throws OffstageError `corrupt`, or `unsupported_format` when a newer release wrote it.
 */
export function parseStored(bytes: Uint8Array, what: string): StoredObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OffstageError('corrupt', `${what} cannot be read: it is no JSON.`, { cause });
  }
  if (!isObject(value)) throw new OffstageError('corrupt', `${what} is no JSON object.`);
  const { format } = value;
  if (typeof format === 'number' && format > layoutFormat) {
    throw new OffstageError(
      'unsupported_format',
      `${what} has format ${format}, and this release reads up to ${layoutFormat}: use a newer release.`,
      { details: { format } },
    );
  }
  return value;
}

export const isObject = (value: unknown): value is StoredObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** 0, 1, 2 … */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/**
 * Has the form of a SHA-256 in hexadecimal. Its digits are not looked at: what is stored is covered by
 * a digest of its own, and a wrong one would match no file.
 */
export const isSha256 = (value: unknown): value is string =>
  typeof value === 'string' && value.length === 64;

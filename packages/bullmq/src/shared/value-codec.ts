import { deserialize, serialize } from 'node:v8';
import { OffstageError } from '@offstage/core';
import { type KeptValue, maxKeptBytes, notKeepable, tooLarge } from '@offstage/core/engine';

// Stands before each value, so that a later form can be told from this one.
const format = 1;

/**
 * A value as Redis keeps it: all that structured clone carries (W7).
 *
 * @throws OffstageError `not_serializable`, naming the field; `too_large` over 1 MiB.
 */
export function encodeValue(field: KeptValue, value: unknown): Buffer {
  let bytes: Buffer;
  try {
    bytes = serialize(value);
  } catch (cause) {
    throw notKeepable(field, value, cause);
  }
  if (bytes.length > maxKeptBytes) throw tooLarge(field, bytes.length, maxKeptBytes);
  return Buffer.concat([Buffer.of(format), bytes]);
}

/** @throws OffstageError `unsupported_format` for a value of a newer version. */
export function decodeValue(bytes: Buffer): unknown {
  try {
    if (bytes[0] === format) return deserialize(bytes.subarray(1));
  } catch (cause) {
    throw newer(cause);
  }
  throw newer(undefined);
}

function newer(cause: unknown): OffstageError {
  return new OffstageError(
    'unsupported_format',
    'A value in Redis was written by a newer version of @offstage/bullmq or of Node.js.',
    { cause },
  );
}

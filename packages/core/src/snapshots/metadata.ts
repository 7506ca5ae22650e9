import { describeUnknown, textOf } from '../foundation/bounded-text.ts';
import { OffstageError } from '../foundation/errors.ts';
import { checkSchema } from '../foundation/schema-check.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { canonicalJson, type Json } from './canonical-json.ts';

/**
 * The longest metadata, in UTF-16 code units of JSON: what every reader of a version holds in memory. Lists
 * that share their members are written out, so that a few of them may be an endless text.
 */
const maxMetadataLength = 16 * 1024 * 1024;

// Far from where anybody's stack ends, in the manifest and for who reads it.
const maxMetadataDepth = 1000;

/**
 * The metadata as the manifest will hold it, checked as it will be read again: through JSON.
 *
 * @throws OffstageError `invalid_metadata` naming the field.
 */
export async function metadataToStore(schema: StandardSchema, metadata: unknown): Promise<Json> {
  let stored: Json;
  try {
    stored = JSON.parse(
      canonicalJson(metadata ?? null, 'metadata', maxMetadataLength, maxMetadataDepth),
    );
  } catch (cause) {
    throw new OffstageError(
      'invalid_metadata',
      `The metadata cannot be stored: ${messageOf(cause)}.`,
      { cause },
    );
  }
  await checkMetadata(schema, stored, 'The metadata do not fit their schema');
  return stored;
}

/** Stored metadata, through the schema. `what` begins the message. */
export async function checkMetadata<Output>(
  schema: StandardSchema<unknown, Output>,
  stored: Json,
  what: string,
): Promise<Output> {
  const check = await checkSchema(schema, stored);
  // What a schema gives is of its own type.
  if (check.valid) return check.value as Output;
  throw new OffstageError('invalid_metadata', `${what}: ${check.issues}.`, {
    details: { issues: check.issues },
    ...('cause' in check ? { cause: check.cause } : {}),
  });
}

// A getter or a proxy may throw whatever it likes.
function messageOf(cause: unknown): string {
  try {
    if (cause instanceof Error) return textOf(cause.message);
  } catch {
    // Told below.
  }
  return describeUnknown(cause);
}

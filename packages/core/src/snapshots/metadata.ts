import { OffstageError } from '../foundation/errors.ts';
import { describeIssues, type StandardSchema } from '../foundation/standard-schema.ts';
import { canonicalJson, type Json } from './canonical-json.ts';

/**
 * The metadata as the manifest will hold it, checked as it will be read again: through JSON.
 *
 * @throws OffstageError `invalid_metadata` naming the field.
 */
export async function metadataToStore(schema: StandardSchema, metadata: unknown): Promise<Json> {
  let stored: Json;
  try {
    stored = JSON.parse(canonicalJson(metadata ?? null, 'metadata'));
  } catch (cause) {
    throw new OffstageError(
      'invalid_metadata',
      `The metadata cannot be stored: ${cause instanceof Error ? cause.message : String(cause)}.`,
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
  const result = await schema['~standard'].validate(stored);
  if (result.issues === undefined) return result.value;
  throw new OffstageError('invalid_metadata', `${what}: ${describeIssues(result.issues)}.`, {
    details: { issues: result.issues.map(({ message }) => message) },
  });
}

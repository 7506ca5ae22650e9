import { describeIssues, type SchemaResult, type StandardSchema } from './standard-schema.ts';

/** What a schema made of a value: the parsed value, or why not. */
export type SchemaCheck =
  | { readonly valid: true; readonly value: unknown }
  | { readonly valid: false; readonly issues: string; readonly cause?: unknown };

/**
 * Runs a schema. Answers at once unless the schema itself answers with a promise, so that the common
 * case costs no turn of the event loop. Never throws: a schema that does has refused the value.
 */
export function checkSchema(
  schema: StandardSchema,
  value: unknown,
): SchemaCheck | Promise<SchemaCheck> {
  try {
    const result = schema['~standard'].validate(value);
    return result instanceof Promise ? result.then(read, refuse) : read(result);
  } catch (error) {
    return refuse(error);
  }
}

function read(result: SchemaResult<unknown>): SchemaCheck {
  return result.issues === undefined
    ? { valid: true, value: result.value }
    : { valid: false, issues: describeIssues(result.issues) };
}

function refuse(cause: unknown): SchemaCheck {
  return { valid: false, issues: 'the schema itself failed', cause };
}

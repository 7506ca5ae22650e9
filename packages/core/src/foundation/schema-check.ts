import { describeIssues, type StandardSchema } from './standard-schema.ts';

/** What a schema made of a value: the parsed value, or why not. */
export type SchemaCheck =
  | { readonly valid: true; readonly value: unknown }
  | { readonly valid: false; readonly issues: string; readonly cause?: unknown };

/**
 * Runs a schema. Answers at once unless the schema itself answers with a promise, so that the common
 * case costs no turn of the event loop. Never throws, and its promise never rejects: a schema that
 * fails, or answers with what is no answer, has refused the value.
 */
export function checkSchema(
  schema: StandardSchema,
  value: unknown,
): SchemaCheck | Promise<SchemaCheck> {
  try {
    const result: unknown = schema['~standard'].validate(value);
    // By its form: it may be a promise of another realm.
    return isThenable(result) ? Promise.resolve(result).then(read, refuse) : read(result);
  } catch (error) {
    return refuse(error);
  }
}

function read(result: unknown): SchemaCheck {
  try {
    if (typeof result !== 'object' || result === null) {
      return refuse(new TypeError('A schema must answer with { value } or { issues }.'));
    }
    const { issues, value } = result as { readonly issues?: unknown; readonly value?: unknown };
    return issues === undefined
      ? { valid: true, value }
      : { valid: false, issues: describeIssues(issues) };
  } catch (error) {
    return refuse(error);
  }
}

function refuse(cause: unknown): SchemaCheck {
  return { valid: false, issues: 'the schema itself failed', cause };
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { readonly then?: unknown }).then === 'function';

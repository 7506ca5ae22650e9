import { boundedText, textOf } from './bounded-text.ts';

/**
 * The Standard Schema interface, version 1, as its specification asks implementers to carry it
 * (https://standardschema.dev). zod, valibot, arktype and others satisfy it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<SchemaIssue> };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

export type InferInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input'];
export type InferOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output'];

/** By its form, and whatever it does when it is looked at. */
export function isSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    const standard: unknown = Reflect.get(value, '~standard');
    return typeof Reflect.get(Object(standard), 'validate') === 'function';
  } catch {
    return false;
  }
}

const maxIssues = 100;
const maxPathParts = 100;

/**
 * `uploads.0.name: Expected string`, one issue after the other, for a coded error's message. Takes
 * whatever a schema calls its issues, and bounds the text (F2).
 */
export function describeIssues(issues: unknown): string {
  if (!Array.isArray(issues)) return 'the schema gave no list of issues';
  const told = issues.slice(0, maxIssues).map(describeIssue).join('; ');
  return boundedText(issues.length > maxIssues ? `${told}; and more` : told);
}

function describeIssue(issue: unknown): string {
  try {
    const { message, path } = issue as SchemaIssue;
    const parts: readonly unknown[] = Array.isArray(path) ? path.slice(0, maxPathParts) : [];
    const where = parts.map(keyOf).join('.');
    const what = textOf(message);
    return where === '' ? what : `${where}: ${what}`;
  } catch {
    return 'an issue that cannot be read';
  }
}

const keyOf = (part: unknown): string =>
  textOf(typeof part === 'object' && part !== null ? Reflect.get(part, 'key') : part, 200);

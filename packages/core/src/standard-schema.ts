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

/** `uploads.0.name: Expected string`, one issue after the other, for a coded error's message. */
export function describeIssues(issues: ReadonlyArray<SchemaIssue>): string {
  return issues
    .map(({ message, path }) => {
      const where = (path ?? [])
        .map((part) => String(typeof part === 'object' ? part.key : part))
        .join('.');
      return where === '' ? message : `${where}: ${message}`;
    })
    .join('; ');
}

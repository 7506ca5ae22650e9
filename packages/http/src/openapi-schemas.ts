import type { StandardSchema } from '@offstage/core';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const count = { type: 'integer', minimum: 0 };
const time = { type: 'number', description: 'Milliseconds since the Unix epoch.' };
const rest = {
  type: 'boolean',
  description: 'True when only the first had room in the answer; ask again for the others.',
};
const timeOrNull = { ...time, type: ['number', 'null'] };
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

const object = (
  properties: Readonly<Record<string, unknown>>,
  optional: readonly string[] = [],
): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

/** What the answers are made of, under `#/components/schemas`. */
export const componentSchemas = {
  ProgressEvent: object({
    seq: {
      type: 'integer',
      minimum: 1,
      description: 'Grows; numbers that are left out were dropped.',
    },
    at: time,
    phase: { type: 'string' },
    percent: { type: ['number', 'null'], minimum: 0, maximum: 100 },
    message: { type: 'string', maxLength: 200 },
    attempt: { type: 'integer', minimum: 1 },
  }),
  JobFailure: object({
    code: { type: 'string' },
    message: { type: 'string' },
    reference: { type: 'string', description: 'Under which the server has the whole error.' },
  }),
  Job: object(
    {
      id: { type: 'string', minLength: 1 },
      name: { type: 'string' },
      phases: { type: 'array', items: { type: 'string' } },
      status: { enum: ['queued', 'running', 'succeeded', 'failed', 'canceled'] },
      attempt: { type: 'integer', minimum: 1, description: 'The one that runs, or is next.' },
      maxAttempts: { type: 'integer', minimum: 1, description: '1 where it is not said.' },
      availableAt: { ...timeOrNull, description: 'Before that it does not begin.' },
      lastFailure: { anyOf: [ref('JobFailure'), { type: 'null' }] },
      retryOf: { type: ['string', 'null'], description: 'The job that it was started again for.' },
      cancelRequested: { type: 'boolean' },
      progress: { anyOf: [ref('ProgressEvent'), { type: 'null' }] },
      droppedReports: count,
      createdAt: time,
      startedAt: timeOrNull,
      endedAt: timeOrNull,
      result: { description: 'Of a job that succeeded; see the schema of its definition.' },
      failure: ref('JobFailure'),
    },
    ['maxAttempts', 'availableAt', 'lastFailure', 'retryOf', 'result', 'failure'],
  ),
  JobPoll: object(
    {
      job: ref('Job'),
      events: { type: 'array', items: ref('ProgressEvent') },
      cursor: { ...count, description: 'Send it as `after` the next time.' },
      missed: { ...count, description: 'Events that were dropped before they were read.' },
    },
    ['job'],
  ),
  JobList: object({ jobs: { type: 'array', items: ref('Job') }, rest }, ['rest']),
  PollManyRequest: object({
    polls: {
      type: 'array',
      maxItems: 1000,
      items: object({ id: { type: 'string' }, after: count, limit: count }, ['after', 'limit']),
    },
  }),
  PollManyResponse: object({ polls: { type: 'array', items: ref('JobPoll') }, rest }, ['rest']),
  Activity: object({
    queued: count,
    running: count,
    foregroundLeases: count,
    maintenance: { type: 'boolean' },
    accepting: { type: 'boolean' },
  }),
  Canceled: object({ canceled: { type: 'boolean', description: 'False when it had ended.' } }),
  Consumed: object({ consumed: { type: 'boolean', description: 'True once, then false.' } }),
  Problem: object(
    {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,99}$' },
      reference: { type: 'string', description: 'Under which the server has the whole error.' },
      retryAfterMs: { type: 'number', minimum: 0 },
    },
    ['type', 'reference', 'retryAfterMs'],
  ),
} as const satisfies Record<string, JsonSchema>;

export type ComponentName = keyof typeof componentSchemas;

export const component = (name: ComponentName): JsonSchema => ref(name);

/** What a client sends to start a job; `input` is the definition's own. */
export const startRequest = (input: JsonSchema): JsonSchema =>
  object(
    {
      input,
      exclusivityKey: { type: 'string', minLength: 1, maxLength: 1024 },
      onConflict: { enum: ['reject', 'join', 'queue', 'replace'] },
    },
    ['input', 'exclusivityKey', 'onConflict'],
  );

/**
 * The JSON Schema of a Standard Schema that has one (zod 4, valibot, arktype), by the Standard JSON
 * Schema interface; `{}`, which is anything, for others and for what JSON Schema cannot say. `id` is
 * a URI that no other schema of the document has.
 */
export function jsonSchemaOf(
  schema: StandardSchema,
  side: 'input' | 'output',
  id: string,
): JsonSchema {
  try {
    const convert: unknown = Reflect.get(
      Object(Reflect.get(schema['~standard'], 'jsonSchema')),
      side,
    );
    const made: unknown =
      typeof convert === 'function' ? convert({ target: 'draft-2020-12' }) : undefined;
    // Also leaves out what would not travel: a document is JSON.
    const text = JSON.stringify(made ?? {});
    const plain: unknown = JSON.parse(text);
    if (typeof plain !== 'object' || plain === null) return {};
    // With an id of its own its references are its own, and not the whole document's.
    return text.includes('"$ref"') ? { ...plain, $id: id } : { ...plain };
  } catch {
    return {};
  }
}

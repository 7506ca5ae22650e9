import type { AnyJobDefinition } from '@offstage/core';
import { basePathOf, definitionsOf } from './jobs-handler-options.ts';
import {
  type ComponentName,
  component,
  componentSchemas,
  type JsonSchema,
  jsonSchemaOf,
  startRequest,
} from './openapi-schemas.ts';
import { type RouteName, routes } from './routes.ts';

export interface OpenApiOptions {
  readonly definitions: readonly AnyJobDefinition[];
  /** @default '/jobs' */
  readonly basePath?: string | undefined;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly unknown[];
  /** The schema of the body, which makes it required. */
  readonly body?: JsonSchema;
  /** What a good answer holds. */
  readonly ok: { readonly status?: number; readonly type?: string; readonly schema: JsonSchema };
  /** Statuses of problems beside those of every route. */
  readonly problems?: readonly number[];
}

const query = (name: string, description: string, schema: unknown, more = {}) => ({
  name,
  in: 'query',
  description,
  schema,
  ...more,
});
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const jobId = { type: 'string', pattern: '^[\\w.:~@=+-]{1,200}$' };
const page = [
  query('after', 'The cursor of the last poll.', count),
  query('limit', 'At most this many events; 0 reads the job alone.', count),
];
const json = (name: ComponentName) => ({ schema: component(name) });
const eventText = { type: 'text/event-stream', schema: { type: 'string' } };

/** All routes but `start`, which has a path for each definition. */
const operations: Readonly<Record<Exclude<RouteName, 'start'>, Operation>> = {
  list: {
    summary: 'Your jobs, newest first.',
    parameters: [
      query(
        'status',
        'Repeat it for several.',
        {
          type: 'array',
          items: { enum: ['queued', 'running', 'succeeded', 'failed', 'canceled'] },
        },
        { explode: true },
      ),
      query('name', 'Jobs of one definition.', { type: 'string', maxLength: 100 }),
      query('limit', 'At most this many, by default 100; more than 1,000 are never given.', {
        ...count,
        minimum: 1,
      }),
      query('before', 'The id of the last job of the page before.', jobId),
      query('results', 'Whether results are in it.', { type: 'boolean', default: false }),
    ],
    ok: json('JobList'),
    problems: [400, 404],
  },
  activity: { summary: 'What stands in the way of new jobs.', ok: json('Activity') },
  ownerEvents: {
    summary: 'A stream of hints: which of your jobs changed.',
    ok: eventText,
    problems: [429],
  },
  openapi: {
    summary: 'This document.',
    ok: { type: 'application/openapi+json', schema: { type: 'object' } },
  },
  pollMany: {
    summary: 'Many polls in one request, answered in the order asked.',
    body: component('PollManyRequest'),
    ok: json('PollManyResponse'),
  },
  poll: {
    summary: 'A job and its events after a cursor.',
    parameters: page,
    ok: json('JobPoll'),
    problems: [400, 404],
  },
  consume: {
    summary: 'Releases a job that has ended.',
    ok: json('Consumed'),
    problems: [400, 403],
  },
  cancel: {
    summary: 'Asks a job to stop.',
    ok: json('Canceled'),
    problems: [400, 403],
  },
  retry: {
    summary: 'Starts a new job with the input of one that ended failed or canceled.',
    ok: { ...json('Job'), status: 201 },
    problems: [400, 403, 404, 409, 503],
  },
  jobEvents: {
    summary: 'The polls of one job as a stream of server-sent events; their id is the cursor.',
    parameters: [
      ...page,
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The cursor to go on from; goes before `after`.',
        schema: { type: 'string', pattern: '^[0-9]*$' },
      },
    ],
    ok: eventText,
    problems: [400, 404, 429],
  },
};

const idParameter = {
  name: 'id',
  in: 'path',
  required: true,
  schema: jobId,
};

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Names this one start: asked again with it, it is answered with the job it began.',
  schema: { type: 'string', minLength: 1 },
};

const problemTexts: Readonly<Record<number, string>> = {
  400: 'The request is out of form.',
  401: 'Nobody is signed in.',
  403: 'The request came from another site, or you may not do this.',
  404: 'There is no such job: unknown, released, or of somebody else.',
  408: 'The body came too slowly.',
  409: 'The exclusivity key is held by another job.',
  413: 'The body is too large.',
  415: 'The body is not application/json in UTF-8.',
  422: 'Something else was started under this Idempotency-Key.',
  429: 'Too many jobs are waiting or running, or too many streams are open.',
  500: 'The server failed; `reference` leads to the error in its log.',
  503: 'No jobs are taken now, or no more streams.',
};

/**
 * The OpenAPI 3.1 document of a handler with these definitions, as it is served at
 * `{basePath}/openapi.json`.
 *
 * @throws OffstageError `invalid_option`
 */
export function openApiDocument(options: OpenApiOptions): JsonSchema {
  const basePath = basePathOf(options.basePath ?? '/jobs');
  const definitions = definitionsOf(options.definitions);
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, operation: JsonSchema): void => {
    const key = `${basePath}${path}` || '/';
    paths[key] = { ...paths[key], [method.toLowerCase()]: operation };
  };
  for (const { name, method, path } of routes) {
    if (name === 'start') {
      for (const definition of definitions.values()) {
        add(`/${definition.name}`, method, startOperation(definition));
      }
    } else {
      const parameters = path.includes('*') ? [idParameter] : [];
      add(path.replace('*', '{id}'), method, toOpenApi(name, operations[name], parameters));
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Jobs', version: '1' },
    paths,
    components: { schemas: componentSchemas },
  };
}

function startOperation({ name, input, result }: AnyJobDefinition): JsonSchema {
  const ended: JsonSchema = {
    allOf: [component('Job')],
    properties: {
      name: { const: name },
      result: jsonSchemaOf(result, 'output', `urn:job:${name}:result`),
    },
  };
  return toOpenApi(`start.${name}`, {
    summary: `Starts a job "${name}".`,
    body: startRequest(jsonSchemaOf(input, 'input', `urn:job:${name}:input`)),
    ok: { status: 201, schema: ended },
    parameters: [idempotencyKey],
    problems: [404, 409, 422, 429],
  });
}

function toOpenApi(
  operationId: string,
  { summary, parameters = [], body, ok, problems = [] }: Operation,
  pathParameters: readonly unknown[] = [],
): JsonSchema {
  const { status = 200, type = 'application/json', schema } = ok;
  const ofBody = body === undefined ? [] : [400, 403, 408, 413, 415];
  const statuses = new Set([...problems, ...ofBody, 401, 403, 500, 503]);
  const responses: Record<string, unknown> = {
    [status]: { description: summary, content: { [type]: { schema } } },
  };
  for (const problem of statuses) {
    responses[problem] = {
      description: problemTexts[problem],
      content: { 'application/problem+json': { schema: component('Problem') } },
    };
  }
  const required = body !== undefined;
  return {
    operationId,
    summary,
    parameters: [...pathParameters, ...parameters],
    ...(required
      ? { requestBody: { required, content: { 'application/json': { schema: body } } } }
      : {}),
    responses,
  };
}

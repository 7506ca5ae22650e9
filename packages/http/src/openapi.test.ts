import { defineJob, OffstageError, type OffstageErrorCode } from '@offstage/core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JobsHandlerOptions } from './jobs-handler-options.ts';
import { openApiDocument } from './openapi.ts';
import { routes } from './routes.ts';
import {
  body,
  call,
  done,
  type Init,
  jobsServer,
  post,
  slow,
  told,
  withMethods,
} from './server.test-support.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const documentOf = (definitions = [done, slow, told]) =>
  openApiDocument({ definitions }) as unknown as Document;

test('H2 the document is OpenAPI 3.1, with the schemas of the definitions', async () => {
  const { handle } = jobsServer();
  const served = await call(handle, '/jobs/openapi.json');
  expect(served.headers.get('content-type')).toBe('application/openapi+json');
  const document = await body(served);
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  const { requestBody, responses } = document.paths['/jobs/suite.done'].post;
  expect(requestBody.content['application/json'].schema.properties.input).toMatchObject({
    properties: { n: { type: 'number' } },
  });
  expect(responses[201].content['application/json'].schema.properties.result).toMatchObject({
    properties: { doubled: { type: 'number' } },
  });
});

test('H2 a schema that JSON Schema cannot say is anything; one that refers to itself stands alone', async () => {
  const tree: z.ZodType = z.object({ leaves: z.lazy(() => z.array(tree)) });
  const odd = defineJob({
    name: 'odd',
    input: tree,
    result: z.string().transform((text) => text.length),
    phases: ['work'],
  });
  const bare = defineJob({
    name: 'bare',
    input: { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } },
    result: z.date(),
    phases: ['work'],
  });
  const document = openApiDocument({ definitions: [odd, bare] });
  expect(await new Validator().validate(structuredClone({ ...document }))).toEqual({
    valid: true,
  });
  const schemas = JSON.stringify(document);
  expect(schemas).toContain('"$id":"urn:job:odd:input"');
  expect(schemas).toContain('"result":{}');
});

test('H2 every route of the table is in the document, and nothing else', () => {
  const { paths } = documentOf();
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = routes.flatMap(({ name, method, path }) =>
    name === 'start'
      ? [done, slow, told].map((job) => `${method} /jobs/${job.name}`)
      : [`${method} /jobs${path.replace('*', '{id}')}`],
  );
  expect(documented.sort()).toEqual(known.sort());
});

const through =
  (options: Partial<JobsHandlerOptions>) =>
  (init: Init): Promise<Response> =>
    call(jobsServer(options).handle, init);

const failing = (code: OffstageErrorCode) =>
  through({ clientFor: () => Promise.reject(new OffstageError(code, 'No.')) });

/** For each status of a problem, a server that gives it to any request in form. */
const refusals: Readonly<Record<number, (init: Init) => Promise<Response>>> = {
  401: failing('invalid_owner'),
  403: failing('forbidden'),
  408(init) {
    const { handle, clock } = jobsServer();
    const answer = call(handle, { ...init, body: new ReadableStream(), duplex: 'half' });
    return clock.advance(30_000).then(() => answer);
  },
  409: failing('conflict'),
  413: through({ maxBodyBytes: 1 }),
  422: failing('idempotency_key_reused'),
  415: (init) => call(jobsServer().handle, { ...init, headers: { 'content-type': 'text/xml' } }),
  429: failing('queue_full'),
  500: failing('storage_failed'),
  503: failing('unavailable'),
};

test('H2 every documented status of every route is given by the handler, in its documented form', async () => {
  const ajv = new Ajv2020({ strict: false });
  const document = documentOf();
  ajv.addSchema({ $id: 'doc:', ...document });
  const { alice } = jobsServer();
  const running = await alice.start(slow, { n: 1 });
  const ended = await alice.start(done, { n: 1 });
  await alice.wait(ended.id);
  // The manager of these tests keeps no inputs.
  const client = withMethods(alice, {
    retry: (id: string) =>
      (id === running.id ? Promise.resolve(running) : alice.retry(id)) as never,
  });
  const { handle } = jobsServer({ clientFor: () => client });
  const seen = new Set<string>();

  const look = async (path: string, verb: string, answer: Response): Promise<void> => {
    const { status, headers } = answer;
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const what = `${verb} ${path} ${status} ${type}`;
    expect(document.paths[path]?.[verb]?.responses[status]?.content[type], what).toBeDefined();
    seen.add(`${verb} ${path} ${status}`);
    if (type === 'text/event-stream') {
      await answer.body?.cancel();
      return;
    }
    const pointer = ['paths', path, verb, 'responses', String(status), 'content', type, 'schema']
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const validate = ajv.getSchema(`doc:#/${pointer}`);
    const isValid = validate?.(await answer.json());
    expect(isValid, `${what}: ${ajv.errorsText(validate?.errors)}`).toBe(true);
  };

  const documented: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [verb, { operationId, responses }] of Object.entries(operations)) {
      documented.push(...Object.keys(responses).map((status) => `${verb} ${path} ${status}`));
      const json =
        operationId === 'pollMany' ? { polls: [{ id: running.id }] } : { input: { n: 1 } };
      const init = (id: string, sent: unknown = json): Init => {
        const to = path.replace('{id}', id);
        const hasBody = verb === 'post' && !path.includes('{id}');
        return hasBody ? post(to, sent) : { path: to, method: verb.toUpperCase() };
      };
      const requests = [running.id, ended.id, 'unknown', 'no%20id'].map((id) => init(id));
      if (operationId === 'list') {
        requests.push({ path: `${path}?status=none` }, { path: `${path}?before=nobody` });
      }
      if (verb === 'post') requests.push(init(running.id, { polls: 1, exclusivityKey: 1 }));
      for (const request of requests) await look(path, verb, await call(handle, request));
      if (operationId.startsWith('start.')) {
        await look(path, verb, await failing('unknown_definition')(init('')));
      }
      for (const [status, refuse] of Object.entries(refusals)) {
        if (responses[status] !== undefined) await look(path, verb, await refuse(init(running.id)));
      }
    }
  }
  expect(documented.filter((each) => !seen.has(each))).toEqual([]);
});

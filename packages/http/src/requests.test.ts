import { OffstageError } from '@offstage/core';
import { describe, expect, test } from 'vitest';
import { createJobsHandler } from './jobs-handler.ts';
import { JsonText } from './json-text.ts';
import {
  body,
  call,
  done,
  jobsServer,
  origin,
  post,
  slow,
  told,
  withMethods,
} from './server.test-support.ts';
import { joined } from './text.ts';

describe('H2 methods and addresses', () => {
  test.each([
    ['/jobs', 'GET, HEAD, OPTIONS'],
    ['/jobs/activity', 'GET, HEAD, OPTIONS'],
    ['/jobs/events', 'GET, HEAD, OPTIONS'],
    ['/jobs/openapi.json', 'GET, HEAD, OPTIONS'],
    ['/jobs/poll', 'POST, OPTIONS'],
    ['/jobs/some-id', 'POST, GET, HEAD, DELETE, OPTIONS'],
    ['/jobs/some-id/cancel', 'POST, OPTIONS'],
    ['/jobs/some-id/events', 'GET, HEAD, OPTIONS'],
  ])('H2 %s takes %s', async (path, allow) => {
    const { handle } = jobsServer();
    const options = await call(handle, path, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow]);
    const refused = await call(handle, path, { method: 'PATCH' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, allow]);
    expect(await body(refused)).toMatchObject({ status: 405, code: 'invalid_input' });
  });

  test.each([
    '/',
    '/job',
    '/jobsx',
    '/jobs/',
    '/jobs//',
    '/jobs/a/b',
    '/jobs/a/cancel/',
    '/jobs/*/x',
  ])('H2 there is nothing at %s', async (path) => {
    const { handle } = jobsServer();
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      const answer = await call(handle, path, { method });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await body(answer)).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  test('H2 HEAD answers as GET does, without a body, and opens no stream', async () => {
    const { handle, alice, clock } = jobsServer();
    const { id } = await alice.start(slow, { n: 1 });
    const timers = clock.pending;
    for (const path of [
      '/jobs',
      `/jobs/${id}`,
      `/jobs/${id}/events`,
      '/jobs/events',
      '/jobs/none',
    ]) {
      const get = await call(handle, path);
      void get.body?.cancel();
      const head = await call(handle, path, { method: 'HEAD' });
      expect([path, head.status]).toEqual([path, get.status]);
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
      expect(head.body).toBe(null);
    }
    expect(clock.pending).toBe(timers);
  });

  test('H1 it answers below its base path alone', async () => {
    for (const [basePath, prefix] of [
      ['/', ''],
      ['/api/v1/jobs', '/api/v1/jobs'],
    ] as const) {
      const { handle, alice } = jobsServer({ basePath });
      const { id } = await alice.start(done, { n: 1 });
      expect((await call(handle, `${prefix}/${id}`)).status).toBe(200);
      const started = await call(handle, post(`${prefix}/suite.done`, { input: { n: 1 } }));
      expect(started.headers.get('location')).toMatch(new RegExp(`^${prefix}/[\\w-]{22}$`));
      expect((await call(handle, `${prefix}/activity`)).status).toBe(200);
    }
    expect((await call(jobsServer({ basePath: '/' }).handle, '/')).status).toBe(200);
  });

  test('H2 many polls are answered in the order asked, unknown and foreign ones like nothing', async () => {
    const { handle, alice, bob } = jobsServer();
    const mine = await alice.start(slow, { n: 1 });
    const foreign = await bob.start(slow, { n: 1 });
    const ids = ['no/id at all', foreign.id, mine.id, 'unknown', '', mine.id];
    const polls = ids.map((id, index) => ({ id, after: index % 2, limit: 5 }));
    const answer = await body(await call(handle, post('/jobs/poll', { polls })));
    const nothing = (cursor: number) => ({ events: [], cursor, missed: 0 });
    expect(answer.polls).toEqual([
      nothing(0),
      nothing(1),
      expect.objectContaining({ job: expect.objectContaining({ id: mine.id }), cursor: 1 }),
      nothing(1),
      nothing(0),
      expect.objectContaining({ job: expect.anything(), events: [], cursor: 1 }),
    ]);
    expect(await body(await call(handle, post('/jobs/poll', { polls: [] })))).toEqual({
      polls: [],
    });
  });
});

describe('H2 errors are problem details', () => {
  test('H2 H5 coded errors keep their code, and get the status that fits', async () => {
    const { handle, manager, alice } = jobsServer({}, { maxActivePerOwner: 2 });
    const start = (name: string, json: unknown) => call(handle, post(`/jobs/${name}`, json));
    const problem = async (answer: Response) => [answer.status, (await body(answer)).code];
    expect(await problem(await start('unknown', { input: 1 }))).toEqual([
      404,
      'unknown_definition',
    ]);
    expect(await problem(await start('suite.slow', { input: { n: 'x' } }))).toEqual([
      400,
      'invalid_input',
    ]);
    const key = { input: { n: 1 }, exclusivityKey: 'corpus' };
    expect((await start('suite.slow', key)).status).toBe(201);
    expect(await problem(await start('suite.slow', key))).toEqual([409, 'conflict']);
    expect(
      await problem(await start('suite.slow', { input: { n: 1 }, exclusivityKey: '' })),
    ).toEqual([400, 'invalid_option']);
    await alice.start(slow, { n: 1 });
    const full = await start('suite.slow', { input: { n: 1 } });
    expect(full.headers.get('retry-after')).toBe('5');
    expect(await body(full)).toMatchObject({ status: 429, code: 'queue_full', retryAfterMs: 5000 });
    await manager.shutdown({ graceMs: 1 });
    const closed = await start('suite.slow', { input: { n: 1 } });
    expect(closed.headers.get('retry-after')).toBe('5');
    expect(await problem(closed)).toEqual([503, 'manager_closed']);
  });

  test('H2 what a client says about waiting is passed on, in whole seconds', async () => {
    const base = jobsServer();
    const failing = withMethods(base.alice, {
      list: async () => {
        throw new OffstageError('admission_paused', 'Later.', { details: { retryAfterMs: 1200 } });
      },
    });
    const { handle } = jobsServer({ clientFor: () => failing });
    const answer = await call(handle, '/jobs');
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await body(answer)).toMatchObject({ status: 503, title: 'Later.', retryAfterMs: 1200 });
  });

  test.each([
    ['an error', new Error('password=hunter2 in /srv/secret.ts'), 500],
    ['a coded error that is the server’s own', new OffstageError('storage_failed', '/srv/x'), 500],
    ['an executor’s', new OffstageError('executor_failed', 'Cannot load /srv/jobs.ts'), 500],
    ['an engine that is away', new OffstageError('unavailable', 'redis://u:p@10.0.0.1'), 503],
    ['a Redis that takes nothing', new OffstageError('redis_unsuitable', 'redis is full'), 503],
    ['no error at all', 'hunter2', 500],
  ])('H5 %s is told by a reference alone, and reported', async (_, error, status) => {
    const base = jobsServer();
    const failing = withMethods(base.alice, { list: () => Promise.reject(error) });
    const { handle, errors } = jobsServer({ clientFor: () => failing });
    const answer = await call(handle, '/jobs');
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(text).not.toMatch(/hunter2|srv|redis/);
    expect(errors).toEqual([{ error, reference: JSON.parse(text).reference }]);
  });

  test('H5 a listener of errors that fails harms nobody', async () => {
    const failing = () => {
      throw new Error('a');
    };
    for (const onError of [failing, async () => failing()]) {
      const { handle } = jobsServer({ clientFor: failing, onError });
      expect((await call(handle, '/jobs')).status).toBe(500);
    }
  });

  test('H2 a job whose result is no JSON takes no other along', async () => {
    const { handle, alice, running, errors } = jobsServer();
    const { id } = await body(await call(handle, post('/jobs/suite.told', { input: 1 })));
    const other = await alice.start(slow, { n: 1 });
    running[0]?.finish({ at: new Date() });
    await alice.wait(id);
    const answer = await body(
      await call(handle, post('/jobs/poll', { polls: [{ id }, { id: other.id }] })),
    );
    expect(answer.polls[0].job).toMatchObject({
      status: 'failed',
      failure: {
        code: 'not_serializable',
        message: expect.stringContaining('(at result.at)'),
        reference: errors[0]?.reference,
      },
    });
    expect(answer.polls[1].job).toMatchObject({ status: 'running' });
    expect((await body(await call(handle, '/jobs'))).jobs).toHaveLength(2);
    expect(errors).toHaveLength(1);
    expect((await alice.get(id))?.status).toBe('succeeded');
  });

  test.each<[string, unknown]>([
    ['throws as it is made into text', hidden('toJSON', () => refuse(new RangeError('no')))],
    ['throws nothing that can be read', hidden('toJSON', () => refuse(Object.create(null)))],
    ['says that it is something else', hidden('toJSON', () => 5n)],
  ])('H2 F1 a result that %s shows so, wherever its job is asked for', async (_, result) => {
    const { handle, alice, running, errors } = jobsServer();
    const { id } = await alice.start(told, null);
    running[0]?.finish(result);
    await alice.wait(id);
    const failed = { status: 'failed', failure: { code: 'not_serializable' } };
    expect((await body(await call(handle, `/jobs/${id}`))).job).toMatchObject(failed);
    const list = await body(await call(handle, '/jobs?results=true'));
    expect(list.jobs).toMatchObject([failed]);
    const stream = await (await call(handle, `/jobs/${id}/events`)).text();
    expect(stream).toContain('"code":"not_serializable"');
    expect(errors).toHaveLength(1);
  });

  test('H2 F1 a result of a longer text than there can be shows so', async () => {
    const { alice, running } = jobsServer();
    const { id } = await alice.start(told, null);
    running[0]?.finish('x'.repeat(2000));
    const view = await alice.wait(id);
    const errors: unknown[] = [];
    const textOf = (maxLength: number): string =>
      joined(new JsonText((error) => `ref ${errors.push(error)}`, maxLength).view(view));
    expect(JSON.parse(textOf(2000))).toMatchObject({
      status: 'failed',
      failure: { code: 'not_serializable', reference: 'ref 1' },
    });
    expect(errors).toMatchObject([{ name: 'RangeError' }]);
    expect(JSON.parse(textOf(3000))).toMatchObject({ status: 'succeeded' });
  });
});

describe('H1 who asks', () => {
  test('H1 a response of clientFor is the answer, and no body is read before', async () => {
    const { handle } = jobsServer({
      clientFor: async () => new Response('Sign in.', { status: 401, headers: { 'x-app': '1' } }),
    });
    const request = new Request(`${origin}/jobs/poll`, post('/jobs/poll', { polls: [] }));
    const answer = await handle(request);
    expect([answer.status, answer.headers.get('x-app'), await answer.text()]).toEqual([
      401,
      '1',
      'Sign in.',
    ]);
    expect(request.bodyUsed).toBe(false);
  });

  test('H1 H5 no owner, no jobs', async () => {
    const unsigned = jobsServer({ clientFor: () => jobsServer().manager.forOwner('') });
    const answer = await call(unsigned.handle, '/jobs');
    expect(answer.status).toBe(401);
    expect(await body(answer)).toMatchObject({ code: 'unauthorized' });
    // @ts-expect-error: nothing is neither a client nor a refusal.
    const nobody = jobsServer({ clientFor: () => undefined });
    expect((await call(nobody.handle, '/jobs')).status).toBe(500);
    expect(nobody.errors).toHaveLength(1);
  });

  test('H5 every answer forbids caches and sniffing, and allows no other origin', async () => {
    const { handle } = jobsServer();
    for (const path of ['/jobs', '/jobs/none', '/nowhere', '/jobs/events', '/jobs/openapi.json']) {
      const { headers, body: stream } = await call(handle, path);
      expect(headers.get('cache-control')).toMatch(/^no-store/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('vary')).toContain('cookie');
      expect(headers.has('access-control-allow-origin')).toBe(false);
      await stream?.cancel();
    }
  });
});

test.each([
  ['a job named like a path', { definitions: [{ ...done, name: 'poll' }] }],
  ['two jobs of one name', { definitions: [done, done] }],
  ['no definitions', { definitions: undefined }],
  ['a definition that is none', { definitions: [{}] }],
  ['no clientFor', { clientFor: undefined }],
  ['a relative base path', { basePath: 'jobs' }],
  ['a base path that ends in a slash', { basePath: '/jobs/' }],
  ['a base path with a pattern', { basePath: '/jobs/*' }],
  ['an origin with a path', { allowedOrigins: ['https://a.example/x'] }],
  ['an origin that is none', { allowedOrigins: ['*'] }],
  ['a negative limit', { maxBodyBytes: -1 }],
  ['half a stream', { maxStreams: 0.5 }],
  ['a heartbeat that never rests', { heartbeatMs: 0 }],
  ['no number', { maxStreamMs: Number.NaN }],
])('H1 %s is refused at once', (_, options) => {
  const create = () =>
    createJobsHandler({
      definitions: [done],
      clientFor: () => new Response(),
      ...(options as object),
    });
  expect(create).toThrow(expect.objectContaining({ code: 'invalid_option' }));
});

/** Only found by who asks for it by name. */
function hidden(name: string, value: unknown): object {
  return Object.defineProperty({ plain: true }, name, { value });
}

function refuse(error: unknown): never {
  throw error;
}

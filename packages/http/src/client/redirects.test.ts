import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JobObserver } from '@offstage/core/observe';
import { settle } from '@offstage/core/testing';
import { expect, test } from 'vitest';
import { HttpJobClient } from './http-job-client.ts';
import { type Answer, jobOf, json, page, scriptedHttp } from './scripted-fetch.test-support.ts';

/** An answer as fetch gives it, whose own constructor makes no such thing. */
const fetched = (response: Response, facts: Readonly<Record<string, unknown>>): Response =>
  Object.defineProperties(
    response,
    Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value }])),
  );

const moves: Readonly<Record<string, () => Answer>> = {
  'one that fetch hides': () =>
    fetched(new Response(null), { type: 'opaqueredirect', status: 0, ok: false }),
  'a 302': () => page(302, { headers: { location: '/login' } }),
  'a 303': () => page(303, { headers: { location: '/login' } }),
  'a 307 with a problem in it': () =>
    json({ title: 'x', code: 'unavailable', status: 503 }, { status: 307 }),
  'a page that a fetch of the application’s own went to': () =>
    fetched(page(200), { redirected: true }),
};

test.each(Object.entries(moves))(
  'U3 H4 a redirect is unauthorized, and nothing is asked again: %s',
  async (_, answer) => {
    const { client, clock, requests, script } = scriptedHttp({ streaming: false });
    script.answer = answer();
    const observer = new JobObserver(client, 'a');
    const stop = observer.subscribe(() => undefined);
    await settle();
    expect(observer.getSnapshot()).toMatchObject({
      error: { code: 'unauthorized' },
      isPending: false,
    });
    await clock.advance(3_600_000);
    expect(requests).toHaveLength(1);
    stop();
  },
);

test('U3 H4 hints stop at a redirect as well', async () => {
  const { client, clock, requests, script } = scriptedHttp();
  script.answer = page(302, { headers: { location: '/login' } });
  const stop = client.watch?.(undefined, () => undefined);
  await import('./hint-stream.ts');
  await settle();
  await clock.advance(3_600_000);
  expect(requests.map(({ url }) => url)).toEqual(['/jobs/events']);
  stop?.();
});

test('U3 H4 a real fetch follows no redirect to a sign-in page', async () => {
  const paths: string[] = [];
  const server = createServer((incoming, outgoing) => {
    paths.push(incoming.url ?? '');
    outgoing.writeHead(302, { location: '/login' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new HttpJobClient({ baseUrl: `http://127.0.0.1:${port}/jobs` });
  await expect(client.list()).rejects.toMatchObject({ code: 'unauthorized' });
  expect(paths).toEqual(['/jobs?']);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

test('J3 H4 a start without an answer is asked again once, with the same key', async () => {
  const { client, requests, script } = scriptedHttp({ streaming: false });
  const lost = new TypeError('fetch failed');
  script.answer = () => {
    if (requests.length < 2) throw lost;
    return json(jobOf('a'), { status: 201 });
  };
  const definition = { name: 'n' } as Parameters<typeof client.start>[0];
  expect((await client.start(definition, {})).id).toBe('a');
  const keys = requests.map(({ headers }) => headers.get('idempotency-key'));
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^"(\d+-){3}\d+"$/);
  expect(keys[1]).toBe(keys[0]);
  script.answer = json(jobOf('b'), { status: 201 });
  await client.start(definition, {});
  expect(requests[2]?.headers.get('idempotency-key')).not.toBe(keys[0]);
  script.answer = json({ title: 'Full.', code: 'queue_full', status: 429 }, { status: 429 });
  await expect(client.start(definition, {})).rejects.toMatchObject({ code: 'queue_full' });
  expect(requests).toHaveLength(4);
});

test.each([408, 502, 504])(
  'J3 H4 a start that a proxy answers with %i, as it had no answer, is asked again with the same key',
  async (status) => {
    const { client, requests, script } = scriptedHttp({ streaming: false });
    script.answer = () => (requests.length < 2 ? page(status) : json(jobOf('a'), { status: 201 }));
    const definition = { name: 'n' } as Parameters<typeof client.start>[0];
    expect((await client.start(definition, {}, { idempotencyKey: 'é' })).id).toBe('a');
    expect(requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual([
      '%"%c3%a9"',
      '%"%c3%a9"',
    ]);
  },
);

test.each([
  [page(200), /web page came instead of jobs.*sign-in/],
  [page(502), /web page.*status 502.*proxy/],
  [page(401), /Sign in/],
  [page(403), /may not/],
  [page(302), /sign-in/],
  [new Response(null, { status: 204 }), /status 204/],
])('H5 an answer that is none says what it is: %#', async (answer, text) => {
  const { client, script } = scriptedHttp({ streaming: false });
  script.answer = answer;
  await expect(client.list()).rejects.toThrow(text);
});

test('H4 H5 what had no room in an answer is asked for again', async () => {
  const { client, requests, script } = scriptedHttp({ streaming: false });
  script.answer = ({ body }) => {
    const [{ id } = { id: '' }] = (body as { polls: { id: string }[] }).polls;
    const isLast = requests.length === 3;
    return json({
      polls: [{ job: jobOf(id), events: [], cursor: 0, missed: 0 }],
      ...(!isLast && { rest: true }),
    });
  };
  const polls = await client.pollMany([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  expect(polls.map(({ job }) => job?.id)).toEqual(['a', 'b', 'c']);
  script.answer = json({ polls: [], rest: true });
  await expect(client.pollMany([{ id: 'a' }])).rejects.toMatchObject({ code: 'invalid_response' });
  script.answer = ({ url }) =>
    json(url.includes('before') ? { jobs: [jobOf('b')] } : { jobs: [jobOf('a')], rest: true });
  expect((await client.list({ results: true })).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(requests.at(-1)?.url).toBe('/jobs?results=true&limit=99&before=a');
});

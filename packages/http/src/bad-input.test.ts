import { settle } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { body, call, type Init, jobsServer, origin, post, slow } from './server.test-support.ts';

const json = { 'content-type': 'application/json' };
const text = (content: string, headers: Record<string, string> = json): Init => ({
  path: '/jobs/poll',
  method: 'POST',
  body: content,
  headers,
});

/** A body that a test sends piece by piece. */
function sendBody(headers: Record<string, string> = json) {
  const sent = { pulls: 0, canceled: false };
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
      },
      pull: () => void sent.pulls++,
      cancel() {
        sent.canceled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const init: Init = { path: '/jobs/poll', method: 'POST', body: stream, headers, duplex: 'half' };
  const send = (bytes: Uint8Array): void => controller?.enqueue(bytes);
  return { init, sent, send, fail: () => controller?.error(new Error('cut')) };
}

describe('H5 bodies', () => {
  test('H5 a body over the limit is refused before it is read whole', async () => {
    const { handle } = jobsServer({ maxBodyBytes: 1000 });
    const endless = sendBody();
    const answer = call(handle, endless.init);
    for (let sent = 0; sent < 10; sent += 1) {
      await settle();
      if (!endless.sent.canceled) endless.send(new Uint8Array(300).fill(0x20));
    }
    expect((await answer).status).toBe(413);
    expect(endless.sent).toEqual({ pulls: 4, canceled: true });
  });

  test('H5 a length over the limit is believed, one below it is not', async () => {
    const { handle } = jobsServer({ maxBodyBytes: 1000 });
    const announced = sendBody({ ...json, 'content-length': '1001' });
    expect((await call(handle, announced.init)).status).toBe(413);
    expect(announced.sent.pulls).toBe(0);
    const lying = sendBody({ ...json, 'content-length': '5' });
    const answer = call(handle, lying.init);
    await settle();
    lying.send(new Uint8Array(1001));
    expect((await answer).status).toBe(413);
    for (const length of ['x', '-1', '1e9999', '']) {
      const { status } = await call(
        handle,
        text('{"polls":[]}', { ...json, 'content-length': length }),
      );
      expect([length, status]).toEqual([length, length === '1e9999' ? 413 : 200]);
    }
  });

  test('H5 a body of exactly the limit is read', async () => {
    const { handle } = jobsServer({ maxBodyBytes: 1000 });
    expect((await call(handle, text('{"polls":[]}'.padEnd(1000)))).status).toBe(200);
    expect((await call(handle, text('{"polls":[]}'.padEnd(1001)))).status).toBe(413);
  });

  test('H5 a slow sender has bodyTimeoutMs for all of it', async () => {
    const { handle, clock } = jobsServer({ bodyTimeoutMs: 1000 });
    const timers = clock.pending;
    const slowly = sendBody();
    const answer = call(handle, slowly.init);
    for (let sent = 0; sent < 9; sent += 1) {
      await clock.advance(100);
      slowly.send(new Uint8Array([0x20]));
    }
    expect(slowly.sent.canceled).toBe(false);
    await clock.advance(100);
    expect((await answer).status).toBe(408);
    expect(slowly.sent.canceled).toBe(true);
    expect(clock.pending).toBe(timers);
  });

  test('H5 a body that breaks off leaves nothing behind', async () => {
    const { handle, clock } = jobsServer();
    const timers = clock.pending;
    const cut = sendBody();
    const answer = call(handle, cut.init);
    await settle();
    cut.fail();
    expect((await answer).status).toBe(400);
    expect(clock.pending).toBe(timers);
  });

  test.each([
    [undefined, 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/jsonp', 415],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=latin1', 415],
    ['application/json, text/plain', 415],
    ['application/json', 200],
    ['APPLICATION/JSON;charset=UTF-8', 200],
    ['application/json; charset="utf8"; version=1', 200],
  ])('H5 content type %s gives %i', async (type, status) => {
    const { handle } = jobsServer();
    const request = new Request(`${origin}/jobs/poll`, { method: 'POST', body: '{"polls":[]}' });
    request.headers.delete('content-type');
    if (type !== undefined) request.headers.set('content-type', type);
    expect((await handle(request)).status).toBe(status);
  });

  test('H5 a compressed body is refused, as its size is not known', async () => {
    const { handle } = jobsServer();
    const gzip = text('{"polls":[]}', { ...json, 'content-encoding': 'gzip' });
    expect((await call(handle, gzip)).status).toBe(415);
  });

  test.each([
    ['nothing', ''],
    ['half of it', '{"polls":'],
    ['a word', 'null'],
    ['a list', '[]'],
    ['another form', '{"polls":{}}'],
    ['an entry that is none', '{"polls":[1]}'],
    ['an id that is none', '{"polls":[{"id":7}]}'],
    ['a negative cursor', '{"polls":[{"id":"a","after":-1}]}'],
    ['half a cursor', '{"polls":[{"id":"a","after":0.5}]}'],
    ['a huge cursor', '{"polls":[{"id":"a","after":1e300}]}'],
    ['a cursor in words', '{"polls":[{"id":"a","after":"1"}]}'],
    ['no number', '{"polls":[{"id":"a","after":NaN}]}'],
    [
      'too many polls',
      JSON.stringify({ polls: Array.from({ length: 1001 }, () => ({ id: 'a' })) }),
    ],
    ['what is nested too deep', `{"polls":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['a bomb of brackets', '['.repeat(1_000_000)],
  ])('H5 %s is no list of polls', async (_, content) => {
    const { handle, errors } = jobsServer();
    const answer = await call(handle, text(content));
    expect(answer.status).toBe(400);
    expect(await body(answer)).toMatchObject({ code: 'invalid_input' });
    expect(errors).toEqual([]);
  });

  test('H5 what is not UTF-8 is refused, and not mended', async () => {
    const { handle } = jobsServer();
    const init = { ...text(''), body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) };
    expect((await call(handle, init)).status).toBe(400);
  });

  test('H5 brackets within strings do not count as depth', async () => {
    const { handle } = jobsServer();
    const id = '[{"\\'.repeat(1000);
    const answer = await call(handle, text(JSON.stringify({ polls: [{ id }] })));
    expect(answer.status).toBe(200);
  });

  test('H5 __proto__ and doubled keys are data like any other', async () => {
    const { handle, alice } = jobsServer();
    const content =
      '{"input":{"n":1},"input":{"n":2,"__proto__":{"admin":true}},"__proto__":{"x":1}}';
    const answer = await call(handle, { ...text(content), path: '/jobs/suite.told' });
    expect(answer.status).toBe(201);
    expect(Reflect.get({}, 'admin')).toBe(undefined);
    expect(await alice.list()).toHaveLength(1);
    for (const key of ['__proto__', 'constructor', 'toString']) {
      expect((await call(handle, post(`/jobs/${key}`, { input: 1 }))).status).toBe(404);
      expect((await call(handle, `/jobs/${key}`)).status).toBe(404);
    }
  });
});

describe('H5 addresses', () => {
  test.each([
    '/jobs/%',
    '/jobs/%zz',
    '/jobs/%ff',
    '/jobs/a%2Fb',
    '/jobs/a%00b',
    '/jobs/%20',
    `/jobs/${'a'.repeat(201)}`,
    '/jobs/%E2%82%AC',
    '/jobs/a%0d%0aset-cookie:x',
  ])('H5 %s holds no id', async (path) => {
    const { handle } = jobsServer();
    expect((await call(handle, path)).status).toBe(400);
    expect((await call(handle, path, { method: 'DELETE' })).status).toBe(400);
    expect((await call(handle, `${path}/cancel`, { method: 'POST' })).status).toBe(400);
    expect((await call(handle, `${path}/events`)).status).toBe(400);
  });

  test.each(['-1', '1.5', 'NaN', 'Infinity', '1e3', '0x1', '+1', ' 1', '', '99999999999999999999'])(
    'H5 "%s" is no cursor',
    async (cursor) => {
      const { handle, alice } = jobsServer();
      const { id } = await alice.start(slow, { n: 1 });
      const asked = new URLSearchParams({ after: cursor });
      for (const path of [`/jobs/${id}?${asked}`, `/jobs/${id}/events?${asked}`]) {
        expect((await call(handle, path)).status).toBe(400);
      }
      expect((await call(handle, `/jobs/${id}?limit=${encodeURIComponent(cursor)}`)).status).toBe(
        400,
      );
      const header = await call(handle, `/jobs/${id}/events`, {
        headers: { 'last-event-id': cursor },
      });
      // A header is trimmed on its way, and an empty one is none.
      expect(header.status).toBe(cursor.trim() === '' || cursor === ' 1' ? 200 : 400);
      await header.body?.cancel();
    },
  );

  test('H5 what is asked for twice, or by no known status, is refused', async () => {
    const { handle } = jobsServer();
    for (const query of ['status=done', 'status=', 'name=a&name=b', `name=${'a'.repeat(101)}`]) {
      expect((await call(handle, `/jobs?${query}`)).status).toBe(400);
    }
    expect((await call(handle, '/jobs/some-id?after=1&after=2')).status).toBe(400);
    expect((await call(handle, '/jobs?status=queued&status=queued&more=1')).status).toBe(200);
  });
});

describe('H5 other sites', () => {
  const change = (headers: Record<string, string>): Init[] => [
    post('/jobs/suite.slow', { input: { n: 1 } }, { headers }),
    post('/jobs/poll', { polls: [] }, { headers }),
    post('/jobs/some-id/cancel', undefined, { headers }),
    { path: '/jobs/some-id', method: 'DELETE', headers },
  ];
  const host = 'app.example';

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'something else' }],
    [{ 'sec-fetch-site': 'cross-site', origin: `https://${host}`, host }],
    [{ origin: 'https://evil.example', host }],
    [{ origin: `https://${host}:8443`, host }],
    [{ origin: 'null', host }],
    [{ origin: 'https://evil.example' }],
  ])('H5 nothing is changed for %j', async (headers) => {
    let asked = 0;
    const { handle, alice } = jobsServer({
      clientFor: () => {
        asked += 1;
        return new Response();
      },
    });
    for (const init of change(headers as Record<string, string>)) {
      const answer = await call(handle, init);
      expect(answer.status).toBe(403);
      expect(await body(answer)).toMatchObject({ code: 'forbidden' });
    }
    expect(asked).toBe(0);
    expect(await alice.list()).toEqual([]);
    expect(
      (await call(handle, '/jobs', { headers: headers as Record<string, string> })).status,
    ).toBe(200);
  });

  test.each([
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: `https://${host}`, host }],
    [{ origin }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://friend.example' }],
    [{ origin: 'https://friend.example', host }],
    [{}],
  ])('H5 %j may change jobs', async (headers) => {
    const { handle } = jobsServer({ allowedOrigins: ['https://friend.example'] });
    const answers = [];
    for (const init of change(headers as Record<string, string>)) {
      answers.push((await call(handle, init)).status);
    }
    expect(answers).toEqual([201, 200, 200, 200]);
  });
});

test('H5 J4 a foreign id gets the answer of an unknown one, byte by byte, for the same work', async () => {
  const calls: string[] = [];
  const base = jobsServer();
  const foreign = await base.bob.start(slow, { n: 1 });
  const spied = new Proxy(base.alice, {
    get: (client, name) => {
      calls.push(String(name));
      const value: unknown = Reflect.get(client, name);
      return typeof value === 'function' ? value.bind(client) : value;
    },
  });
  const { handle } = jobsServer({ clientFor: () => spied });
  const unknown = 'x'.repeat(foreign.id.length);
  const requests = (id: string): Init[] => [
    { path: `/jobs/${id}` },
    { path: `/jobs/${id}?after=3&limit=0` },
    { path: `/jobs/${id}/events` },
    post(`/jobs/${id}/cancel`),
    { path: `/jobs/${id}`, method: 'DELETE' },
    post('/jobs/poll', { polls: [{ id, after: 4 }] }),
  ];
  const seen = async (id: string) => {
    calls.length = 0;
    const answers = [];
    for (const init of requests(id)) {
      const answer = await call(handle, init);
      answers.push([answer.status, [...answer.headers], await answer.text()]);
    }
    return { answers, calls: calls.filter((name) => name !== 'then') };
  };
  expect(await seen(foreign.id)).toEqual(await seen(unknown));
  expect((await base.bob.get(foreign.id))?.cancelRequested).toBe(false);
});

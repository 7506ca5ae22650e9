import { type Clock, defineJob, OffstageError } from '@offstage/core';
import { settle, simulatedClock } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { HttpJobClient } from './http-job-client.ts';
import {
  type Answer,
  jobOf,
  json,
  page,
  pollsOf,
  rejectionOf,
  scriptedHttp,
} from './scripted-fetch.test-support.ts';

const work = defineJob({
  name: 'work.some',
  input: z.object({ at: z.unknown() }),
  result: z.unknown(),
  phases: ['p'],
});

describe('requests', () => {
  test('H2 H4 each method asks its route', async () => {
    const { client, requests, script } = scriptedHttp({ baseUrl: 'https://api.example.com/jobs/' });
    script.answer = json(jobOf('a'), { status: 201 });
    await client.start(work, { at: 1 }, { exclusivityKey: 'k' });
    script.answer = pollsOf;
    await client.pollMany([{ id: 'a', after: 3, limit: 5 }, { id: 'ä/?#' }]);
    expect((await client.get('a'))?.id).toBe('a');
    script.answer = json({ jobs: [] });
    await client.list({ status: ['failed', 'running'], name: 'work.some' });
    script.answer = json({ jobs: [] });
    await client.list();
    script.answer = json({ canceled: true });
    expect(await client.cancel('a:1')).toBe(true);
    script.answer = json({ consumed: true });
    expect(await client.consume('a')).toBe(true);
    expect(requests.map(({ method, url }) => `${method} ${url.slice(23)}`)).toEqual([
      'POST /jobs/work.some',
      'POST /jobs/poll',
      'POST /jobs/poll',
      'GET /jobs?name=work.some&status=failed&status=running',
      'GET /jobs?',
      'POST /jobs/a%3A1/cancel',
      'DELETE /jobs/a',
    ]);
    expect(requests[0]?.body).toEqual({ input: { at: 1 }, exclusivityKey: 'k' });
    expect(requests[1]?.body).toEqual({
      polls: [{ id: 'a', after: 3, limit: 5 }, { id: 'ä/?#' }],
    });
    const types = requests.map(({ method, headers }) => [method, headers.get('content-type')]);
    expect(types.filter(([method]) => method === 'GET')).toEqual([
      ['GET', null],
      ['GET', null],
    ]);
    // What changes something and has no type passes for a form (H5).
    expect(types.filter(([method]) => method !== 'GET').map(([, type]) => type)).toEqual(
      Array(5).fill('application/json'),
    );
    expect(requests[5]?.body).toEqual({});
    expect(requests[6]?.body).toBe(undefined);
  });

  test('H4 headers are asked for each time, and credentials go along', async () => {
    let token = 0;
    const { client, requests, script } = scriptedHttp({
      headers: async () => ({ authorization: `Bearer ${++token}` }),
      credentials: 'include',
    });
    script.answer = pollsOf;
    await client.get('a');
    await client.get('a');
    expect(requests.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer 1',
      'Bearer 2',
    ]);
    expect(requests[0]?.credentials).toBe('include');
    expect(scriptedHttp().requests).toEqual([]);
  });

  test('H4 a token that cannot be had fails the request, as a network that is down', async () => {
    const cause = new Error('no token');
    const { client } = scriptedHttp({ headers: () => Promise.reject(cause) });
    expect(await rejectionOf(client.get('a'))).toMatchObject({ code: 'unavailable', cause });
  });

  test('H4 ids that cannot be are answered without a request', async () => {
    const { client, requests } = scriptedHttp();
    for (const id of ['', '.', '..', '../poll', 'a b', '\ud800', 'x'.repeat(201)]) {
      expect(await client.cancel(id)).toBe(false);
      expect(await client.consume(id)).toBe(false);
    }
    expect(await client.list({ status: [] })).toEqual([]);
    expect(requests).toEqual([]);
  });

  test.each([
    ['one of 2 MB', ['x'.repeat(2_000_000)]],
    ['hundreds of 10 kB', Array.from({ length: 500 }, (_, n) => `${n}`.padEnd(10_000, '/'))],
    ['half a letter', ['\ud800']],
    ['the name of a prototype', ['__proto__']],
  ])('J4 H4 H5 ids that cannot be spoil no poll of others: %s', async (_, ids) => {
    const { client, requests, script } = scriptedHttp();
    script.answer = ({ body }) => {
      const { polls } = body as { polls: { id: string; after: number }[] };
      return json({
        polls: polls.map(({ id, after }) => ({
          ...(id === 'job' && { job: jobOf(id) }),
          ...{ events: [], cursor: after, missed: 0 },
        })),
      });
    };
    const asked = [...ids, 'job'].map((id) => ({ id, after: 7 }));
    const polls = await client.pollMany(asked);
    expect(polls.at(-1)).toMatchObject({ job: { id: 'job' }, cursor: 7 });
    expect(polls).toHaveLength(asked.length);
    // What the server reads at least of a body is far more.
    expect(JSON.stringify(requests[0]?.body).length).toBeLessThan(200_000);
  });

  test('J4 H4 a 404 for a job is a no, and any other failure an error', async () => {
    const { client, script } = scriptedHttp();
    const problem =
      (status: number, code: string): Answer =>
      () =>
        json({ title: 'T', status, code }, { status });
    script.answer = problem(404, 'not_found');
    expect(await client.cancel('a')).toBe(false);
    expect(await client.consume('a')).toBe(false);
    script.answer = problem(503, 'manager_closed');
    expect(await rejectionOf(client.cancel('a'))).toMatchObject({ code: 'manager_closed' });
  });

  test.each([null, {}, [], { canceled: 'no' }, { ok: true }, 'false'])(
    'J5 J12 H5 an answer of another form is no "no" to a cancel: %j',
    async (answer) => {
      const { client, script } = scriptedHttp();
      script.answer = () => json(answer);
      expect(await rejectionOf(client.cancel('a'))).toMatchObject({ code: 'invalid_response' });
      expect(await rejectionOf(client.consume('a'))).toMatchObject({ code: 'invalid_response' });
    },
  );

  test('J17 H5 a list whose rest never comes is asked for once', async () => {
    const { client, requests, script } = scriptedHttp();
    script.answer = () => json({ jobs: [], rest: true });
    expect(await client.list()).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  test('W7 H4 what JSON does not carry is not sent', async () => {
    const { client, requests } = scriptedHttp();
    expect(await rejectionOf(client.start(work, { at: new Date(0) }))).toMatchObject({
      code: 'not_serializable',
      details: { field: 'input.at' },
    });
    expect(requests).toEqual([]);
  });

  test.each([
    { baseUrl: undefined },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { pollIntervalMs: -1 },
  ])('H4 options that cannot be are refused: %o', (options) => {
    const given = { baseUrl: '/jobs', ...options } as { baseUrl: string };
    expect(() => new HttpJobClient(given)).toThrow(
      expect.objectContaining({ code: 'invalid_option' }),
    );
  });
});

describe('answers that are none', () => {
  const polls = { polls: [{ job: jobOf('a'), events: [], cursor: 0, missed: 0 }] };
  const text = (body: string, type = 'application/json') =>
    new Response(body, { headers: { 'content-type': type } });
  const truncated = JSON.stringify(polls).slice(0, -9);

  test.each<[string, Answer, string, number | undefined]>([
    ['HTML with 200', page(200), 'invalid_response', 200],
    ['truncated JSON', text(truncated), 'invalid_response', 200],
    ['no body', new Response(null, { status: 204 }), 'invalid_response', 204],
    ['JSON as text', text(JSON.stringify(polls), 'text/plain'), 'invalid_response', 200],
    ['JSON of another form', json({ polls: 'none' }), 'invalid_response', undefined],
    ['too few answers', json({ polls: [] }), 'invalid_response', undefined],
    ['null', json(null), 'invalid_response', undefined],
    ['a page that is not there', page(404), 'invalid_response', 404],
    ['a proxy without its server', page(502), 'unavailable', 502],
    ['a proxy that limits', page(429), 'unavailable', 429],
    ['a proxy that waited too long for the body', page(408), 'unavailable', 408],
    ['a proxy to which it is too early', page(425), 'unavailable', 425],
    ['a proxy that wants a sign-in of its own', page(407), 'invalid_response', 407],
    ['what has not changed', new Response(null, { status: 304 }), 'invalid_response', 304],
    ['a choice', page(300), 'invalid_response', 300],
    ['what is gone', page(410), 'invalid_response', 410],
    ['something not built', page(501), 'invalid_response', 501],
    ['a login page', page(401), 'unauthorized', 401],
    ['a firewall', page(403), 'forbidden', 403],
    ['JSON that is no problem', json({ error: 'x' }, { status: 500 }), 'unavailable', 500],
    ['a network that is down', new TypeError('Failed to fetch'), 'unavailable', undefined],
  ])('H5 %s', async (_, answer, code, status) => {
    const { client, clock, script } = scriptedHttp();
    script.answer = answer;
    const error = await rejectionOf(client.poll('a'));
    expect(error).toMatchObject({ code });
    if (status !== undefined) expect(error).toMatchObject({ details: { status } });
    expect(clock.pending).toBe(0);
  });

  test('H5 U3 whoever says 401 or 403 is believed, whatever code comes along', async () => {
    const { client, script } = scriptedHttp();
    script.answer = json({ title: 'Sign in', status: 401, code: 'no_session' }, { status: 401 });
    expect(await rejectionOf(client.poll('a'))).toMatchObject({
      code: 'unauthorized',
      message: 'Sign in',
    });
  });

  test('H2 a problem arrives with its code and reference', async () => {
    const { client, script } = scriptedHttp();
    script.answer = json(
      { title: 'Full.', status: 429, code: 'queue_full', reference: 'r', retryAfterMs: 2500 },
      { status: 429, headers: { 'content-type': 'application/problem+json', 'retry-after': '3' } },
    );
    expect(await rejectionOf(client.start(work, { at: 1 }))).toMatchObject({
      code: 'queue_full',
      message: 'Full.',
      details: { status: 429, reference: 'r', retryAfterMs: 2500 },
    });
  });

  test('H4 a network that is slow fails with its timeout, also within the body', async () => {
    const { client, clock, script } = scriptedHttp({ timeoutMs: 5000 });
    const hanging: (() => Promise<Response> | Response)[] = [
      () => new Promise<Response>(() => undefined),
      () =>
        new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(9)) }), {
          headers: { 'content-type': 'application/json' },
        }),
    ];
    for (const answer of hanging) {
      let signal: AbortSignal | undefined;
      script.answer = (request) => {
        signal = request.signal;
        return answer();
      };
      const failing = rejectionOf(client.poll('a'));
      await clock.advance(4999);
      expect(signal?.aborted).toBe(false);
      await clock.advance(1);
      expect(await failing).toMatchObject({ code: 'unavailable' });
      expect(signal?.aborted).toBe(true);
      expect(clock.pending).toBe(0);
    }
  });

  test('H5 an answer of ten thousand events is read', async () => {
    const { client, script } = scriptedHttp();
    const event = (seq: number) => ({
      seq,
      at: 1,
      phase: 'p',
      percent: null,
      message: 'm'.repeat(200),
    });
    const events = Array.from({ length: 10_000 }, (_, index) => event(index + 1));
    script.answer = json({ polls: [{ job: jobOf('a'), events, cursor: 10_000, missed: 0 }] });
    expect((await client.poll('a')).events).toHaveLength(10_000);
  });
});

describe('Retry-After', () => {
  const start = Date.parse('Mon, 23 Nov 2026 10:00:00 GMT');
  const at = (ms: number) => new Date(start + ms).toUTCString();
  const day = 86_400_000;

  test.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a date', { 'retry-after': at(7000) }, 7000],
    ['a date that has passed', { 'retry-after': at(-7000) }, undefined],
    ['a date, and a server a day ahead', { 'retry-after': at(day + 7000), date: at(day) }, 7000],
    ['a date, and a server a day behind', { 'retry-after': at(7000 - day), date: at(-day) }, 7000],
    ['a day ahead, without its date', { 'retry-after': at(day + 7000) }, 3_600_000],
    ['a day behind, without its date', { 'retry-after': at(7000 - day) }, undefined],
    ['more than an hour', { 'retry-after': '999999999999' }, 3_600_000],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['nothing readable', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('U3 H4 %s', async (_, headers, retryAfterMs) => {
    const { client, clock, script } = scriptedHttp();
    await clock.advance(start - clock.now());
    script.answer = page(503, { headers });
    const error = await rejectionOf(client.poll('a'));
    expect((error as OffstageError).details).toEqual(
      retryAfterMs === undefined ? { status: 503 } : { status: 503, retryAfterMs },
    );
  });
});

describe('wait', () => {
  test('J17 H4 it goes on while the server cannot be reached, and ends with the job', async () => {
    const { client, clock, script } = scriptedHttp({ streaming: false, pollIntervalMs: 100 });
    script.answer = pollsOf;
    const waiting = client.wait('a');
    await clock.advance(250);
    script.answer = page(502);
    await clock.advance(60_000);
    const job = jobOf('a', { status: 'canceled', endedAt: 2 });
    script.answer = json({ polls: [{ job, events: [], cursor: 0, missed: 0 }] });
    await clock.advance(60_000);
    expect((await waiting).status).toBe('canceled');
    expect(clock.pending).toBe(0);
  });

  test('J17 H4 it holds its process, which would end between two requests otherwise, and lets it go', async () => {
    const time = simulatedClock();
    const holding = new Set<object>();
    const clock: Clock = {
      ...time,
      schedule(delayMs, callback, options) {
        const timer = time.schedule(delayMs, callback);
        if (options?.keepAlive !== true) return timer;
        holding.add(timer);
        return {
          cancel() {
            holding.delete(timer);
            timer.cancel();
          },
        };
      },
    };
    const { client, script } = scriptedHttp({ streaming: false, pollIntervalMs: 100, clock });
    script.answer = page(502);
    const controller = new AbortController();
    const waiting = rejectionOf(client.wait('a', { signal: controller.signal }));
    await time.advance(250);
    expect(holding.size).toBe(1);
    controller.abort(new OffstageError('canceled', 'left'));
    expect(await waiting).toMatchObject({ code: 'canceled' });
    expect(holding.size).toBe(0);
  });

  test.each([
    ['unauthorized', page(401)],
    ['invalid_response', page(200)],
    ['not_found', json({ polls: [{ events: [], cursor: 0, missed: 0 }] })],
  ])('J17 H4 it ends with what will not pass: %s', async (code, answer) => {
    const { client, clock, script } = scriptedHttp({ streaming: false });
    script.answer = answer;
    expect(await rejectionOf(client.wait('a'))).toMatchObject({ code });
    await settle();
    expect(clock.pending).toBe(0);
  });

  test('J17 H4 a thousand waits are one request an interval', async () => {
    const { client, clock, requests, script } = scriptedHttp({ streaming: false });
    script.answer = pollsOf;
    const controller = new AbortController();
    const waits = Array.from({ length: 1000 }, (_, index) =>
      rejectionOf(client.wait(`job${index}`, { signal: controller.signal })),
    );
    await clock.advance(3500);
    expect(requests).toHaveLength(4);
    controller.abort(new OffstageError('canceled', 'left'));
    for (const wait of waits) expect(await wait).toMatchObject({ code: 'canceled' });
    await clock.advance(10_000);
    expect(requests).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });
});

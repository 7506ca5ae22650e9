import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobsServer, origin, slow } from './server.test-support.ts';

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

const { handle, alice, errors } = jobsServer({}, { maxActivePerOwner: 20 });
const known = await alice.start(slow, { n: 1 });

const words = ['jobs', 'poll', 'events', 'activity', 'cancel', 'openapi.json', slow.name, known.id];
const odd = [
  '',
  '.',
  '..',
  '%',
  '%2e%2e',
  '%00',
  '%F0%9F',
  '*',
  '{id}',
  '__proto__',
  ' ',
  ';',
  '\\',
];
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  fc.constantFrom(...odd),
  fc.string({ unit: 'binary' }),
  fc.webSegment(),
);
const number = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.bigInt().map(String),
  fc.string(),
);
const query = fc.array(fc.tuple(fc.constantFrom('after', 'limit', 'status', 'name'), number), {
  maxLength: 4,
});
const path = fc
  .tuple(fc.array(part, { maxLength: 4 }), query, fc.boolean())
  .map(([parts, pairs, isInside]) => {
    const search = new URLSearchParams(pairs).toString();
    return `/${[...(isInside ? ['jobs'] : []), ...parts].join('/')}?${search}`;
  });
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'BREW');
const headers = fc.record(
  {
    'content-type': fc.constantFrom('application/json', 'application/json; charset=x', 'text/xml'),
    'content-length': number,
    'content-encoding': fc.constantFrom('gzip', 'identity', ''),
    'last-event-id': number,
    origin: fc.oneof(fc.webUrl(), fc.string(), fc.constant('null')),
    host: fc.oneof(fc.domain(), fc.string()),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', '?'),
  },
  { requiredKeys: [] },
);
const json = fc.oneof(
  fc.json(),
  fc.jsonValue().map((input) => JSON.stringify({ input })),
  fc
    .array(fc.record({ id: fc.oneof(part, fc.jsonValue()), after: fc.jsonValue() }))
    .map((polls) => JSON.stringify({ polls })),
);
const content = fc.oneof(json, fc.uint8Array(), fc.string({ unit: 'binary' }));

/** `undefined` for what no Request can be. */
function requestOf(where: string, init: { readonly body?: string | Uint8Array } & RequestInit) {
  try {
    return new Request(origin + where, init as RequestInit);
  } catch {
    return undefined;
  }
}

test('H5 H2 whatever comes, it is answered in form, and never as the server’s own fault', async () => {
  await fc.assert(
    fc.asyncProperty(path, method, headers, content, async (where, how, sent, text) => {
      const hasBody = !['GET', 'HEAD'].includes(how);
      const abort = new AbortController();
      const request = requestOf(where, {
        method: how,
        headers: sent,
        signal: abort.signal,
        ...(hasBody ? { body: text as string } : {}),
      });
      fc.pre(request !== undefined);
      const answer = await handle(request);
      expect(answer.status, `${how} ${where}`).toBeLessThan(500);
      expect(answer.headers.get('cache-control')).toMatch(/^no-store/);
      const type = answer.headers.get('content-type');
      if (type?.startsWith('text/event-stream')) abort.abort();
      else if (how !== 'HEAD' && answer.status !== 204) {
        const told = await answer.json();
        if (answer.status >= 400) {
          expect(type).toBe('application/problem+json');
          expect(told).toMatchObject({ status: answer.status, code: expect.any(String) });
        }
      }
      expect(errors).toEqual([]);
    }),
    { numRuns: process.env.OFFSTAGE_LONG ? 50_000 : 2000 },
  );
});

test('H5 a list of polls in form is answered in form, whatever its ids and cursors', async () => {
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const id = fc.oneof(fc.constant(known.id), fc.string({ unit: 'binary' }));
  const polls = fc.array(fc.record({ id, after: count, limit: count }, { requiredKeys: ['id'] }));
  await fc.assert(
    fc.asyncProperty(polls, async (asked) => {
      const answer = await handle(
        new Request(`${origin}/jobs/poll`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ polls: asked }),
        }),
      );
      expect(answer.status).toBe(200);
      const told: { polls: { job?: { id: string }; cursor: number }[] } = await answer.json();
      expect(told.polls.map(({ job }) => job?.id)).toEqual(
        asked.map((each) => (each.id === known.id ? known.id : undefined)),
      );
    }),
    { numRuns: process.env.OFFSTAGE_LONG ? 20_000 : 500 },
  );
});

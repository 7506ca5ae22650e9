import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import type { Activity, JobPoll } from '../jobs/job-client.ts';
import type { JobView } from '../jobs/job-view.ts';
import * as decoders from './decode.ts';
import * as encoders from './encode.ts';

const wire = { ...encoders, ...decoders };

const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const time = fc.integer({ min: 0, max: 2 ** 45 });
const plain = { noNullPrototype: true };
const event = fc.record(
  {
    seq: fc.integer({ min: 1, max: 1e9 }),
    at: time,
    phase: fc.string(),
    percent: fc.option(fc.double({ min: 0, max: 100, noNaN: true }).map((each) => each + 0)),
    message: fc.string({ unit: 'binary' }),
    attempt: fc.integer({ min: 1, max: 99 }),
  },
  plain,
);
// JSON has one zero.
const json = fc.jsonValue().map((value) => viaJson(value));
const base = {
  id: fc.string({ minLength: 1 }),
  name: fc.string(),
  phases: fc.array(fc.string()),
  attempt: fc.integer({ min: 1, max: 99 }),
  maxAttempts: fc.integer({ min: 1, max: 99 }),
  availableAt: fc.option(time),
  lastFailure: fc.option(
    fc.record({ code: fc.string(), message: fc.string(), reference: fc.string() }, plain),
  ),
  retryOf: fc.option(fc.string()),
  cancelRequested: fc.boolean(),
  progress: fc.option(event),
  droppedReports: fc.nat(),
  createdAt: time,
  startedAt: fc.option(time),
  result: fc.constant(undefined),
  failure: fc.constant(undefined),
};
const view = fc.oneof(
  fc.record(
    { ...base, status: fc.constantFrom('queued', 'running'), endedAt: fc.constant(null) },
    plain,
  ),
  fc.record({ ...base, status: fc.constant('canceled'), endedAt: time }, plain),
  fc.record(
    {
      ...base,
      status: fc.constant('succeeded'),
      endedAt: time,
      result: fc.option(json, { nil: undefined }),
    },
    plain,
  ),
  fc.record(
    {
      ...base,
      status: fc.constant('failed'),
      endedAt: time,
      failure: fc.record(
        { code: fc.string(), message: fc.string(), reference: fc.string() },
        plain,
      ),
    },
    plain,
  ),
) as fc.Arbitrary<JobView>;
const poll: fc.Arbitrary<JobPoll> = fc.record(
  {
    job: fc.option(view, { nil: undefined }),
    events: fc.array(event),
    cursor: fc.nat(),
    missed: fc.nat(),
  },
  plain,
);

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'decoded';
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : String(error);
  }
};

describe('round trips', () => {
  test('J10 H2 a view arrives as it was, and frozen', () => {
    fc.assert(
      fc.property(view, (sent) => {
        const got = wire.decodeJobView(viaJson(wire.encodeJobView(sent)));
        expect(got).toStrictEqual(sent);
        expect(Object.isFrozen(got) && Object.isFrozen(got.progress ?? got)).toBe(true);
      }),
    );
  });

  test('P3 H2 polls and lists arrive as they were', () => {
    fc.assert(
      fc.property(fc.array(poll, { maxLength: 5 }), (polls) => {
        expect(
          wire.decodePollManyResponse(viaJson(wire.encodePollManyResponse(polls))),
        ).toStrictEqual(polls);
        for (const each of polls) {
          expect(wire.decodeJobPoll(viaJson(wire.encodeJobPoll(each)))).toStrictEqual(each);
        }
        const jobs = polls.flatMap(({ job }) => job ?? []);
        expect(wire.decodeListResponse(viaJson(wire.encodeListResponse(jobs)))).toStrictEqual(jobs);
      }),
    );
  });

  test('H2 requests arrive as they were', () => {
    const ask = fc.record(
      { id: fc.string({ unit: 'binary' }), after: fc.nat(), limit: fc.nat() },
      { requiredKeys: ['id'] },
    );
    fc.assert(
      fc.property(
        fc.array(ask),
        json,
        fc.option(fc.string(), { nil: undefined }),
        (polls, input, key) => {
          const asked = wire.decodePollManyRequest(viaJson(wire.encodePollManyRequest(polls)));
          expect(asked).toEqual(polls);
          const start = wire.decodeStartRequest(viaJson(wire.encodeStartRequest(input, key)));
          expect(start.input).toEqual(input);
          expect(start.exclusivityKey).toBe(key);
        },
      ),
    );
    expect(wire.decodeStartRequest(viaJson(wire.encodeStartRequest(undefined)))).toEqual({});
  });

  test('J15 the activity arrives as it was', () => {
    const activity = {
      queued: 1,
      running: 2,
      foregroundLeases: 3,
      maintenance: false,
      accepting: true,
    };
    expect(wire.decodeActivity(viaJson(wire.encodeActivity(activity)))).toStrictEqual(activity);
  });

  test('H2 J11 an error arrives with its code, and without what it keeps to itself', () => {
    const error = new OffstageError('queue_full', 'Too many jobs wait.', {
      cause: new Error('secret'),
      details: { retryAfterMs: 2500, holder: 'secret' },
    });
    const sent = JSON.stringify(wire.encodeProblem(error, 429, 'ref-1'));
    expect(sent).not.toContain('secret');
    const got = wire.decodeProblem(JSON.parse(sent));
    expect(got).toMatchObject({
      code: 'queue_full',
      message: 'Too many jobs wait.',
      details: { status: 429, reference: 'ref-1', retryAfterMs: 2500 },
    });
    const plain = wire.decodeProblem(
      viaJson(wire.encodeProblem(new OffstageError('conflict', 'X'), 409)),
    );
    expect(plain.details).toStrictEqual({ status: 409 });
  });
});

describe('what is out of form', () => {
  const byCode = {
    invalid_response: [
      wire.decodeJobView,
      wire.decodeJobPoll,
      wire.decodePollManyResponse,
      wire.decodeListResponse,
      wire.decodeActivity,
      wire.decodeProblem,
    ],
    invalid_input: [wire.decodePollManyRequest, wire.decodeStartRequest],
  };

  test('H5 no JSON makes a decoder fail otherwise than by its code', () => {
    for (const [code, functions] of Object.entries(byCode)) {
      for (const decode of functions) {
        fc.assert(
          fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (value) => {
            expect(['decoded', code]).toContain(codeOf(() => decode(value)));
          }),
        );
        expect(codeOf(() => decode(undefined))).toBe(code);
        expect(codeOf(() => decode('<html>'))).toBe(code);
      }
    }
  });

  test('H5 a message with one field spoiled, taken away or put in is never half believed', () => {
    const good = viaJson({
      id: 'a',
      name: 'n',
      phases: ['p'],
      status: 'failed',
      attempt: 1,
      cancelRequested: false,
      progress: { seq: 1, at: 1, phase: 'p', percent: 5, message: '' },
      droppedReports: 0,
      createdAt: 1,
      startedAt: 1,
      endedAt: 2,
      failure: { code: 'c', message: 'm', reference: 'r' },
    }) as Record<string, unknown>;
    expect(codeOf(() => wire.decodeJobView(good))).toBe('decoded');
    for (const key of Object.keys(good)) {
      const { [key]: _, ...without } = good;
      expect(codeOf(() => wire.decodeJobView(without))).toBe('invalid_response');
      expect(codeOf(() => wire.decodeJobView({ ...good, [key]: [[]] }))).toBe('invalid_response');
    }
    const more = JSON.parse(`{"__proto__":{"x":1},"later":1,${JSON.stringify(good).slice(1)}`);
    expect(wire.decodeJobView(more)).toStrictEqual(wire.decodeJobView(good));
  });

  test('H5 an answer spoiled anywhere is refused, or is a right one still', () => {
    const spoil = fc.record({
      sent: poll.map((each) => viaJson(wire.encodeJobPoll(each))),
      value: fc.oneof(json, fc.constantFrom(-1, 0.5, 2 ** 60, '', null, 'running')),
      steps: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(spoil, ({ sent, value, steps }) => {
        const spoiled = replaceAt(sent, steps, value);
        let got: JobPoll;
        try {
          got = wire.decodeJobPoll(spoiled);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_response' });
          return;
        }
        expect(wire.decodeJobPoll(viaJson(wire.encodeJobPoll(got)))).toStrictEqual(got);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['poll.events.1.seq', { events: [{ seq: 1, at: 1, phase: '', percent: 1, message: '' }, {}] }],
    ['poll.cursor', { cursor: -1 }],
    ['poll.cursor', { cursor: 2 ** 60 }],
    ['poll.missed', { missed: '0' }],
    ['poll.job', { job: null }],
    ['poll.job.id', { job: { id: '' } }],
  ])('H5 the message names the field: %s', (field, change) => {
    const good = { events: [], cursor: 0, missed: 0 };
    expect(() => wire.decodeJobPoll({ ...good, ...change })).toThrow(
      expect.objectContaining({
        code: 'invalid_response',
        details: { field },
        message: expect.stringContaining(`"${field}"`),
      }),
    );
  });

  test('H5 hostile keys change nothing but what they are', () => {
    const hostile = JSON.parse(
      '{"input":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"__proto__":{"exclusivityKey":"taken"}}',
    );
    const got = wire.decodeStartRequest(hostile);
    expect(got.exclusivityKey).toBe(undefined);
    expect(JSON.stringify(got.input)).toBe(JSON.stringify(hostile.input));
    expect(Reflect.get({}, 'polluted')).toBe(undefined);
    for (const decode of [wire.decodeJobView, wire.decodeJobPoll, wire.decodeProblem]) {
      expect(codeOf(() => decode(JSON.parse('{"__proto__":{"status":"queued"}}')))).toBe(
        'invalid_response',
      );
    }
  });

  test.each([
    ['a result before the end', { status: 'running', endedAt: 3 }],
    ['a failure that says nothing', { status: 'failed', endedAt: 3 }],
    ['an end without a time', { status: 'canceled', endedAt: null }],
    ['a status of its own', { status: 'paused', endedAt: null }],
  ])('J1 J10 %s is refused', (_, change) => {
    const good = {
      id: 'a',
      name: 'n',
      phases: [],
      attempt: 1,
      cancelRequested: false,
      progress: null,
      droppedReports: 0,
      createdAt: 1,
      startedAt: null,
      status: 'queued',
      endedAt: null,
    };
    expect(codeOf(() => wire.decodeJobView(good))).toBe('decoded');
    expect(codeOf(() => wire.decodeJobView({ ...good, ...change }))).toBe('invalid_response');
  });

  test('H5 a request for more than a thousand polls is refused', () => {
    const polls = (length: number) => ({ polls: Array.from({ length }, () => ({ id: 'a' })) });
    expect(codeOf(() => wire.decodePollManyRequest(polls(1000)))).toBe('decoded');
    expect(codeOf(() => wire.decodePollManyRequest(polls(1001)))).toBe('invalid_input');
  });

  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  test.each([
    ['input.at', { at: new Date(0) }],
    ['input.1', [1, new Map()]],
    ['input.list.0', { list: [undefined] }],
    ['input.1', Array.from({ length: 3 }).map((_, index) => (index === 1 ? Number.NaN : 0))],
    ['input', 10n],
    ['input.call', { call: () => 1 }],
    ['input.bytes', { bytes: new Uint8Array(2) }],
  ])('W7 what JSON would change is refused, naming the field: %s', (field, input) => {
    expect(() => wire.encodeStartRequest(input)).toThrow(
      expect.objectContaining({ code: 'not_serializable', details: { field } }),
    );
  });

  test('W7 a circle is refused', () => {
    expect(codeOf(() => wire.encodeStartRequest(circle))).toBe('not_serializable');
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested.
    expect(codeOf(() => wire.encodeStartRequest([1, , 2]))).toBe('not_serializable');
  });

  test('W7 whatever is accepted comes back as it was', () => {
    const values = fc.anything({ withNullPrototype: true, withDate: true, withMap: true });
    fc.assert(
      fc.property(values, (input) => {
        const code = codeOf(() => {
          const got = wire.decodeStartRequest(viaJson(wire.encodeStartRequest(input)));
          expect(got.input).toEqual(oneZero(input));
        });
        expect(['decoded', 'not_serializable']).toContain(code);
      }),
    );
  });

  test('H5 what an engine keeps beside a view does not get out', () => {
    const view = { id: 'a', status: 'running', owner: 'secret' } as unknown as JobView;
    const snapshot = { queued: 0, owner: 'secret' } as unknown as Activity;
    const sent = [wire.encodeListResponse([view]), wire.encodeActivity(snapshot)];
    expect(JSON.stringify(sent)).not.toContain('secret');
  });
});

/** The same value with something else at one place, which the steps lead to. */
function replaceAt(value: unknown, [step = 0, ...rest]: readonly number[], by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[step % keys.length];
  if (key === undefined) return by;
  const inner = Reflect.get(value, key);
  const next = rest.length === 0 ? by : replaceAt(inner, rest, by);
  return Array.isArray(value) ? value.with(Number(key), next) : { ...value, [key]: next };
}

// JSON has one zero, and so does what is compared.
function oneZero(value: unknown): unknown {
  if (typeof value === 'number') return value + 0;
  if (Array.isArray(value)) return value.map(oneZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, oneZero(each)]));
}

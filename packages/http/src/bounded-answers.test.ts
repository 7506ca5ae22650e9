import { describe, expect, test } from 'vitest';
import { JsonText } from './json-text.ts';
import { body, call, done, jobsServer, post, told, withMethods } from './server.test-support.ts';
import { partsOf } from './text.ts';

const large = 'x'.repeat(100_000);

/** A server with jobs that ended with `large`, newest last. */
async function largeResults(count: number, options: Parameters<typeof jobsServer>[0] = {}) {
  const server = jobsServer(options);
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { id } = await server.alice.start(told, null);
    server.running[index]?.finish({ large });
    await server.alice.wait(id);
    ids.push(id);
  }
  return { ...server, ids };
}

describe('H5 answers are bounded', () => {
  test('H5 a job named a thousand times in one poll is asked for once, and the answer stays bounded', async () => {
    const { alice, ids } = await largeResults(1);
    const asked: number[] = [];
    const { handle } = jobsServer({
      clientFor: () =>
        withMethods(alice, {
          pollMany: (requests) => {
            asked.push(requests.length);
            return alice.pollMany(requests);
          },
        }),
    });
    const polls = Array.from({ length: 1000 }, () => ({ id: ids[0] }));
    const response = await call(handle, post('/jobs/poll', { polls }));
    const text = await response.text();
    expect(asked).toEqual([1]);
    expect(text.length).toBeLessThan(4_300_000);
    const answer = JSON.parse(text);
    expect(answer.rest).toBe(true);
    expect(answer.polls.length).toBeGreaterThan(10);
    expect(answer.polls.at(-1)).toEqual(answer.polls[0]);
  });

  test('H5 what is asked for over many cursors is bounded as well, and unread costs nothing more', async () => {
    const { handle, ids } = await largeResults(1, { maxAnswerBytes: 150_000 });
    const polls = Array.from({ length: 1000 }, (_, after) => ({ id: ids[0], after }));
    const response = await call(handle, post('/jobs/poll', { polls }));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const again = await body(await call(handle, post('/jobs/poll', { polls })));
    expect(again).toMatchObject({ rest: true });
    expect(again.polls).toHaveLength(1);
  });

  test('H5 one job is given however large its result is', async () => {
    const { handle, ids } = await largeResults(1, { maxAnswerBytes: 10 });
    const answer = await body(await call(handle, post('/jobs/poll', { polls: [{ id: ids[0] }] })));
    expect(answer.polls[0].job.result.large).toHaveLength(large.length);
    expect(answer.rest).toBe(undefined);
  });

  test('H5 J17 a list has results when they are asked for, as many as have room', async () => {
    const { handle, ids } = await largeResults(5, { maxAnswerBytes: 250_000 });
    const plain = await (await call(handle, '/jobs')).text();
    expect(plain.length).toBeLessThan(5000);
    const first = await body(await call(handle, '/jobs?results=true'));
    expect(first.rest).toBe(true);
    expect(first.jobs.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed().slice(0, 2));
    const before = first.jobs.at(-1).id;
    const second = await body(await call(handle, `/jobs?results=true&limit=1&before=${before}`));
    expect(second.jobs.map(({ id }: { id: string }) => id)).toEqual([ids[2]]);
    expect(second.rest).toBe(undefined);
  });

  test.each([
    'limit=0',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=1&limit=2',
    'before=a%20b',
    'before=a&before=b',
    'results=yes',
  ])('H5 J17 a page that is out of form is a 400: %s', async (query) => {
    const { handle } = jobsServer();
    expect((await call(handle, `/jobs?${query}`)).status).toBe(400);
  });

  test('H3 H5 one owner has no more streams than its share, and others go on', async () => {
    const { handle } = jobsServer({ maxStreamsPerOwner: 2 });
    const stream = (owner: string) =>
      call(handle, '/jobs/events', { headers: { 'x-owner': owner } });
    const [first, second] = [await stream('alice'), await stream('alice')];
    const third = await stream('alice');
    expect([first, second, third].map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(await body(third)).toMatchObject({ code: 'unavailable' });
    expect((await stream('bob')).status).toBe(200);
    await first?.body?.cancel();
    expect((await stream('alice')).status).toBe(200);
  });
});

describe('J3 a start has a key', () => {
  const start = (key: string, n = 1) =>
    post('/jobs/suite.done', { input: { n } }, { headers: { 'idempotency-key': key } });

  test('J3 H2 the same key is the same job, in quotes or without; another input under it is a 422', async () => {
    const { handle, alice } = jobsServer();
    const first = await call(handle, start('"a-1"'));
    const again = await call(handle, start('a-1'));
    const parameter = await call(handle, start('"a-1"; x=1'));
    expect([first, again, parameter].map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await body(first)).id).toBe((await body(again)).id);
    const other = await call(handle, start('"a-1"', 2));
    expect(other.status).toBe(422);
    expect(await body(other)).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await alice.list()).toHaveLength(1);
    await call(handle, start(String.raw`"a\"1\\"`));
    expect(await alice.list()).toHaveLength(2);
    const [letters, same] = [start('%"%e6%97%a5 %22%25"'), start('%"%e6%97%a5 %22%25"; x=1')];
    expect((await body(await call(handle, letters))).id).toBe(
      (await body(await call(handle, same))).id,
    );
    expect(await alice.list()).toHaveLength(3);
  });

  test.each([
    '',
    '""',
    '"a',
    'a b',
    '"a", "b"',
    '"a" "b"',
    '"ä"',
    '%"%ff"',
    '%"%E6%97%A5"',
    '%"%"',
    '%""',
    '% "a"',
    `"${'x'.repeat(256)}"`,
    '(a)',
  ])('J3 H5 a key that is none is a 400: %s', async (key) => {
    const { handle, alice } = jobsServer();
    expect((await call(handle, start(key))).status).toBe(400);
    expect(await alice.list()).toEqual([]);
  });
});

test('H5 J2 an input off its schema is a 400 before an application’s own client sees it', async () => {
  const seen: unknown[] = [];
  const { alice } = jobsServer();
  const { handle } = jobsServer({
    clientFor: () =>
      withMethods(alice, {
        start: (definition, input, options) => {
          seen.push(Reflect.get(Object(input), 'n').toFixed());
          return alice.start(definition, input, options);
        },
      }),
  });
  for (const input of [{ add: 5 }, null, 5, 'text', [], { n: '5' }, undefined]) {
    const response = await call(handle, post(`/jobs/${done.name}`, { input }));
    expect(response.status).toBe(400);
    expect(await body(response)).toMatchObject({ code: 'invalid_input' });
  }
  expect(seen).toEqual([]);
});

describe('H5 the text of a job that has ended', () => {
  const letters = 'é😀'.repeat(200_000);

  async function ended() {
    const server = jobsServer();
    const { id } = await server.alice.start(told, null);
    server.running[0]?.finish({ letters });
    return { ...server, id, view: await server.alice.wait(id) };
  }

  test('H5 is there once, however many answers hold it', async () => {
    const { view } = await ended();
    const json = new JsonText(() => 'none');
    const poll = { job: view, events: [], cursor: 0, missed: 0 };
    const texts = [json.view(view), json.poll(poll), json.polls([poll, poll])(poll)];
    const shared = texts.map((text) => partsOf(text).filter((part) => typeof part === 'object'));
    expect(shared.map(({ length }) => length)).toEqual([1, 1, 1]);
    // The same object, which holds the text.
    expect(new Set(shared.flat()).size).toBe(1);
  });

  test('H5 arrives whole by every route', async () => {
    const { handle, id } = await ended();
    const poll = await body(await call(handle, `/jobs/${id}`));
    const many = await body(await call(handle, post('/jobs/poll', { polls: [{ id }, { id }] })));
    const list = await body(await call(handle, '/jobs?results=true'));
    const stream = await (await call(handle, `/jobs/${id}/events`)).text();
    const told = JSON.parse(/^data: (.*)$/m.exec(stream)?.[1] ?? '');
    for (const job of [poll.job, many.polls[0].job, many.polls[1].job, list.jobs[0], told.job]) {
      // Not by `toBe`, which would print both.
      expect(job.result.letters === letters).toBe(true);
    }
  });

  test('H3 is let go when its request is aborted', async () => {
    const { handle, id } = await ended();
    for (const path of [`/jobs/${id}`, '/jobs?results=true', `/jobs/${id}/events`]) {
      const leave = new AbortController();
      const response = await call(handle, path, { signal: leave.signal });
      const reader = response.body?.getReader();
      await reader?.read();
      leave.abort();
      expect(await reader?.read()).toEqual({ done: true, value: undefined });
    }
  });
});

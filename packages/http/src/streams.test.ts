import type { JobView } from '@offstage/core';
import { settle } from '@offstage/core/testing';
import { describe, expect, test } from 'vitest';
import {
  call,
  done,
  jobsServer,
  slow,
  streamReader,
  told,
  withMethods,
} from './server.test-support.ts';

async function toldJob(options = {}, managerOptions = {}) {
  const server = jobsServer(options, managerOptions);
  const job = await server.alice.start(told, 1);
  const [driver] = server.running;
  if (driver === undefined) throw new Error('the job did not start');
  const timers = server.clock.pending;
  const open = async (query = '', init = {}) =>
    streamReader(await call(server.handle, `/jobs/${job.id}/events${query}`, init));
  return { ...server, id: job.id, driver, open, timers };
}

describe('H3 the stream of a job', () => {
  test('H3 a cursor of an earlier life of the job hides nothing: what began anew is told whole', async () => {
    const { open, driver } = await toldJob();
    driver.report(10);
    driver.report(20);
    driver.finish(null);
    const stream = await open('?limit=10', { headers: { 'last-event-id': '99' } });
    expect(await stream.event()).toMatchObject({ id: '2', data: { events: [] } });
    expect(await stream.event()).toMatchObject({
      id: '2',
      data: { job: { status: 'succeeded' }, events: [{ seq: 1 }, { seq: 2 }], missed: 0 },
    });
    expect(await stream.event()).toBe(undefined);
  });

  test('H3 tells each change, with the cursor as its id, and ends with the job', async () => {
    const { handle, clock, id, driver, timers } = await toldJob();
    driver.report(10);
    const response = await call(handle, `/jobs/${id}/events`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    const stream = streamReader(response);
    expect(await stream.chunk()).toBe('retry: 2000\n\n');
    expect(await stream.event()).toMatchObject({
      event: 'message',
      id: '1',
      data: {
        job: { id, status: 'running' },
        events: [{ seq: 1, percent: 10 }],
        cursor: 1,
        missed: 0,
      },
    });
    const next = stream.event();
    await clock.advance(1000);
    driver.report(20);
    expect(await next).toMatchObject({ id: '2', data: { events: [{ seq: 2, percent: 20 }] } });
    driver.report(30);
    driver.finish({ pages: 3 });
    const last = stream.event();
    await clock.advance(50);
    expect(await last).toMatchObject({
      id: '3',
      data: { job: { status: 'succeeded', result: { pages: 3 } }, events: [{ seq: 3 }] },
    });
    expect(await stream.event()).toBe(undefined);
    // The manager's own timer for the job's life has come, and the stream's have gone.
    expect(clock.pending).toBeLessThanOrEqual(timers + 1);
  });

  test('H3 a job that ended before is told whole, once', async () => {
    const { handle, alice } = jobsServer();
    const { id } = await alice.start(done, { n: 2 });
    await alice.wait(id);
    const stream = streamReader(await call(handle, `/jobs/${id}/events`));
    expect(await stream.event()).toMatchObject({ data: { job: { result: { doubled: 4 } } } });
    expect(await stream.event()).toBe(undefined);
  });

  test('H3 a reconnect goes on after Last-Event-ID: nothing twice, what was lost counted', async () => {
    const { driver, open } = await toldJob({}, { progressCapacity: 3 });
    for (let percent = 1; percent <= 10; percent += 1) driver.report(percent);
    await settle();
    const after = async (query: string, lastEventId?: string) => {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      const stream = await open(query, { headers });
      const event = await stream.event();
      await stream.cancel();
      const { events, cursor, missed } = event?.data ?? {};
      return [events.map(({ seq }: { seq: number }) => seq), cursor, missed];
    };
    expect(await after('')).toEqual([[8, 9, 10], 10, 7]);
    expect(await after('', '9')).toEqual([[10], 10, 0]);
    expect(await after('?after=4')).toEqual([[8, 9, 10], 10, 3]);
    expect(await after('?after=4', '8')).toEqual([[9, 10], 10, 0]);
    expect(await after('?limit=0')).toEqual([[], 0, 0]);
    // A cursor of another job cannot hide what comes.
    expect(await after('', '99')).toEqual([[], 10, 0]);
  });

  test('H3 a long tail is told in parts of the limit, without waiting', async () => {
    const { driver, open } = await toldJob();
    for (let percent = 1; percent <= 25; percent += 1) driver.report(percent);
    driver.finish(1);
    await settle();
    const stream = await open('?limit=10');
    const cursors = [];
    for (let event = await stream.event(); event !== undefined; event = await stream.event()) {
      cursors.push([event.id, event.data.events.length]);
    }
    expect(cursors).toEqual([
      ['10', 10],
      ['20', 10],
      ['25', 5],
    ]);
  });

  test('H3 events come no faster than the gap, and merged', async () => {
    const { clock, driver, open } = await toldJob({ minEventGapMs: 50 });
    const stream = await open();
    await stream.event();
    const counts: number[] = [];
    void (async () => {
      for (let event = await stream.event(); event !== undefined; event = await stream.event()) {
        counts.push(event.data.events.length);
      }
    })();
    for (let ms = 0; ms < 200; ms += 10) {
      driver.report(ms);
      await clock.advance(10);
    }
    expect(counts).toHaveLength(4);
    expect(counts.reduce((sum, count) => sum + count)).toBe(20);
    await stream.cancel();
  });

  test('H3 a reader that stops costs nothing, and gets the newest when it reads again', async () => {
    let polls = 0;
    const base = await toldJob({}, { progressCapacity: 10 });
    const counted = withMethods(base.alice, {
      poll: (id: string, page?: object) => {
        polls += 1;
        return base.alice.poll(id, page) as never;
      },
      watch: (id, changed) => base.alice.watch?.(id, changed) ?? (() => {}),
    });
    const { handle, clock } = jobsServer({ clientFor: () => counted });
    const stream = streamReader(await call(handle, `/jobs/${base.id}/events`));
    await stream.event();
    expect(polls).toBe(1);
    for (let report = 0; report < 5000; report += 1) base.driver.report(report % 100);
    await clock.advance(60_000);
    expect(polls).toBe(1);
    expect(await stream.event()).toMatchObject({
      id: '5000',
      data: { missed: 4990, events: { length: 10 }, job: { progress: { seq: 5000 } } },
    });
    expect(polls).toBe(2);
    await stream.cancel();
  });

  test('H3 a silent stream says that it is alive, but only to who listens', async () => {
    const { clock, open } = await toldJob({ heartbeatMs: 1000 });
    const stream = await open();
    await stream.event();
    await clock.advance(10_000);
    const next = stream.chunk();
    let isAlive = false;
    void next.then(() => {
      isAlive = true;
    });
    await clock.advance(999);
    expect(isAlive).toBe(false);
    await clock.advance(1);
    expect(isAlive).toBe(true);
    expect(await next).toBe(':\n\n');
    const another = stream.chunk();
    await clock.advance(1000);
    expect(await another).toBe(':\n\n');
    await stream.cancel();
  });

  test('H3 ends when its job is released', async () => {
    const { handle, alice, clock } = jobsServer();
    const { id } = await alice.start(slow, { n: 1 });
    const stream = streamReader(await call(handle, `/jobs/${id}/events?limit=0`));
    expect(await stream.event()).toMatchObject({ data: { job: { status: 'running' } } });
    await alice.cancel(id);
    await alice.wait(id);
    await alice.consume(id);
    const next = stream.event();
    await clock.advance(50);
    expect((await next)?.data).toEqual({ events: [], cursor: 0, missed: 0 });
    expect(await stream.event()).toBe(undefined);
  });

  test('H3 J4 an unknown or foreign job is a 404 before any stream', async () => {
    const { handle, bob } = jobsServer();
    const { id } = await bob.start(slow, { n: 1 });
    for (const path of [`/jobs/${id}/events`, '/jobs/unknown/events']) {
      const answer = await call(handle, path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json',
      ]);
    }
  });

  test.each([
    ['its request is aborted', 'abort'],
    ['its body is canceled', 'cancel'],
    ['it is too old', 'age'],
    ['it was aborted before it began', 'early'],
  ])('H3 when %s, all that it held is gone at once', async (_, how) => {
    const base = await toldJob();
    let watching = 0;
    const client = withMethods(base.alice, {
      watch: (id, changed) => {
        watching += 1;
        const stop = base.alice.watch?.(id, changed);
        return () => {
          watching -= 1;
          stop?.();
        };
      },
    });
    const { handle, clock } = jobsServer({
      clientFor: () => client,
      maxStreams: 1,
      maxStreamMs: 60_000,
    });
    const abort = new AbortController();
    if (how === 'early') abort.abort();
    const path = `/jobs/${base.id}/events`;
    const stream = streamReader(await call(handle, path, { signal: abort.signal }));
    if (how !== 'early') {
      await stream.event();
      expect([watching, clock.pending]).toEqual([1, 1]);
      expect((await call(handle, path)).status).toBe(503);
    }
    const pending = stream.chunk();
    if (how === 'abort') abort.abort();
    if (how === 'cancel') await stream.cancel();
    if (how === 'age') await clock.advance(60_000);
    expect([watching, clock.pending]).toEqual([0, 0]);
    const rest = await pending;
    expect(rest === undefined || rest.startsWith(':')).toBe(true);
    // Late news wakes nobody.
    base.driver.report(50);
    await settle();
    const again = await call(handle, path);
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });

  test('H3 one that waits for the gap to pass leaves no timer behind', async () => {
    const { clock, driver, open, timers } = await toldJob();
    const stream = await open();
    await stream.event();
    void stream.chunk();
    driver.report(1);
    await settle();
    expect(clock.pending).toBe(timers + 2);
    await stream.cancel();
    expect(clock.pending).toBe(timers);
  });

  test('H3 without a push it looks at intervals, and tells what changed alone', async () => {
    const base = await toldJob();
    const { handle, clock } = jobsServer({
      clientFor: () => withMethods(base.alice, {}),
      pollIntervalMs: 1000,
    });
    const stream = streamReader(await call(handle, `/jobs/${base.id}/events`));
    await stream.event();
    const next = stream.event();
    await clock.advance(5000);
    base.driver.report(70);
    await clock.advance(1000);
    expect(await next).toMatchObject({ id: '1', data: { events: [{ percent: 70 }] } });
    await stream.cancel();
    expect(clock.pending).toBe(0);
  });

  test('H3 H5 a server that fails midway says so, by a reference alone, and ends the stream', async () => {
    const base = await toldJob();
    let fails = false;
    const client = withMethods(base.alice, {
      poll: (id: string, page?: object) =>
        fails ? Promise.reject(new Error('hunter2')) : (base.alice.poll(id, page) as never),
      watch: (id, changed) => base.alice.watch?.(id, changed) ?? (() => {}),
    });
    const { handle, clock, errors } = jobsServer({ clientFor: () => client });
    const stream = streamReader(await call(handle, `/jobs/${base.id}/events`));
    await stream.event();
    fails = true;
    const next = stream.event();
    base.driver.report(1);
    await clock.advance(50);
    const event = await next;
    expect(event).toMatchObject({ event: 'problem', data: { status: 500, code: 'unavailable' } });
    expect(errors).toEqual([{ error: new Error('hunter2'), reference: event?.data.reference }]);
    expect(await stream.event()).toBe(undefined);
    expect(clock.pending).toBe(0);
  });

  test('H3 a client that cannot be watched fails the stream, and no more', async () => {
    const base = await toldJob();
    const client = withMethods(base.alice, {
      watch: () => {
        throw new Error('no');
      },
    });
    const { handle, clock } = jobsServer({ clientFor: () => client });
    const stream = streamReader(await call(handle, `/jobs/${base.id}/events`));
    expect(await stream.event()).toMatchObject({ event: 'problem' });
    expect(await stream.event()).toBe(undefined);
    expect(clock.pending).toBe(0);
  });
});

describe('H3 the stream of an owner', () => {
  test('H3 says that it listens, then names the jobs that changed, merged', async () => {
    const { handle, alice, bob, clock } = jobsServer();
    const stream = streamReader(await call(handle, '/jobs/events'));
    expect(await stream.event()).toMatchObject({ event: 'ready', data: {}, id: undefined });
    const next = stream.event();
    const first = await alice.start(slow, { n: 1 });
    const second = await alice.start(slow, { n: 2 });
    await bob.start(slow, { n: 3 });
    await clock.advance(50);
    const event = await next;
    expect([event?.event, new Set(event?.data.ids)]).toEqual([
      'change',
      new Set([first.id, second.id]),
    ]);
    await alice.cancel(first.id);
    await clock.advance(50);
    expect((await stream.event())?.data).toEqual({ ids: [first.id] });
    await stream.cancel();
    expect(clock.pending).toBe(1);
  });

  test('H3 is bounded: past a thousand jobs it says "all"', async () => {
    const { handle, alice } = jobsServer();
    const started: JobView[] = [];
    for (let n = 0; n <= 1000; n += 1) started.push(await alice.start(slow, { n }));
    const busy = streamReader(await call(handle, '/jobs/events'));
    expect(await busy.chunk()).toBe('retry: 2000\n\n');
    for (const { id } of started) await alice.cancel(id);
    await settle();
    expect(await busy.event()).toMatchObject({ event: 'ready' });
    expect(await busy.event()).toMatchObject({ event: 'change', data: { all: true } });
    await busy.cancel();
  });

  test('H3 a client that does not say which jobs changed is told of as "all"', async () => {
    const base = jobsServer();
    const { handle, clock } = jobsServer({ clientFor: () => withMethods(base.alice, {}) });
    const stream = streamReader(await call(handle, '/jobs/events'));
    await stream.event();
    const next = stream.event();
    await clock.advance(1000);
    expect(await next).toMatchObject({ event: 'change', data: { all: true } });
    await stream.cancel();
    expect(clock.pending).toBe(0);
  });

  test('H3 H4 says that it listens once the client behind it pushes, and ends when that ceases to', async () => {
    let push: (isPushed: boolean) => void = () => undefined;
    let change: (id?: string) => void = () => undefined;
    const base = jobsServer();
    const { handle, clock } = jobsServer({
      minEventGapMs: 0,
      clientFor: () =>
        withMethods(base.alice, {
          watch(_id, onChange, onPush = () => undefined) {
            [push, change] = [onPush, onChange];
            push(false);
            return () => undefined;
          },
        }),
    });
    const stream = streamReader(await call(handle, '/jobs/events'));
    expect(await stream.chunk()).toBe('retry: 2000\n\n');
    const first = stream.event();
    let isTold = false;
    void first.then(() => {
      isTold = true;
    });
    await settle();
    expect(isTold).toBe(false);
    // As a client at a distance does: something may have been missed.
    push(true);
    change();
    expect(await first).toMatchObject({ event: 'ready' });
    change('a');
    expect(await stream.event()).toMatchObject({ event: 'change', data: { ids: ['a'] } });
    push(false);
    expect(await stream.event()).toBe(undefined);
    expect(clock.pending).toBe(0);
  });

  test('H3 a replayed Last-Event-ID changes nothing', async () => {
    const { handle } = jobsServer();
    const headers = { 'last-event-id': 'anything' };
    const stream = streamReader(await call(handle, '/jobs/events', { headers }));
    expect(await stream.event()).toMatchObject({ event: 'ready' });
    await stream.cancel();
  });
});

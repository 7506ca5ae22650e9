import { describe, expect, test } from 'vitest';
import { maxBackoffMs } from '../foundation/backoff.ts';
import { OffstageError } from '../foundation/errors.ts';
import { deferred } from '../testing/deferred.ts';
import { pollerKit } from '../testing/poller-kit.ts';
import { ScriptedClient } from '../testing/scripted-client.ts';
import { settle } from '../testing/simulated-clock.ts';
import { JobObserver } from './job-observer.ts';
import { sharedPoller } from './poller.ts';

describe('sharing', () => {
  test('U4 a hundred observers of a job cost one request per interval', async () => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    const watched = Array.from({ length: 100 }, () => watch('a'));
    await settle();
    expect(client.requests.map((asks) => asks.length)).toEqual([1]);
    client.report('a', 30);
    await clock.advance(1000);
    expect(client.requests.map((asks) => asks.length)).toEqual([1, 1]);
    for (const { observer } of watched) expect(observer.getSnapshot().percent).toBe(30);
  });

  test('U4 a thousand jobs cost one request per interval, also when they came one by one', async () => {
    const { client, clock, watch } = pollerKit();
    for (let index = 0; index < 1000; index++) {
      client.put(`job-${index}`);
      watch(`job-${index}`);
      if (index % 100 === 0) await clock.advance(97);
    }
    await clock.advance(2000);
    const before = client.requests.length;
    await clock.advance(10_000);
    const sizes = client.requests.slice(before).map((asks) => asks.length);
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 1000));
  });

  test('U4 more jobs than fit one request are all read', async () => {
    const { client, watch } = pollerKit();
    const watched = Array.from({ length: 1500 }, (_, index) => {
      client.put(`job-${index}`);
      return watch(`job-${index}`).observer;
    });
    await settle();
    expect(client.requests.map((asks) => asks.length)).toEqual([1000, 500]);
    expect(watched.every((observer) => observer.getSnapshot().status === 'running')).toBe(true);
    expect(client.maxInFlight).toBe(1);
  });

  test('U4 a job is read at the shortest interval that its observers ask for', async () => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    client.put('slow');
    watch('a', { pollInterval: 5000 });
    const quick = watch('a', { pollInterval: 100 });
    watch('slow', { pollInterval: 1000 });
    await settle();
    await clock.advance(10_000);
    const count = (id: string) =>
      client.requests.flat().filter((request) => request.id === id).length;
    expect(count('a')).toBe(101);
    expect(count('slow')).toBeGreaterThanOrEqual(10);
    expect(count('slow')).toBeLessThanOrEqual(12);
    quick.stop();
    const before = count('a');
    await clock.advance(10_000);
    expect(count('a') - before).toBeLessThanOrEqual(3);
  });

  test('U4 two observers of one client share its poller without being told', async () => {
    const client = new ScriptedClient();
    client.put('a');
    const stops = [1, 2].map(() => new JobObserver(client, 'a').subscribe(() => undefined));
    await settle();
    expect(client.requests).toHaveLength(1);
    expect(sharedPoller(client).size).toBe(1);
    expect(sharedPoller(new ScriptedClient())).not.toBe(sharedPoller(client));
    for (const stop of stops) stop();
    expect(sharedPoller(client).size).toBe(0);
  });
});

describe('timing', () => {
  test('U3 the next poll is timed after the last one has ended', async () => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    const slow = deferred();
    client.gate = () => slow.promise;
    watch('a');
    await clock.advance(5000);
    expect(client.requests).toHaveLength(1);
    slow.resolve();
    await clock.advance(999);
    expect(client.requests).toHaveLength(1);
    await clock.advance(1);
    expect(client.requests).toHaveLength(2);
  });

  test.each(['succeeded', 'failed', 'canceled'] as const)(
    'U3 polling stops at %s',
    async (status) => {
      const { client, clock, watch } = pollerKit();
      client.put('a');
      watch('a');
      await settle();
      client.put('a', { status });
      await clock.advance(1000);
      const polls = client.requests.length;
      await clock.advance(60_000);
      expect(client.requests).toHaveLength(polls);
      expect(clock.pending).toBe(0);
    },
  );

  test('U3 polling stops when there is no such job', async () => {
    const { client, clock, watch } = pollerKit();
    const { observer } = watch('nobody');
    await clock.advance(60_000);
    expect(client.requests).toHaveLength(1);
    expect(observer.getSnapshot()).toMatchObject({
      job: undefined,
      error: { code: 'not_found' },
      isPending: false,
      isActive: false,
    });
  });

  test.each(['unauthorized', 'forbidden'] as const)('U3 polling stops on %s', async (code) => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    const { observer } = watch('a');
    await settle();
    client.failure = new OffstageError(code, 'Sign in.');
    await clock.advance(60_000);
    expect(client.requests).toHaveLength(2);
    expect(observer.getSnapshot()).toMatchObject({ status: 'running', error: { code } });
    client.failure = undefined;
    await observer.refetch();
    expect(observer.getSnapshot().error).toBeUndefined();
    await clock.advance(1000);
    expect(client.requests).toHaveLength(4);
  });

  test('U3 a hidden page is not polled for, and is at once when it shows again', async () => {
    const { client, clock, page, watch } = pollerKit();
    client.put('a');
    const { observer } = watch('a');
    await settle();
    page.hide();
    client.report('a', 70);
    await clock.advance(60_000);
    expect(client.requests).toHaveLength(1);
    expect(observer.getSnapshot().isPaused).toBe(true);
    expect(clock.pending).toBe(0);
    page.show();
    await settle();
    expect(client.requests).toHaveLength(2);
    expect(observer.getSnapshot()).toMatchObject({ isPaused: false, percent: 70 });
  });

  test('U3 pollInBackground goes on while the page is hidden, for that job alone', async () => {
    const { client, clock, page, watch } = pollerKit();
    client.put('a');
    client.put('b');
    watch('a', { pollInBackground: true });
    watch('b');
    await settle();
    page.hide();
    await clock.advance(3000);
    expect(
      client.requests
        .slice(1)
        .flat()
        .map(({ id }) => id),
    ).toEqual(['a', 'a', 'a']);
  });

  test('U3 errors keep the last good state and are tried again ever later, up to 30 s', async () => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    client.report('a', 40);
    const errors: unknown[] = [];
    const { observer } = watch('a', { onError: (error) => errors.push(error.code) });
    await settle();
    client.failure = new TypeError('fetch failed');
    const waits: number[] = [];
    let at = clock.now() + 1000;
    await clock.advance(1000);
    for (let count = client.requests.length; waits.length < 7; ) {
      await clock.advance(250);
      if (client.requests.length === count) continue;
      count = client.requests.length;
      waits.push(clock.now() - at);
      at = clock.now();
    }
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(observer.getSnapshot()).toMatchObject({
      percent: 40,
      status: 'running',
      failureCount: 8,
      error: { code: 'unavailable' },
    });
    expect(errors).toHaveLength(8);
    client.failure = undefined;
    await clock.advance(30_000);
    expect(observer.getSnapshot()).toMatchObject({ failureCount: 0, error: undefined });
    const before = client.requests.length;
    await clock.advance(1000);
    expect(client.requests.length).toBeGreaterThan(before);
  });

  test('U3 the wait after an error is left half to chance', async () => {
    const { client, clock, watch } = pollerKit({ random: () => 0 });
    client.failure = new OffstageError('unavailable', 'Down.');
    watch('a');
    await clock.advance(999);
    expect(client.requests).toHaveLength(1);
    await clock.advance(1);
    expect(client.requests).toHaveLength(2);
  });

  test('U3 Retry-After is honoured, also when it is longer than 30 s and the page shows again', async () => {
    const { client, clock, page, watch } = pollerKit();
    client.failure = new OffstageError('unavailable', 'Down.', {
      details: { retryAfterMs: 45_000 },
    });
    watch('a');
    await clock.advance(20_000);
    page.hide();
    page.show();
    await clock.advance(24_999);
    expect(client.requests).toHaveLength(1);
    await clock.advance(1);
    expect(client.requests).toHaveLength(2);
  });

  test('U3 a page that shows again is looked at once, also while backing off', async () => {
    const { client, clock, page, watch } = pollerKit();
    client.failure = new OffstageError('unavailable', 'Down.');
    watch('a');
    await settle();
    page.hide();
    page.show();
    await settle();
    expect(client.requests).toHaveLength(2);
    expect(clock.now()).toBe(0);
  });

  test('U3 who comes while the connection is down learns it at once and waits with the others', async () => {
    const { client, watch } = pollerKit();
    client.failure = new OffstageError('unavailable', 'Down.');
    watch('a');
    await settle();
    const news: unknown[] = [];
    const late = watch('b', { onError: (error) => news.push(error) }).observer;
    await settle();
    expect(client.requests).toHaveLength(1);
    expect(news).toEqual([]);
    expect(late.getSnapshot()).toMatchObject({ isPending: true, error: { code: 'unavailable' } });
  });
});

test.each(['[]', '[null]'])(
  'U3 a client that answers %s is taken for one that failed, and not asked in a loop',
  async (answer) => {
    const { client, clock, watch } = pollerKit();
    client.pollMany = async (asks) => {
      client.requests.push(asks);
      return JSON.parse(answer).map((each: unknown) => each ?? undefined);
    };
    const { observer } = watch('a');
    await clock.advance(1000);
    expect(observer.getSnapshot().error?.code).toBe('invalid_response');
    expect(client.requests).toHaveLength(1);
  },
);

test('U3 a refetch ends when its reader leaves, and hears nothing of what comes later', async () => {
  const { client, poller } = pollerKit();
  client.put('a');
  const held = deferred();
  client.gate = () => held.promise;
  const heard: unknown[] = [];
  const hear = (event: unknown) => void heard.push(event);
  const timing = { intervalMs: 1000, background: false, push: false };
  const reader = { onAnswer: hear, onFailure: hear, onPaused: () => undefined };
  const subscription = poller.readJob('a', { cursor: 0, maxEvents: 1, timing, reader });
  await settle();
  const refetched = subscription.refetch();
  subscription.leave();
  await refetched;
  await subscription.refetch();
  held.resolve();
  await settle();
  expect(heard).toEqual([]);
  expect(client.requests).toHaveLength(1);
});

test('P3 U3 a job that reports faster than it can be read is not polled without pause', async () => {
  const { client, clock, watch } = pollerKit();
  client.put('a');
  client.ringSize = 1000;
  const reportMany = () => {
    for (let index = 0; index < 500; index++) client.report('a');
  };
  reportMany();
  client.gate = async () => (client.requests.length < 50 ? reportMany() : undefined);
  const { observer } = watch('a');
  await settle();
  expect(client.requests).toHaveLength(2);
  await clock.advance(1000);
  expect(client.requests.length).toBeLessThanOrEqual(4);
  expect(observer.getSnapshot().events.length).toBeLessThanOrEqual(100);
});

describe('pushing', () => {
  test('U3 a client that pushes is polled on its hints alone, merged, one poll at a time', async () => {
    const { client, clock, watch } = pollerKit({ pushes: true });
    client.put('a');
    const { observer } = watch('a');
    await settle();
    await clock.advance(60_000);
    expect(client.requests).toHaveLength(1);
    for (let index = 0; index < 1000; index++) client.report('a', index / 10);
    await settle();
    expect(client.requests).toHaveLength(2);
    expect(observer.getSnapshot().percent).toBe(99.9);
    for (let index = 0; index < 100; index++) {
      client.report('a');
      await clock.advance(1);
    }
    expect(client.requests.length).toBeLessThanOrEqual(5);
    await clock.advance(50);
    expect(observer.getSnapshot().job?.progress?.seq).toBe(1100);
    const polls = client.requests.length;
    await clock.advance(60_000);
    expect(client.requests).toHaveLength(polls);
    expect(client.maxInFlight).toBe(1);
    client.put('a', { status: 'succeeded' });
    await clock.advance(50);
    expect(observer.getSnapshot().isTerminal).toBe(true);
    expect(client.watchers).toBe(0);
  });

  test('U3 a hint that comes while its job is polled is polled for again', async () => {
    const { client, clock, watch } = pollerKit({ pushes: true });
    client.put('a');
    const { observer } = watch('a');
    const held = deferred();
    client.gate = () => held.promise;
    await settle();
    client.report('a', 50);
    held.resolve();
    await clock.advance(50);
    expect(observer.getSnapshot().percent).toBe(50);
    expect(client.requests).toHaveLength(2);
  });

  test("U3 transport 'poll' polls a client that could push", async () => {
    const { client, clock, watch } = pollerKit({ pushes: true });
    client.put('a');
    watch('a', { transport: 'poll' });
    await clock.advance(2000);
    expect(client.requests).toHaveLength(3);
    expect(client.watchers).toBe(0);
  });

  test('U3 hints wait while the page is hidden', async () => {
    const { client, page, clock, watch } = pollerKit({ pushes: true });
    client.put('a');
    const { observer } = watch('a');
    await settle();
    page.hide();
    client.report('a', 50);
    await clock.advance(1000);
    expect(client.requests).toHaveLength(1);
    page.show();
    await settle();
    expect(observer.getSnapshot().percent).toBe(50);
  });

  test('U3 a failed look after a hint is tried again', async () => {
    const { client, clock, watch } = pollerKit({ pushes: true });
    client.put('a');
    const { observer } = watch('a');
    await settle();
    client.failure = new OffstageError('unavailable', 'Down.');
    client.put('a', { status: 'succeeded', result: 1 });
    await clock.advance(100);
    client.failure = undefined;
    await clock.advance(maxBackoffMs);
    expect(observer.getSnapshot()).toMatchObject({ status: 'succeeded', result: 1 });
  });
});

describe('cursors', () => {
  const seqs = (observer: JobObserver) => observer.getSnapshot().events.map(({ seq }) => seq);

  test('P3 each observer reads every event once, and one who comes late what the ring still has', async () => {
    const { client, clock, watch } = pollerKit();
    client.ringSize = 5;
    client.put('a');
    for (let index = 0; index < 3; index++) client.report('a');
    const early = watch('a').observer;
    await settle();
    for (let index = 0; index < 4; index++) client.report('a');
    await clock.advance(1000);
    const late = watch('a').observer;
    expect(late.getSnapshot().status).toBe('running');
    await settle();
    expect(seqs(early)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(early.getSnapshot().missed).toBe(0);
    expect(seqs(late)).toEqual([3, 4, 5, 6, 7]);
    expect(late.getSnapshot().missed).toBe(2);
  });

  test('P3 one who joins while a poll for later events is under way still gets the earlier ones', async () => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    client.report('a');
    watch('a');
    await settle();
    client.put('a', { status: 'succeeded' });
    const held = deferred();
    client.gate = () => held.promise;
    await clock.advance(1000);
    const late = watch('a').observer;
    held.resolve();
    await settle();
    expect(seqs(late)).toEqual([1]);
    expect(late.getSnapshot().status).toBe('succeeded');
  });

  test('P3 an observer far behind goes on with the newest events and counts the others', async () => {
    const { client, clock, watch } = pollerKit();
    client.ringSize = 1000;
    client.put('a');
    for (let index = 0; index < 1000; index++) client.report('a');
    const { observer } = watch('a', { maxEvents: 10 });
    await settle();
    expect(seqs(observer)).toEqual([991, 992, 993, 994, 995, 996, 997, 998, 999, 1000]);
    expect(observer.getSnapshot().missed).toBe(980);
    expect(client.requests).toHaveLength(2);
    await clock.advance(1000);
    expect(client.requests).toHaveLength(3);
  });

  test('P3 events are bounded by maxEvents, and none are asked for with 0', async () => {
    const { client, clock, watch } = pollerKit();
    client.put('a');
    const { observer } = watch('a', { maxEvents: 3 });
    const none = watch('a', { maxEvents: 0 }).observer;
    for (let round = 0; round < 5; round++) {
      client.report('a');
      client.report('a');
      await clock.advance(1000);
    }
    expect(seqs(observer)).toEqual([8, 9, 10]);
    expect(none.getSnapshot()).toMatchObject({ events: [], missed: 0, message: 'step 10' });
    observer.setOptions({ maxEvents: 1 });
    expect(seqs(observer)).toEqual([10]);
  });
});

test('U4 U7 nothing is left after a thousand subscriptions', async () => {
  const { client, clock, page, poller, observe } = pollerKit({ pushes: true });
  client.put('a');
  const observer = observe('a');
  for (let round = 0; round < 1000; round++) {
    const stop = observer.subscribe(() => undefined);
    if (round % 3 === 0) await settle();
    stop();
    stop();
  }
  await settle();
  expect(poller.size).toBe(0);
  expect(clock.pending).toBe(0);
  expect(client.watchers).toBe(0);
  expect(page.listeners).toBe(0);
});

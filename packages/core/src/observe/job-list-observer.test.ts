import { expect, test, vi } from 'vitest';
import { ScriptedClient, scriptedPage } from '../testing/scripted-client.ts';
import { settle, simulatedClock } from '../testing/simulated-clock.ts';
import { ActivityObserver, JobListObserver } from './job-list-observer.ts';
import { Poller } from './poller.ts';

function setup({ pushes = false } = {}) {
  const client = new ScriptedClient({ pushes });
  const clock = simulatedClock();
  const page = scriptedPage();
  const poller = new Poller(client, { clock, random: () => 1, visibility: page });
  return { client, clock, page, poller };
}

test('U2 U7 the list is the same while nothing changed, and each view while its job did not', async () => {
  const { client, clock, poller } = setup();
  client.put('a');
  client.put('b');
  const observer = new JobListObserver(client, {}, { poller });
  const listener = vi.fn();
  observer.subscribe(listener);
  expect(observer.getSnapshot()).toMatchObject({ value: undefined, isPending: true });
  await settle();
  const first = observer.getSnapshot();
  expect(first.value?.map(({ id }) => id)).toEqual(['b', 'a']);
  await clock.advance(5000);
  expect(client.listCalls).toBe(6);
  expect(observer.getSnapshot()).toBe(first);
  expect(listener).toHaveBeenCalledTimes(1);
  client.report('a', 50);
  await clock.advance(1000);
  const [b, a] = observer.getSnapshot().value ?? [];
  expect(b).toBe(first.value?.[0]);
  expect(a?.progress?.percent).toBe(50);
  client.remove('b');
  await clock.advance(1000);
  expect(observer.getSnapshot().value).toEqual([a]);
  expect(observer.getSnapshot().value?.[0]).toBe(a);
});

test('U4 observers of one list share one poll, and nothing is left when all are gone', async () => {
  const { client, clock, page, poller } = setup();
  const stops = [1, 2, 3].map(() =>
    new JobListObserver(client, { filter: { status: 'running' } }, { poller }).subscribe(
      () => undefined,
    ),
  );
  const other = new JobListObserver(client, { filter: { name: 'x' } }, { poller }).subscribe(
    () => undefined,
  );
  await clock.advance(1000);
  expect(client.listCalls).toBe(4);
  expect(poller.size).toBe(2);
  for (const stop of [...stops, other]) stop();
  expect(poller.size).toBe(0);
  expect(clock.pending).toBe(0);
  expect(page.listeners).toBe(0);
});

test('U3 a list pauses with the page, keeps its last state on errors, and is pushed where it can be', async () => {
  const { client, clock, page, poller } = setup({ pushes: true });
  client.put('a');
  const onError = vi.fn();
  const observer = new JobListObserver(client, { onError }, { poller });
  observer.subscribe(() => undefined);
  await clock.advance(60_000);
  expect(client.listCalls).toBe(1);
  page.hide();
  client.put('b');
  await clock.advance(1000);
  expect(observer.getSnapshot()).toMatchObject({ isPaused: true, value: [{ id: 'a' }] });
  page.show();
  await settle();
  expect(observer.getSnapshot()).toMatchObject({ isPaused: false, value: [{}, {}] });
  client.failure = new TypeError('down');
  client.put('c');
  await clock.advance(50);
  expect(observer.getSnapshot()).toMatchObject({
    value: [{}, {}],
    failureCount: 1,
    error: { code: 'unavailable' },
  });
  expect(onError).toHaveBeenCalledTimes(1);
  client.failure = undefined;
  await observer.refetch();
  expect(observer.getSnapshot()).toMatchObject({ failureCount: 0, value: [{}, {}, {}] });
});

test('U2 the activity is watched with the same conventions', async () => {
  const { client, clock, poller } = setup();
  const observer = new ActivityObserver(client, { pollInterval: 100 }, { poller });
  await observer.refetch();
  const first = observer.getSnapshot();
  expect(first.value).toMatchObject({ running: 0, accepting: true });
  const stop = observer.subscribe(() => undefined);
  await clock.advance(500);
  expect(observer.getSnapshot()).toBe(first);
  client.put('a');
  await clock.advance(100);
  expect(observer.getSnapshot().value?.running).toBe(1);
  observer.setOptions({ enabled: false });
  await clock.advance(1000);
  expect(clock.pending).toBe(0);
  stop();
});

test('F7 progress is asked for at most once an interval by a list, never by the activity; a change at once', async () => {
  const { client, clock, poller } = setup({ pushes: true });
  client.put('a');
  const list = new JobListObserver(client, { pollInterval: 1000 }, { poller });
  const activity = new ActivityObserver(client, { pollInterval: 1000 }, { poller });
  let activities = 0;
  client.gate = async (request) => {
    if (request === 'activity') activities++;
  };
  const stops = [list, activity].map((each) => each.subscribe(() => undefined));
  await settle();
  expect([client.listCalls, activities]).toEqual([1, 1]);
  for (let report = 0; report < 400; report++) {
    client.report('a', report % 100);
    await clock.advance(5);
  }
  expect([client.listCalls, activities]).toEqual([3, 1]);
  // Then it is quiet.
  await clock.advance(10_000);
  expect([client.listCalls, activities]).toEqual([3, 1]);
  expect(list.getSnapshot().value?.[0]?.progress?.percent).toBe(99);
  client.put('b');
  await clock.advance(50);
  expect([client.listCalls, activities]).toEqual([4, 2]);
  client.put('a', { status: 'succeeded' });
  await clock.advance(50);
  client.remove('b');
  await clock.advance(50);
  expect([client.listCalls, activities]).toEqual([6, 4]);
  for (const stop of stops) stop();
});

test('F7 of a storm of changes a list sees the first at once, then many with each look, and the last', async () => {
  const { client, clock, poller } = setup({ pushes: true });
  const list = new JobListObserver(client, { pollInterval: 1000 }, { poller });
  const stop = list.subscribe(() => undefined);
  await settle();
  expect(client.listCalls).toBe(1);
  await clock.advance(5000);
  client.put('0');
  await clock.advance(0);
  expect(list.getSnapshot().value).toHaveLength(1);
  for (let job = 1; job <= 1000; job += 1) {
    client.put(String(job));
    await clock.advance(10);
  }
  // Ten seconds: a look each, and some more at first.
  expect(client.listCalls).toBeLessThan(18);
  await clock.advance(1000);
  const newest = list.getSnapshot().value?.map(({ id }) => id);
  expect(newest).toContain('1000');
  const { listCalls } = client;
  await clock.advance(10_000);
  expect(client.listCalls).toBe(listCalls);
  // It is quiet again: one is seen at once.
  client.put('last');
  await clock.advance(0);
  expect(client.listCalls).toBe(listCalls + 1);
  stop();
});

test('U2 a filter is the same list in whatever order its statuses are written', async () => {
  const { client, poller } = setup();
  const filters = [
    ['running', 'queued'],
    ['queued', 'running'],
    ['queued', 'running', 'queued'],
  ];
  const stops = filters.map((status) =>
    new JobListObserver(client, { filter: { status: status as never } }, { poller }).subscribe(
      () => undefined,
    ),
  );
  await settle();
  expect(client.listCalls).toBe(1);
  expect(poller.size).toBe(1);
  for (const stop of stops) stop();
});

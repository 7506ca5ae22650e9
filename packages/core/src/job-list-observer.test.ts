import { expect, test, vi } from 'vitest';
import { ActivityObserver, JobListObserver } from './job-list-observer.ts';
import { Poller } from './poller.ts';
import { ScriptedClient, scriptedPage } from './testing/scripted-client.ts';
import { settle, simulatedClock } from './testing/simulated-clock.ts';

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

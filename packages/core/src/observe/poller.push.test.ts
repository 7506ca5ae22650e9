import { expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import { pollerKit } from '../testing/poller-kit.ts';
import { settle } from '../testing/simulated-clock.ts';

test('H4 U3 while hints cannot come a job is polled at its interval, and on hints again after', async () => {
  const { client, clock, watch } = pollerKit({ pushes: true });
  client.put('a');
  const { observer, stop } = watch('a', { pollInterval: 1000 });
  await settle();
  await clock.advance(10_000);
  expect(client.requests).toHaveLength(1);

  client.push(false);
  client.report('a', 10);
  await settle();
  expect(observer.getSnapshot().percent).toBe(10);
  await clock.advance(3000);
  expect(client.requests).toHaveLength(5);

  client.push(true);
  await clock.advance(1000);
  const count = client.requests.length;
  await clock.advance(10_000);
  expect(client.requests).toHaveLength(count);
  client.report('a', 20);
  await clock.advance(50);
  expect(observer.getSnapshot().percent).toBe(20);
  stop();
  expect(client.watchers).toBe(0);
});

test('H4 a client that is down from the start is polled until it pushes', async () => {
  const { client, clock, watch } = pollerKit({ pushes: true });
  client.put('a');
  client.push(false);
  watch('a', { pollInterval: 500 });
  await settle();
  await clock.advance(2000);
  expect(client.requests).toHaveLength(5);
  client.push(true);
  await clock.advance(500);
  const count = client.requests.length;
  await clock.advance(5000);
  expect(client.requests).toHaveLength(count);
});

test('U3 H4 what is pushed again is polled at once, also while backing off', async () => {
  const { client, clock, watch } = pollerKit({ pushes: true });
  client.put('a');
  client.failure = new OffstageError('unavailable', 'down');
  client.push(false);
  const { observer } = watch('a');
  await settle();
  await clock.advance(60_000);
  expect(observer.getSnapshot().failureCount).toBeGreaterThan(3);
  client.failure = undefined;
  client.push(true);
  await clock.advance(50);
  expect(observer.getSnapshot()).toMatchObject({ failureCount: 0, error: undefined });
});

test('U3 H4 hints that come again do not pass a Retry-After', async () => {
  const { client, clock, watch } = pollerKit({ pushes: true });
  client.put('a');
  client.failure = new OffstageError('unavailable', 'busy', { details: { retryAfterMs: 20_000 } });
  watch('a');
  await settle();
  client.failure = undefined;
  client.push(false);
  client.push(true);
  await clock.advance(19_999);
  expect(client.requests).toHaveLength(1);
  await clock.advance(1);
  expect(client.requests).toHaveLength(2);
});

test('U3 H4 a hidden page watches nothing, and looks and watches again when it shows', async () => {
  const { client, clock, page, watch } = pollerKit({ pushes: true });
  client.put('a');
  client.put('b');
  watch('a');
  const { stop } = watch('b', { pollInBackground: true });
  await settle();
  expect(client.watchers).toBe(2);
  page.hide();
  expect(client.watchers).toBe(1);
  client.report('a', 50);
  await clock.advance(10_000);
  const count = client.requests.length;
  page.show();
  await settle();
  expect(client.watchers).toBe(2);
  expect(client.requests.length).toBe(count + 1);
  stop();
});

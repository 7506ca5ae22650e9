import { expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import type { JobPoll } from '../jobs/job-client.ts';
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

test('F6 H4 what was read before hints began to come is not asked for by its interval any more', async () => {
  const { client, clock, watch } = pollerKit({ pushes: true });
  client.put('a');
  let push: ((isPushed: boolean) => void) | undefined;
  const watchJob: typeof client.watch = (_id, _hint, onPush) => {
    push = onPush;
    onPush?.(false);
    return () => undefined;
  };
  Object.assign(client, { watch: watchJob });
  const { stop } = watch('a', { pollInterval: 1000 });
  await settle();
  expect(client.requests).toHaveLength(1);
  // As a stream that begins with the version under which the job was read: there is nothing to look at.
  push?.(true);
  await clock.advance(10_000);
  expect(client.requests).toHaveLength(1);
  for (const jumpMs of [10 * 86_400_000, -20 * 86_400_000]) {
    clock.setWallClock(clock.now() + jumpMs);
    push?.(false);
    await clock.advance(100);
    const count = client.requests.length;
    push?.(true);
    await clock.advance(10_000);
    expect(client.requests).toHaveLength(count);
  }
  stop();
});

test.each([true, false])(
  'H3 a job that began anew is read from its beginning, pushed: %s',
  async (pushes) => {
    const { client, clock, watch } = pollerKit({ pushes });
    client.put('a');
    for (let count = 0; count < 5; count += 1) client.report('a', count);
    const { observer, stop } = watch('a');
    await settle();
    expect(observer.getSnapshot().events).toHaveLength(5);
    client.remove('a');
    client.put('a', { status: 'running' });
    client.report('a', 70);
    client.report('a', 80);
    await clock.advance(2000);
    expect(observer.getSnapshot()).toMatchObject({ percent: 80, missed: 0 });
    expect(observer.getSnapshot().events.map(({ percent }) => percent)).toEqual([
      0, 1, 2, 3, 4, 70, 80,
    ]);
    const count = client.requests.length;
    await clock.advance(2500);
    expect(client.requests.length - count).toBeLessThanOrEqual(pushes ? 0 : 3);
    stop();
  },
);

test('U4 P3 who joins while a pushed answer is handed round is given what was before it', async () => {
  const { client, poller } = pollerKit({ pushes: true });
  client.put('a');
  client.report('a', 1);
  let hint: Parameters<NonNullable<typeof client.watch>>[1] | undefined;
  const watchJob: typeof client.watch = (_id, onHint) => {
    hint = onHint;
    return () => undefined;
  };
  Object.assign(client, { watch: watchJob });
  const timing = { intervalMs: 1000, background: false, push: true };
  const silent = { onFailure: () => undefined, onPaused: () => undefined };
  const seen: (number | null)[] = [];
  const join = (onAnswer: (poll: JobPoll) => void) =>
    poller.readJob('a', { timing, cursor: 0, maxEvents: 100, reader: { ...silent, onAnswer } });
  const late = ({ events }: JobPoll): void =>
    void seen.push(...events.map(({ percent }) => percent));
  let isJoined = false;
  const first = join(({ cursor }) => {
    if (cursor < 2 || isJoined) return;
    isJoined = true;
    join(late);
  });
  await settle();
  client.report('a', 2);
  const [pushed] = await client.pollMany([{ id: 'a', after: 1 }]);
  hint?.('a', 'progress', pushed);
  await settle();
  expect(seen).toEqual([1, 2]);
  first.leave();
});

import { expect, test } from 'vitest';
import { told } from '../server.test-support.ts';
import { onePage, threeSeconds } from './one-page.test-support.ts';

test('F7 H4 a page with a job, a list and the activity costs a stream and three looks, at any rate of progress', async () => {
  const page = await onePage(true);
  const { clock, job, traffic, progress, list, activity, stops } = page;
  await threeSeconds(page);
  expect(progress.getSnapshot()).toMatchObject({ percent: 100, missed: 0, error: undefined });
  expect(progress.getSnapshot().events.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  expect(list.getSnapshot().value?.[0]?.progress?.percent).toBe(100);
  expect(activity.getSnapshot().value).toMatchObject({ running: 1 });
  expect(traffic.requests.length, traffic.requests.join()).toBeLessThanOrEqual(6);
  expect(traffic.bytes).toBeLessThan(60_000);

  // A change is seen at once, wherever it shows.
  job?.finish({ text: 'done' });
  await clock.advance(200);
  expect(progress.getSnapshot()).toMatchObject({ isTerminal: true, result: { text: 'done' } });
  expect(list.getSnapshot().value?.[0]?.status).toBe('succeeded');
  expect(activity.getSnapshot().value).toMatchObject({ running: 0 });
  for (const stop of stops) stop();
});

test('F7 a job that came before the stream was up, and after the list was read, is in the list', async () => {
  const { alice, clock, list, stops } = await onePage(true);
  const { id } = await alice.start(told, null);
  await clock.advance(200);
  expect(list.getSnapshot().value?.[0]?.id).toBe(id);
  for (const stop of stops) stop();
});

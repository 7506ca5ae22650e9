import { settle } from '@offstage/core/testing';
import { expect, test } from 'vitest';
import { call, jobsServer, type StreamEvent, streamReader, told } from './server.test-support.ts';

/** A page that takes all that the owner's stream has, while jobs report every 10 ms. */
async function watchWhile(jobs: number, ms: number) {
  const server = jobsServer();
  const { alice, clock, handle, running } = server;
  for (let job = 0; job < jobs; job += 1) await alice.start(told, {});
  await settle();
  const stream = streamReader(await call(handle, '/jobs/events'));
  const events: StreamEvent[] = [];
  let bytes = 0;
  const reading = (async () => {
    for (;;) {
      const event = await stream.event();
      if (event === undefined) return;
      events.push(event);
      bytes += JSON.stringify(event.data).length;
    }
  })();
  const step = async (): Promise<void> => {
    await clock.advance(10);
    await settle();
  };
  for (let at = 0; at < ms; at += 10) {
    for (const job of running)
      for (let percent = 0; percent < 20; percent += 1) job.report(percent);
    await step();
  }
  const end = async (): Promise<void> => {
    await stream.cancel();
    await reading;
  };
  return { ...server, end, events, step, bytes: () => bytes };
}

test('F7 H3 jobs that report at any rate cost a page no more bytes than about a poll a second', async () => {
  for (const jobs of [1, 10]) {
    const page = await watchWhile(jobs, 3000);
    // A poll brings the newest hundred events of each.
    const perPoll = JSON.stringify(
      await page.alice.pollMany((await page.alice.list()).map(({ id }) => ({ id, limit: 100 }))),
    ).length;
    expect(page.bytes()).toBeLessThan(Math.max(3 * 20_000, 4.5 * perPoll));
    expect(page.events.length).toBeGreaterThan(3);
    await page.end();
  }
});

test('F7 H3 of more jobs than a hint brings along, a page is told once a second that they progressed', async () => {
  const { end, events } = await watchWhile(60, 3000);
  const asked = events.filter(({ data }) => data.progress?.length > 50);
  expect(asked.every(({ data }) => data.polls === undefined)).toBe(true);
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.length).toBeLessThan(6);
  await end();
});

test('F7 H3 a change is told at once, also while progress waits for its turn', async () => {
  const { alice, end, events, running, step } = await watchWhile(40, 1500);
  const [newest] = await alice.list();
  const before = events.length;
  running[39]?.finish({});
  await settle();
  for (let at = 0; at < 60; at += 10) await step();
  const told = events.slice(before).flatMap(({ data }) => data.ids ?? []);
  expect(told).toEqual([newest?.id]);
  // And what waited comes in its turn.
  for (let at = 0; at < 1000; at += 10) await step();
  expect(events.slice(before + 1).flatMap(({ data }) => data.progress ?? [])).toHaveLength(39);
  await end();
});

import { ActivityObserver, JobListObserver, JobObserver } from '@offstage/core/observe';
import { settle } from '@offstage/core/testing';
import { expect, test } from 'vitest';
import { HttpJobClient } from '../client/http-job-client.ts';
import { jobsServer, origin, told } from '../server.test-support.ts';

/** A page with a job, the list and the activity, over a server with 200 jobs at rest; on one clock. */
async function onePage(streaming: boolean) {
  const server = jobsServer({}, { maxKeptPerOwner: 1000 });
  const { alice, clock, handle, running } = server;
  for (let index = 0; index < 200; index += 1) {
    const { id } = await alice.start(told, null);
    running[index]?.finish({ text: 'x'.repeat(1000) });
    await alice.wait(id);
  }
  const { id } = await alice.start(told, null);
  const job = running[200];
  const traffic = { requests: [] as string[], bytes: 0 };
  const client = new HttpJobClient({
    baseUrl: `${origin}/jobs`,
    clock,
    random: () => 0,
    streaming,
    fetch: async (url, init) => {
      traffic.requests.push(`${init?.method ?? 'GET'} ${new URL(String(url)).pathname}`);
      const response = await handle(new Request(String(url), init));
      const counted = response.body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            traffic.bytes += chunk.byteLength;
            controller.enqueue(chunk);
          },
        }),
      );
      return new Response(counted ?? null, response);
    },
  });
  const progress = new JobObserver(client, id);
  const list = new JobListObserver(client);
  const activity = new ActivityObserver(client);
  const stops = [progress, list, activity].map((each) => each.subscribe(() => undefined));
  await import('../client/hint-stream.ts');
  for (let turn = 0; turn < 20; turn += 1) await settle();
  return { ...server, id, job, client, traffic, progress, list, activity, stops };
}

test('F7 H4 a page with a job, a list and the activity costs a stream and three looks, at any rate of progress', async () => {
  const { clock, job, traffic, progress, list, activity, stops } = await onePage(true);
  for (let report = 1; report <= 100; report += 1) {
    job?.report(report);
    await clock.advance(30);
  }
  await clock.advance(100);
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

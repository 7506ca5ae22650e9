import { ActivityObserver, JobListObserver, JobObserver } from '@offstage/core/observe';
import { settle } from '@offstage/core/testing';
import { HttpJobClient } from '../client/http-job-client.ts';
import { jobsServer, origin, told } from '../server.test-support.ts';

/** A page with a job, the list and the activity, over a server with 200 jobs at rest; on one clock. */
export async function onePage(streaming: boolean) {
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

/** One job tells of its progress every 30 ms, for three seconds. */
export async function threeSeconds({
  clock,
  job,
}: Awaited<ReturnType<typeof onePage>>): Promise<void> {
  for (let report = 1; report <= 100; report += 1) {
    job?.report(report);
    await clock.advance(30);
  }
  await clock.advance(100);
}

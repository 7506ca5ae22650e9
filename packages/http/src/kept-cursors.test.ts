import { defineJob } from '@offstage/core';
import { JobObserver, Poller } from '@offstage/core/observe';
import { type MemoryJournal, memoryJournal, settle } from '@offstage/core/testing';
import { expect, test } from 'vitest';
import { HttpJobClient } from './client/http-job-client.ts';
import { body, call, jobsServer, origin, post, streamReader, told } from './server.test-support.ts';

const again = defineJob({ ...told, retry: { attempts: 3, delayMs: 0 } });

const served = (journal: MemoryJournal) => jobsServer({}, { journal, definitions: [again] });

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

/** A job that reported 1, which was kept, and 2 and 3, which were not; then its process was killed. */
async function killed() {
  const journal = memoryJournal();
  const before = served(journal);
  const { id } = await before.alice.start(again, null);
  await quiet();
  const [driver] = before.running;
  driver?.report(1);
  await before.clock.advance(1000);
  driver?.report(2);
  driver?.report(3);
  return {
    id,
    before,
    async restart() {
      const disk = journal.afterKill();
      journal.stop();
      const after = served(disk);
      await after.manager.ready();
      await quiet();
      return after;
    },
  };
}

const percents = (events: readonly { readonly percent: number | null }[]) =>
  events.map(({ percent }) => percent);

test('H3 after a restart a page that asks late, with its old cursor, gets all that is new and is told of the gap', async () => {
  const { id, before, restart } = await killed();
  const { cursor } = await body(await call(before.handle, `/jobs/${id}?after=0`));
  expect(cursor).toBe(3);
  const { handle, running } = await restart();
  for (const percent of [4, 5, 6, 7]) running[0]?.report(percent);
  const poll = await body(await call(handle, `/jobs/${id}?after=${cursor}`));
  expect([percents(poll.events), poll.missed]).toEqual([[4, 5, 6, 7], 1]);
  const { polls } = await body(
    await call(handle, post('/jobs/poll', { polls: [{ id, after: cursor }] })),
  );
  expect(polls).toEqual([poll]);
  const stream = streamReader(
    await call(handle, `/jobs/${id}/events`, { headers: { 'last-event-id': String(cursor) } }),
  );
  expect(await stream.event()).toEqual({ event: 'message', id: String(poll.cursor), data: poll });
  await stream.cancel();
});

test.each(['poll', 'auto'] as const)(
  'H3 U3 an observer of a job whose server restarts shows each event once, and that some were missed: %s',
  async (transport) => {
    const { id, before, restart } = await killed();
    let server = before;
    let connection = new AbortController();
    const client = new HttpJobClient({
      baseUrl: `${origin}/jobs`,
      fetch: (url, init) => {
        const signals = [connection.signal, ...(init?.signal ? [init.signal] : [])];
        return server.handle(new Request(url, { ...init, signal: AbortSignal.any(signals) }));
      },
    });
    const poller = new Poller(client, { clock: before.clock });
    const observer = new JobObserver(client, id, { transport }, { poller });
    const leave = observer.subscribe(() => {});
    const reach = async (percent: number) => {
      while (observer.getSnapshot().percent !== percent) {
        await before.clock.advance(100);
        await settle();
      }
    };
    await reach(3);
    connection.abort();
    connection = new AbortController();
    server = await restart();
    server.running[0]?.report(4);
    await reach(4);
    for (const percent of [5, 6]) server.running[0]?.report(percent);
    await reach(6);
    const { events, missed } = observer.getSnapshot();
    expect([percents(events), missed]).toEqual([[1, 2, 3, 4, 5, 6], 1]);
    leave();
  },
);

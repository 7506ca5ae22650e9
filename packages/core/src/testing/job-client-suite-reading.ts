import type { ListFilter } from '../jobs/job-client.ts';
import { isTerminal } from '../jobs/job-view.ts';
import { suiteFaultyJob, suiteJob, suiteMalformedJob } from './job-client-suite-handlers.ts';
import {
  codeOf,
  eventually,
  type JobClientTest,
  runToEnd,
  startWaiting,
  stop,
} from './job-client-suite-kit.ts';
import { settle } from './simulated-clock.ts';
import type { SuiteRunner } from './suite-runner.ts';

/** Lists, progress and hints. */
export function jobClientReadingSuite({ expect }: SuiteRunner, test: JobClientTest): void {
  test('J17 list gives the owner’s jobs, newest first, by status and name', async ({
    alice,
    bob,
  }) => {
    const done = await runToEnd(alice);
    const faulty = await alice.start(suiteFaultyJob, { fault: 'public' });
    await alice.wait(faulty.id);
    const running = await startWaiting(alice);
    await runToEnd(bob);
    const ids = async (filter?: Parameters<typeof alice.list>[0]) =>
      (await alice.list(filter)).map(({ id }) => id);
    expect(await ids()).toEqual([running.id, faulty.id, done.id]);
    expect(await ids({})).toEqual([running.id, faulty.id, done.id]);
    expect(await ids({ status: 'running' })).toEqual([running.id]);
    expect(await ids({ status: ['failed', 'succeeded'] })).toEqual([faulty.id, done.id]);
    expect(await ids({ status: [] })).toEqual([]);
    expect(await ids({ name: 'suite.faulty' })).toEqual([faulty.id]);
    expect(await ids({ name: 'suite.job', status: 'succeeded' })).toEqual([done.id]);
    expect(await ids({ name: 'nothing' })).toEqual([]);
    await stop(alice, running.id);
  });

  test('J17 a list has results only when they are asked for', async ({ alice }) => {
    const done = await runToEnd(alice);
    expect(done.result?.value).toBe('done');
    expect(await alice.list()).toEqual([{ ...done, result: undefined }]);
    expect(await alice.list({ results: false })).toEqual([{ ...done, result: undefined }]);
    expect(await alice.list({ results: true })).toEqual([done]);
    expect(await alice.get(done.id)).toEqual(done);
  });

  test(
    'J17 pages hold a hundred jobs, or as many as asked for, and together all, newest first',
    async ({ alice, bob }) => {
      const started = await Promise.all(
        Array.from({ length: 205 }, () => alice.start(suiteJob, {})),
      );
      await Promise.all(started.map(({ id }) => alice.wait(id)));
      const pagesOf = async (filter: ListFilter): Promise<string[][]> => {
        const pages: string[][] = [];
        for (let before: string | undefined; ; before = pages.at(-1)?.at(-1)) {
          const page = await alice.list({ ...filter, before });
          if (page.length === 0) return pages;
          pages.push(page.map(({ id }) => id));
        }
      };
      const pages = await pagesOf({});
      expect(pages.map(({ length }) => length)).toEqual([100, 100, 5]);
      expect(new Set(pages.flat())).toEqual(new Set(started.map(({ id }) => id)));
      const wide = await pagesOf({ limit: 150, name: 'suite.job', status: 'succeeded' });
      expect(wide.map(({ length }) => length)).toEqual([150, 55]);
      expect(wide.flat()).toEqual(pages.flat());
      expect((await alice.list({ limit: 1 })).map(({ id }) => id)).toEqual([pages[0]?.[0]]);
      expect(await alice.list({ status: 'failed', before: pages[0]?.[0] })).toEqual([]);
      // A foreign job to begin before looks like one that is gone (J4).
      const first = pages[0]?.[0] ?? '';
      expect(await codeOf(bob.list({ before: first }))).toBe('not_found');
      await alice.consume(first);
      expect(await codeOf(alice.list({ before: first }))).toBe('not_found');
    },
    { maxKeptPerOwner: 1000 },
  );

  test(
    'J17 no more ended jobs are kept than maxKeptPerOwner: those longest not looked at go',
    async ({ alice, bob }) => {
      const foreign = await runToEnd(bob);
      const [first, second] = [await runToEnd(alice), await runToEnd(alice)];
      await alice.get(first.id);
      const third = await runToEnd(alice);
      expect((await alice.list()).map(({ id }) => id)).toEqual([third.id, first.id]);
      expect(await alice.get(second.id)).toBe(undefined);
      expect((await bob.get(foreign.id))?.status).toBe('succeeded');
    },
    { maxKeptPerOwner: 2 },
  );

  test('P2 P3 poll reads events from a cursor on, and consumes nothing', async ({ alice }) => {
    const { id } = await runToEnd(alice, { reports: 5 });
    const all = await alice.poll(id);
    expect(all.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(all.events.map(({ percent }) => percent)).toEqual([20, 40, 60, 80, 100]);
    expect(all.events[0]).toMatchObject({ phase: 'prepare', message: 'report 1' });
    expect(all).toMatchObject({ cursor: 5, missed: 0, job: { id } });
    expect(await alice.poll(id, { after: 0 })).toEqual(all);
    const some = await alice.poll(id, { after: 1, limit: 2 });
    expect(some.events).toEqual(all.events.slice(1, 3));
    expect(some).toMatchObject({ cursor: 3, missed: 0 });
    const rest = await alice.poll(id, { after: some.cursor });
    expect(rest.events).toEqual(all.events.slice(3));
    expect(await alice.poll(id, { after: 5 })).toMatchObject({ events: [], cursor: 5, missed: 0 });
    expect(await alice.poll(id, { limit: 0 })).toMatchObject({ events: [], missed: 0 });
  });

  test(
    'P1 P3 what the ring dropped is counted, and the newest is kept',
    async ({ alice }) => {
      const { id } = await runToEnd(alice, { reports: 1000 });
      const { job, events, cursor, missed } = await alice.poll(id, { limit: 1000 });
      expect(events.length <= 10).toBe(true);
      expect(events.length > 0).toBe(true);
      expect(cursor).toBe(1000);
      expect(missed).toBe(1000 - events.length);
      expect(events.at(-1)).toEqual(job?.progress);
      expect(job?.progress).toMatchObject({ seq: 1000, percent: 100, message: 'report 1000' });
      const seqs = events.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      const oldest = seqs[0] ?? 0;
      const part = await alice.poll(id, { after: oldest - 3, limit: 1 });
      expect(part).toMatchObject({ cursor: oldest, missed: 2 });
    },
    { progressCapacity: 10 },
  );

  test('P2 what is malformed is repaired or dropped, and fails no job', async ({ alice }) => {
    const { id } = await alice.start(suiteMalformedJob, {});
    const end = await alice.wait(id);
    expect(end).toMatchObject({ status: 'succeeded', droppedReports: 2 });
    const { events } = await alice.poll(id);
    expect(events.map(({ percent }) => percent)).toEqual([100, 0, null, 99]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(events[2]?.message).toBe('x'.repeat(200));
    expect(/\p{Cc}/u.test(events[1]?.message ?? '')).toBe(false);
    expect(events[3]?.message).toBe('');
  });

  test('P4 P5 whoever sees the end sees all progress', async ({ alice }) => {
    const jobs = await Promise.all(
      Array.from({ length: 5 }, () => alice.start(suiteJob, { reports: 50 })),
    );
    await Promise.all(
      jobs.map(async ({ id }) => {
        const { job, events, cursor } = await eventually(async () => {
          const poll = await alice.poll(id);
          return poll.job !== undefined && isTerminal(poll.job.status) ? poll : undefined;
        });
        expect(job?.progress?.seq).toBe(50);
        expect(events.at(-1)).toEqual(job?.progress);
        expect(cursor).toBe(50);
      }),
    );
  });

  test('P4 the newest progress is on the view while the job runs', async ({ alice }) => {
    const { id } = await alice.start(suiteJob, { reports: 4, wait: true, end: 'cancel' });
    const view = await eventually(async () => {
      const job = await alice.get(id);
      return job?.progress?.seq === 4 ? job : undefined;
    });
    expect(view).toMatchObject({ status: 'running', progress: { percent: 100, phase: 'work' } });
    expect((await alice.list())[0]?.progress).toEqual(view.progress);
    await stop(alice, id);
  });

  test('P3 J4 many polls are answered together, in the order asked', async ({ alice, bob }) => {
    const first = await runToEnd(alice, { reports: 3 });
    const second = await runToEnd(alice, { reports: 1 });
    const foreign = await runToEnd(bob, { reports: 1 });
    const polls = await alice.pollMany([
      { id: second.id },
      { id: 'nobody', after: 2 },
      { id: first.id, after: 1, limit: 1 },
      { id: foreign.id, after: 2 },
      { id: first.id },
    ]);
    expect(polls).toEqual([
      await alice.poll(second.id),
      await alice.poll('nobody', { after: 2 }),
      await alice.poll(first.id, { after: 1, limit: 1 }),
      polls[1],
      await alice.poll(first.id),
    ]);
    expect(polls[2]).toMatchObject({ cursor: 2, events: [{ seq: 2 }] });
    expect(await alice.pollMany([])).toEqual([]);
  });

  test('J17 a client that pushes gives a hint after changes, until it is stopped', async ({
    alice,
    bob,
  }) => {
    if (alice.watch === undefined || bob.watch === undefined) return;
    const { id } = await startWaiting(alice);
    let hints = 0;
    let all = 0;
    let foreign = 0;
    const down = new Set<unknown>();
    const onPush = (key: string) => (isPushed: boolean) => {
      if (isPushed) down.delete(key);
      else down.add(key);
    };
    const stops = [
      alice.watch(id, () => hints++, onPush('hints')),
      alice.watch(undefined, () => all++, onPush('all')),
      bob.watch(id, () => foreign++, onPush('foreign id')),
      bob.watch(undefined, () => foreign++, onPush('foreign')),
    ];
    // Over a network hints come when a connection is up, and its first hint is of no change.
    await eventually(async () => (down.size === 0 ? true : undefined));
    await settle();
    hints = all = foreign = 0;
    await stop(alice, id);
    await eventually(async () => (hints > 0 && all > 0 ? true : undefined));
    for (const end of stops) {
      end();
      end();
    }
    const before = [hints, all];
    await runToEnd(alice);
    expect([hints, all]).toEqual(before);
    expect(foreign).toBe(0);
  });
}

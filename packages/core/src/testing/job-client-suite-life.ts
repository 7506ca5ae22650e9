import { isTerminal } from '../jobs/job-view.ts';
import {
  suiteFaultyJob,
  suiteJob,
  suiteSecret,
  suiteTimeoutJob,
} from './job-client-suite-handlers.ts';
import {
  codeOf,
  eventually,
  type JobClientTest,
  runToEnd,
  startWaiting,
  stop,
  viewThat,
} from './job-client-suite-kit.ts';
import type { SuiteRunner } from './suite-runner.ts';

/** How jobs run, are canceled, end and are released. */
export function jobClientLifeSuite({ expect }: SuiteRunner, test: JobClientTest): void {
  test('J1 J10 a job runs to its result, which comes with its last status', async ({ alice }) => {
    const { id } = await alice.start(suiteJob, { reports: 2, value: 'ok' });
    const end = await viewThat(alice, id, (view) => isTerminal(view.status));
    expect(end).toMatchObject({
      id,
      status: 'succeeded',
      result: { value: 'ok', jobId: id },
      failure: undefined,
      cancelRequested: false,
    });
    expect(end.startedAt !== null && end.startedAt >= end.createdAt).toBe(true);
    expect(end.endedAt !== null && end.endedAt >= (end.startedAt ?? 0)).toBe(true);
    expect(await alice.wait(id)).toEqual(end);
  });

  test('J10 views are frozen wherever they come from', async ({ alice }) => {
    const { id } = await alice.start(suiteJob, { reports: 3 });
    const views = [
      await alice.wait(id),
      await alice.get(id),
      (await alice.poll(id)).job,
      (await alice.pollMany([{ id }]))[0]?.job,
      (await alice.list({ results: true }))[0],
    ];
    for (const view of views) {
      expect(Object.isFrozen(view)).toBe(true);
      expect(Object.isFrozen(view?.progress)).toBe(true);
      expect(view).toEqual(views[0]);
    }
  });

  test('J5 a cancel shows at once, and ends the job when its handler obeys', async ({ alice }) => {
    const { id } = await startWaiting(alice);
    expect(await alice.cancel(id)).toBe(true);
    expect((await alice.get(id))?.cancelRequested).toBe(true);
    const end = await alice.wait(id);
    expect(end).toMatchObject({ status: 'canceled', result: undefined, failure: undefined });
    expect(await alice.cancel(id)).toBe(false);
    expect(await alice.get(id)).toEqual(end);
  });

  test(
    'J5 a queued job is canceled without its handler ever running',
    async ({ alice }) => {
      const running = await startWaiting(alice);
      const queued = await alice.start(suiteJob, { reports: 5 });
      expect(await alice.cancel(queued.id)).toBe(true);
      expect(await alice.wait(queued.id)).toMatchObject({
        status: 'canceled',
        startedAt: null,
        progress: null,
      });
      expect((await alice.get(running.id))?.cancelRequested).toBe(false);
      await stop(alice, running.id);
    },
    { concurrency: 1 },
  );

  test('J5 a handler that returns after a cancel has succeeded', async ({ alice }) => {
    const { id } = await startWaiting(alice, 'return');
    expect(await stop(alice, id)).toMatchObject({ status: 'succeeded', cancelRequested: true });
    expect(await alice.cancel(id)).toBe(false);
  });

  test('J5 a handler that fails after a cancel has failed', async ({ alice }) => {
    const { id } = await startWaiting(alice, 'throw');
    expect(await stop(alice, id)).toMatchObject({ status: 'failed', cancelRequested: true });
  });

  test('J5 a handler may cancel its job by itself', async ({ alice }) => {
    const end = await runToEnd(alice, { end: 'cancel' });
    expect(end).toMatchObject({ status: 'canceled', result: undefined, failure: undefined });
  });

  test('J6 a job that runs longer than its timeoutMs fails with code timeout', async ({
    alice,
  }) => {
    const { id } = await alice.start(suiteTimeoutJob, {});
    const end = await alice.wait(id);
    expect(end).toMatchObject({
      status: 'failed',
      cancelRequested: true,
      failure: { code: 'timeout' },
    });
  });

  test('J8 no more handlers run than there are slots', async ({ alice, bob }) => {
    const first = await startWaiting(alice);
    const second = await startWaiting(bob);
    const third = await alice.start(suiteJob, {});
    expect((await alice.get(third.id))?.status).toBe('queued');
    await stop(bob, second.id);
    expect((await alice.wait(third.id)).status).toBe('succeeded');
    expect((await alice.get(first.id))?.status).toBe('running');
    await stop(alice, first.id);
  });

  test(
    'J8 jobs run in the order of their start, across owners',
    async ({ alice, bob }) => {
      const clients = [alice, bob, alice, bob];
      const ids: string[] = [];
      for (const client of clients) {
        ids.push((await client.start(suiteJob, { wait: true, end: 'cancel' })).id);
      }
      for (const [index, client] of clients.entries()) {
        const id = ids[index] ?? '';
        await viewThat(client, id, (view) => view.status === 'running');
        for (const [later, owner] of clients.entries()) {
          if (later <= index) continue;
          expect((await owner.get(ids[later] ?? ''))?.status).toBe('queued');
        }
        await stop(client, id);
      }
    },
    { concurrency: 1 },
  );

  test('J11 an error shows a code and a reference, and nothing of itself', async ({ alice }) => {
    const end = await runToEnd(alice, { end: 'throw' });
    expect(end.status).toBe('failed');
    expect(Object.keys(end.failure ?? {}).toSorted()).toEqual(['code', 'message', 'reference']);
    expect(end.failure?.code).toBe('handler_failed');
    expect((end.failure?.reference ?? '').length > 0).toBe(true);
    const seen = JSON.stringify([end, await alice.poll(end.id), await alice.list()]);
    expect(seen.includes(suiteSecret)).toBe(false);
    expect(seen.includes('passwd')).toBe(false);
  });

  test('J11 a public error shows its own words', async ({ alice }) => {
    const { id } = await alice.start(suiteFaultyJob, { fault: 'public' });
    const { failure } = await alice.wait(id);
    expect(failure).toMatchObject({
      code: 'no_documents',
      message: 'None of the 12 files could be read.',
    });
    expect(JSON.stringify(failure).includes(suiteSecret)).toBe(false);
  });

  test('J2 a result off its schema fails the job', async ({ alice }) => {
    const { id } = await alice.start(suiteFaultyJob, { fault: 'result' });
    expect(await alice.wait(id)).toMatchObject({
      status: 'failed',
      result: undefined,
      failure: { code: 'invalid_result' },
    });
  });

  test('J12 consume releases a job that has ended, once', async ({ alice }) => {
    const { id } = await startWaiting(alice);
    expect(await alice.consume(id)).toBe(false);
    await stop(alice, id);
    // The handler has settled when the job shows its end, or a moment later where it discards.
    await eventually(async () => (await alice.consume(id)) || undefined);
    expect(await alice.consume(id)).toBe(false);
    expect(await alice.get(id)).toBe(undefined);
    expect(await alice.poll(id)).toEqual(await alice.poll('nobody'));
    expect(await alice.list()).toEqual([]);
    expect(await codeOf(alice.wait(id))).toBe('not_found');
  });

  test('J12 of many that consume at once, one gets true', async ({ alice }) => {
    const { id } = await runToEnd(alice);
    const answers = await eventually(async () => {
      const all = await Promise.all([1, 2, 3, 4].map(() => alice.consume(id)));
      return all.includes(true) ? all : undefined;
    });
    expect(answers.filter((answer) => answer).length).toBe(1);
  });

  test('J17 wait answers all who wait, also those who come after the end', async ({ alice }) => {
    const { id } = await startWaiting(alice, 'return');
    const waits = [alice.wait(id), alice.wait(id)];
    await alice.cancel(id);
    const [first, second] = await Promise.all(waits);
    expect(first?.status).toBe('succeeded');
    expect(second).toEqual(first);
    expect(await alice.wait(id, { timeoutMs: 60_000 })).toEqual(first);
  });

  test('J17 wait ends with its timeout or its signal, and the job goes on', async ({ alice }) => {
    const { id } = await startWaiting(alice);
    expect(await codeOf(alice.wait(id, { timeoutMs: 1 }))).toBe('wait_timeout');
    const reason = new Error('The page was left.');
    const controller = new AbortController();
    const waiting = alice.wait(id, { signal: controller.signal });
    controller.abort(reason);
    expect(await rejectionOf(waiting)).toBe(reason);
    expect(await rejectionOf(alice.wait(id, { signal: controller.signal }))).toBe(reason);
    expect(await alice.get(id)).toMatchObject({ status: 'running', cancelRequested: false });
    await stop(alice, id);
  });
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

import { suiteDayMs, suiteFlakyJob, suiteJob, suiteSecret } from './job-client-suite-handlers.ts';
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

/** How jobs are attempted again, by themselves and by their owner. */
export function jobClientAttemptsSuite({ expect }: SuiteRunner, test: JobClientTest): void {
  test('A1 A10 a job that fails is tried again, is one job with one end, and finds what it saved', async ({
    alice,
  }) => {
    const { id, attempt, maxAttempts, lastFailure } = await alice.start(suiteFlakyJob, {
      failures: 2,
    });
    // Its attempts come at once: how far it is by now is a matter of speed.
    expect(attempt >= 1 && maxAttempts === 3).toBe(true);
    expect(lastFailure === null || lastFailure.code === 'busy').toBe(true);
    const end = await alice.wait(id);
    expect(end).toMatchObject({
      id,
      status: 'succeeded',
      attempt: 3,
      maxAttempts: 3,
      availableAt: null,
      lastFailure: { code: 'busy', message: 'The archive is busy.' },
      result: { attempt: 3, saved: [1, 2] },
      failure: undefined,
    });
    expect(JSON.stringify(end).includes(suiteSecret)).toBe(false);
    expect((await alice.list()).map((job) => job.id)).toEqual([id]);
  });

  test('A1 the last attempt that fails is the end', async ({ alice }) => {
    const { id } = await alice.start(suiteFlakyJob, { failures: 3 });
    const end = await alice.wait(id);
    expect(end).toMatchObject({
      status: 'failed',
      attempt: 3,
      failure: { code: 'busy' },
      lastFailure: { code: 'busy' },
    });
    expect(end.lastFailure?.reference === end.failure?.reference).toBe(false);
  });

  test('A1 a job without retry has one attempt', async ({ alice }) => {
    const end = await runToEnd(alice, { end: 'throw' });
    expect(end).toMatchObject({
      status: 'failed',
      attempt: 1,
      maxAttempts: 1,
      availableAt: null,
      lastFailure: null,
      retryOf: null,
    });
  });

  test('A2 what no other attempt would mend fails at once', async ({ alice }) => {
    const { id } = await alice.start(suiteFlakyJob, { failures: 1, next: 'never' });
    expect(await alice.wait(id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      lastFailure: null,
      failure: { code: 'busy' },
    });
  });

  test('A3 P2 events of all attempts are numbered on, and each names its attempt', async ({
    alice,
  }) => {
    const { id } = await alice.start(suiteFlakyJob, { failures: 2 });
    await alice.wait(id);
    const { events } = await alice.poll(id);
    expect(events.map(({ seq, attempt, message }) => [seq, attempt, message])).toEqual([
      [1, 1, 'attempt 1'],
      [2, 2, 'attempt 2'],
      [3, 3, 'attempt 3'],
    ]);
  });

  test('A1 A2 A4 between attempts a view tells when the next one comes, and a cancel ends the job at once', async ({
    alice,
  }) => {
    const { id } = await alice.start(
      suiteFlakyJob,
      { failures: 1, next: 'in a day' },
      { exclusivityKey: 'archive' },
    );
    const waiting = await viewThat(alice, id, (view) => view.lastFailure !== null);
    expect(waiting).toMatchObject({
      status: 'queued',
      attempt: 2,
      maxAttempts: 3,
      lastFailure: { code: 'busy', message: 'The archive is busy.' },
      failure: undefined,
      endedAt: null,
      cancelRequested: false,
      progress: { seq: 1, attempt: 1 },
    });
    const { availableAt, startedAt } = waiting;
    expect((availableAt ?? 0) >= (startedAt ?? 0) + suiteDayMs).toBe(true);
    expect(await alice.get(id)).toEqual(waiting);
    const again = alice.start(suiteJob, {}, { exclusivityKey: 'archive' });
    expect(await codeOf(again)).toBe('conflict');
    expect(await alice.consume(id)).toBe(false);

    expect(await alice.cancel(id)).toBe(true);
    expect(await alice.wait(id)).toMatchObject({
      status: 'canceled',
      attempt: 2,
      availableAt: null,
      failure: undefined,
    });
    const next = await alice.start(suiteJob, {}, { exclusivityKey: 'archive' });
    expect((await alice.wait(next.id)).status).toBe('succeeded');
  });

  const kept = { keepInputs: true };

  test(
    'A11 retry starts a new job with the input and the key of one that failed, and names it',
    async ({ alice }) => {
      const first = await alice.start(
        suiteJob,
        { wait: true, end: 'throw', reports: 1 },
        { exclusivityKey: 'archive' },
      );
      await viewThat(alice, first.id, (view) => view.progress !== null);
      expect((await stop(alice, first.id)).status).toBe('failed');
      const again = await eventually(() =>
        alice.retry(first.id).catch((error) => {
          if (error.code !== 'conflict') throw error;
          return undefined;
        }),
      );
      expect(again).toMatchObject({ name: 'suite.job', retryOf: first.id, attempt: 1 });
      expect(again.id === first.id).toBe(false);
      const other = alice.start(suiteJob, {}, { exclusivityKey: 'archive' });
      expect(await codeOf(other)).toBe('conflict');
      await viewThat(alice, again.id, (view) => view.progress !== null);
      expect(await stop(alice, again.id)).toMatchObject({ status: 'failed', retryOf: first.id });
      expect((await alice.get(first.id))?.status).toBe('failed');
    },
    kept,
  );

  test(
    'A11 a job that was canceled is started again, as often as one likes',
    async ({ alice }) => {
      const { id } = await startWaiting(alice);
      await stop(alice, id);
      const ids: string[] = [];
      for (const _ of [1, 2]) {
        const again = await alice.retry(id);
        expect(again.retryOf).toBe(id);
        ids.push(again.id);
        await stop(alice, again.id);
      }
      expect(new Set([id, ...ids]).size).toBe(3);
    },
    kept,
  );

  test(
    'A11 J4 what is active or has succeeded is not_retriable, what is foreign or gone not_found',
    async ({ alice, bob }) => {
      const running = await startWaiting(alice);
      expect(await codeOf(alice.retry(running.id))).toBe('not_retriable');
      await stop(alice, running.id);
      expect(await codeOf(bob.retry(running.id))).toBe('not_found');
      expect(await codeOf(alice.retry('nobody'))).toBe('not_found');
      const { id } = await runToEnd(alice);
      expect(await codeOf(alice.retry(id))).toBe('not_retriable');
      await alice.consume(running.id);
      expect(await codeOf(alice.retry(running.id))).toBe('not_found');
    },
    kept,
  );

  test('A11 a job whose input was not kept is not_retriable', async ({ alice }) => {
    const { id } = await startWaiting(alice);
    await stop(alice, id);
    expect(await codeOf(alice.retry(id))).toBe('not_retriable');
    expect((await alice.list()).length).toBe(1);
  });
}

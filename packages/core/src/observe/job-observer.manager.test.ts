import { expect, test, vi } from 'vitest';
import { InlineExecutor } from '../jobs/inline-executor.ts';
import { JobManager } from '../jobs/job-manager.ts';
import {
  jobClientSuiteHandlers,
  suiteDayMs,
  suiteFlakyJob,
  suiteJob,
} from '../testing/job-client-suite-handlers.ts';
import { simulatedClock } from '../testing/simulated-clock.ts';
import { JobListObserver } from './job-list-observer.ts';
import { JobObserver } from './job-observer.ts';
import { Poller } from './poller.ts';

function setup() {
  const clock = simulatedClock();
  const executor = new InlineExecutor(jobClientSuiteHandlers, { clock });
  const manager = new JobManager({ executor, clock });
  const client = manager.forOwner('alice');
  const poller = new Poller(client, { clock });
  return { clock, manager, client, poller };
}

test.each(['stream', 'poll'] as const)(
  'U1 U3 U5 a job of a manager is watched from its start to its cancel, by %s',
  async (transport) => {
    const { clock, manager, client, poller } = setup();
    const view = await client.start(suiteJob, { reports: 3, wait: true, end: 'cancel' });
    const onSettled = vi.fn();
    const observer = new JobObserver(
      client,
      view.id,
      { transport, onSettled, initialData: view },
      { poller },
    );
    const seen: unknown[] = [];
    observer.subscribe(() => seen.push(observer.getSnapshot().status));
    await clock.advance(2000);
    expect(observer.getSnapshot()).toMatchObject({
      status: 'running',
      percent: 100,
      phase: 'work',
      events: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
      missed: 0,
    });
    const snapshot = observer.getSnapshot();
    await clock.advance(10_000);
    expect(observer.getSnapshot()).toBe(snapshot);
    expect(await observer.cancel()).toBe(true);
    await clock.advance(2000);
    expect(observer.getSnapshot()).toMatchObject({ status: 'canceled', isTerminal: true });
    expect(onSettled).toHaveBeenCalledTimes(1);
    expect(seen.at(-1)).toBe('canceled');
    expect(await observer.consume()).toBe(true);
    expect(observer.getSnapshot().status).toBe('canceled');
    await manager.shutdown();
  },
);

test.each(['stream', 'poll'] as const)(
  'A1 A3 U1 a state says which attempt it is, when the next one comes and why, by %s',
  async (transport) => {
    const { clock, manager, client, poller } = setup();
    const { id } = await client.start(suiteFlakyJob, { failures: 1, next: 'in a day' });
    const onSettled = vi.fn();
    const observer = new JobObserver(client, id, { transport, onSettled }, { poller });
    expect(observer.getSnapshot()).toMatchObject({
      attempt: 1,
      maxAttempts: 1,
      availableAt: null,
      lastFailure: null,
    });
    observer.subscribe(() => undefined);
    await clock.advance(2000);
    const waiting = observer.getSnapshot();
    expect(waiting).toMatchObject({
      status: 'queued',
      isActive: true,
      attempt: 2,
      maxAttempts: 3,
      availableAt: suiteDayMs,
      lastFailure: { code: 'busy', message: 'The archive is busy.' },
      failure: undefined,
    });
    await clock.advance(10_000);
    expect(observer.getSnapshot()).toBe(waiting);
    expect(onSettled).not.toHaveBeenCalled();
    await clock.advance(suiteDayMs);
    expect(observer.getSnapshot()).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      availableAt: null,
      lastFailure: { code: 'busy' },
    });
    expect(onSettled).toHaveBeenCalledTimes(1);
    await manager.shutdown();
  },
);

test('J2 U1 the snapshot has the types of the job’s definition', async () => {
  const { clock, manager, client, poller } = setup();
  const { id } = await client.start(suiteJob, { value: 'typed' });
  const observer = new JobObserver(client, id, {}, { poller });
  observer.subscribe(() => undefined);
  await clock.advance(100);
  const { result, phase } = observer.getSnapshot();
  const value: string | undefined = result?.value;
  const known: 'prepare' | 'work' | undefined = phase;
  expect([value, known]).toEqual(['typed', undefined]);
  await manager.shutdown();
});

test('U2 the list of a manager’s jobs is pushed, and stays the same when nothing changed', async () => {
  const { clock, manager, client, poller } = setup();
  const observer = new JobListObserver(client, { filter: { name: 'suite.job' } }, { poller });
  const stop = observer.subscribe(() => undefined);
  await clock.advance(100);
  expect(observer.getSnapshot().value).toEqual([]);
  const first = await client.start(suiteJob, { wait: true, end: 'return' });
  const second = await client.start(suiteJob, {});
  await clock.advance(100);
  const before = observer.getSnapshot();
  expect(before.value?.map(({ id, status }) => [id, status])).toEqual([
    [second.id, 'succeeded'],
    [first.id, 'running'],
  ]);
  await clock.advance(10_000);
  expect(observer.getSnapshot()).toBe(before);
  await client.cancel(first.id);
  await clock.advance(100);
  expect(observer.getSnapshot().value?.[0]).toBe(before.value?.[0]);
  expect(observer.getSnapshot().value?.[1]?.status).toBe('succeeded');
  stop();
  expect(poller.size).toBe(0);
  await manager.shutdown();
});

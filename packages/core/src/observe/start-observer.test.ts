import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import type { NotifyScheduler } from '../foundation/listeners.ts';
import type { JobClient } from '../jobs/job-client.ts';
import { plain, stage } from '../jobs/job-manager.test-support.ts';
import type { JobView } from '../jobs/job-view.ts';
import { settle } from '../testing/simulated-clock.ts';
import { StartObserver } from './start-observer.ts';

/** A client whose starts wait for `gate`. */
function gated(client: JobClient, gate: (input: unknown) => Promise<void>): JobClient {
  return Object.create(client, {
    start: {
      value: async (...args: Parameters<JobClient['start']>) => {
        await gate(args[1]);
        return client.start(...args);
      },
    },
  });
}

test('U2 U7 a start is pending, then succeeds with the first view; each state is one object', async () => {
  const starter = new StartObserver(stage().alice, plain);
  const listener = vi.fn();
  starter.subscribe(listener);
  const idle = starter.getSnapshot();
  expect(idle).toMatchObject({
    status: 'idle',
    job: undefined,
    error: undefined,
    isPending: false,
  });
  expect(idle).toBe(starter.getInitialSnapshot());

  const started = starter.start(1);
  const pending = starter.getSnapshot();
  expect(pending).toMatchObject({ status: 'pending', isPending: true });
  expect(listener).not.toHaveBeenCalled();
  await Promise.resolve();
  expect(listener).toHaveBeenCalledTimes(1);

  const job = await started;
  await settle();
  expect(starter.getSnapshot()).toMatchObject({ status: 'success', isPending: false });
  expect(starter.getSnapshot().job).toBe(job);
  expect(starter.getSnapshot()).toBe(starter.getSnapshot());
  expect(listener).toHaveBeenCalledTimes(2);
  expect(starter.getInitialSnapshot()).toBe(idle);
  expect(starter.getSnapshot().start).toBe(idle.start);
  expect(starter.getSnapshot().reset).toBe(idle.reset);
});

test('U2 J3 a refused start rejects with the coded error and shows it, until the next start', async () => {
  const starter = new StartObserver(stage().alice, plain);
  const { start } = starter.getSnapshot();
  await expect(start('one' as never)).rejects.toMatchObject({ code: 'invalid_input' });
  expect(starter.getSnapshot()).toMatchObject({
    status: 'error',
    error: { code: 'invalid_input' },
    job: undefined,
    isPending: false,
  });
  const second = start(1, { exclusivityKey: 'one' });
  expect(starter.getSnapshot()).toMatchObject({ status: 'pending', error: undefined });
  await second;
  await expect(start(2, { exclusivityKey: 'one' })).rejects.toMatchObject({ code: 'conflict' });
  expect(starter.getSnapshot()).toMatchObject({ status: 'error', job: undefined });
});

test('U2 what a client throws that is not coded is unavailable, with its cause', async () => {
  const cause = new Error('down');
  const client = gated(stage().alice, () => Promise.reject(cause));
  const starter = new StartObserver(client, plain);
  await expect(starter.start(1)).rejects.toMatchObject({ code: 'unavailable', cause });
  expect(OffstageError.isInstance(starter.getSnapshot().error)).toBe(true);
});

// Vitest fails a run in which a rejection was unhandled.
test('U2 an error that nobody awaits is no unhandled rejection', async () => {
  const starter = new StartObserver(stage().alice, plain);
  void starter.start('one' as never);
  await settle();
  await settle();
  expect(starter.getSnapshot().error).toMatchObject({ code: 'invalid_input' });
});

test('U2 reset forgets what was shown, and what is under way', async () => {
  const { alice } = stage();
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const starter = new StartObserver(
    gated(alice, () => gate),
    plain,
  );
  const started = starter.start(1);
  starter.reset();
  expect(starter.getSnapshot()).toBe(starter.getInitialSnapshot());
  open();
  const job = await started;
  await settle();
  expect(starter.getSnapshot().status).toBe('idle');
  expect(await alice.get(job.id)).toBeDefined();

  await starter.start(2);
  expect(starter.getSnapshot().status).toBe('success');
  const listener = vi.fn();
  starter.subscribe(listener);
  starter.reset();
  starter.reset();
  await settle();
  expect(starter.getSnapshot()).toBe(starter.getInitialSnapshot());
  expect(listener).toHaveBeenCalledTimes(1);
});

test('U2 a start beside one that is under way is refused at once, and shows nothing', async () => {
  const { alice } = stage();
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const starter = new StartObserver(
    gated(alice, () => gate),
    plain,
  );
  const first = starter.start(1);
  const pending = starter.getSnapshot();
  await expect(starter.start(1)).rejects.toMatchObject({ code: 'conflict' });
  await expect(starter.start(2)).rejects.toMatchObject({ code: 'conflict' });
  expect(starter.getSnapshot()).toBe(pending);
  open();
  const job = await first;
  expect(starter.getSnapshot()).toMatchObject({ status: 'success', job });
  expect(await alice.list()).toHaveLength(1);
  await starter.start(1);
  expect(await alice.list()).toHaveLength(2);
});

test('U2 J3 a start without an answer, tried again, is the job that it began', async () => {
  const { alice } = stage();
  let isLost = true;
  const client: JobClient = Object.create(alice, {
    start: {
      value: async (...args: Parameters<JobClient['start']>) => {
        const job = await alice.start(...args);
        if (isLost) throw new OffstageError('unavailable', 'The answer was lost.');
        return job;
      },
    },
  });
  const starter = new StartObserver(client, plain);
  await expect(starter.start(1)).rejects.toMatchObject({ code: 'unavailable' });
  const [begun] = await alice.list();
  isLost = false;
  expect((await starter.start(1)).id).toBe(begun?.id);
  expect(await alice.list()).toHaveLength(1);
  // A start that was answered is over: the next is another one, also of the same input.
  await starter.start(1);
  expect(await alice.list()).toHaveLength(2);
});

test('U2 U7 after a reset the last call wins, in whatever order the answers come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      async (scheduler, succeeds) => {
        const client = gated(stage().alice, async (input) => {
          await scheduler.schedule(Promise.resolve());
          if (succeeds[Number(input)] !== true) throw new OffstageError('conflict', `${input}`);
        });
        const starter = new StartObserver(client, plain);
        const seen: string[] = [];
        starter.subscribe(() => seen.push(starter.getSnapshot().status));
        const starts = succeeds.map((_, index) => {
          if (index > 0) starter.reset();
          return starter.start(index);
        });
        await scheduler.waitFor(Promise.allSettled(starts));
        await settle();
        const ends = await Promise.allSettled(starts);
        expect(ends.map(({ status }) => status === 'fulfilled')).toEqual(succeeds);
        const last = ends.at(-1) as PromiseSettledResult<JobView>;
        const { job, error } = starter.getSnapshot();
        if (last.status === 'fulfilled') expect(job).toBe(last.value);
        else expect(error).toBe(last.reason);
        expect(seen).toEqual(['pending', starter.getSnapshot().status]);
      },
    ),
  );
});

test('U6 changes reach a listener when the port says so, and nobody who has left', async () => {
  const turns: (() => void)[] = [];
  const notify: NotifyScheduler = (call) => turns.push(call);
  const starter = new StartObserver(stage().alice, plain, { notify });
  const stays = vi.fn();
  const leaves = vi.fn();
  starter.subscribe(stays);
  const leave = starter.subscribe(leaves);
  await starter.start(1);
  expect(turns).toHaveLength(1);
  leave();
  leave();
  turns[0]?.();
  expect(stays).toHaveBeenCalledTimes(1);
  expect(leaves).not.toHaveBeenCalled();
});

test('U2 a definition that is made anew takes the place of the former one', async () => {
  const { alice } = stage();
  const starter = new StartObserver(alice, plain);
  starter.setDefinition({ ...plain, name: 'work.other' });
  expect((await starter.start(1)).name).toBe('work.other');
});

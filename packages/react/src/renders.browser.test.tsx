import { Profiler } from 'react';
import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';
import { countFrames, frames, mountHook, Stage } from './testing/mount.tsx';

describe('renders', () => {
  test('U6 ten thousand events a second are at most one render a frame, and the last one shows', async () => {
    const { client, play } = stage();
    const job = await play();
    const counter = countFrames();
    const framesOfRenders: number[] = [];
    const hook = await mountHook(
      ({ id }: { id: string }) => {
        framesOfRenders.push(counter.current());
        return useJobProgress(id);
      },
      { client, props: { id: job.id } },
    );
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    // A second's worth in bursts of a hundred, each in a task of its own.
    for (let burst = 0; burst < 100; burst++) {
      for (let event = 0; event < 100; event++) {
        job.report({ phase: 'index', percent: burst, message: `${burst * 100 + event}` });
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    await expect.poll(hook.current).toMatchObject({ message: '9999' });
    await frames(2);
    expect(new Set(framesOfRenders).size).toBe(framesOfRenders.length);
    counter.stop();
    expect(hook.current().events.length).toBeLessThanOrEqual(100);
  });

  test('U6 all hooks that change in one frame render in one pass', async () => {
    const { client, play } = stage();
    const jobs = await Promise.all(Array.from({ length: 20 }, play));
    const passes: string[] = [];
    const { container } = await render(
      <Stage client={client}>
        <Profiler id="all" onRender={(_id, phase) => passes.push(phase)}>
          {jobs.map(({ id }) => (
            <Percent key={id} id={id} />
          ))}
        </Profiler>
      </Stage>,
    );
    await expect.poll(() => container.textContent).toBe('-'.repeat(20));
    await frames(2);
    passes.length = 0;
    for (const job of jobs) job.report({ phase: 'index', percent: 7 });
    await expect.poll(() => container.textContent).toBe('7'.repeat(20));
    await frames(2);
    expect(passes).toEqual(['update']);
  });

  test('U6 looks that bring nothing new render nothing', async () => {
    const { client, play } = stage();
    const job = await play();
    job.report({ phase: 'index', percent: 3 });
    const hook = await mountHook(
      ({ id }: { id: string }) => useJobProgress(id, { transport: 'poll', pollInterval: 1 }),
      { client, props: { id: job.id } },
    );
    await expect.poll(hook.current).toMatchObject({ percent: 3 });
    await frames(2);
    const { length } = hook.renders;
    const looks = client.polls.length;
    await expect.poll(() => client.polls.length).toBeGreaterThan(looks + 5);
    await frames(2);
    expect(hook.renders).toHaveLength(length);
  });

  test('U6 U7 options written inline neither subscribe again nor render', async () => {
    const { client, play } = stage();
    const job = await play();
    const hook = await mountHook(
      ({ turn }: { turn: number }) => ({
        progress: useJobProgress(job.id, {
          onSettled: () => turn,
          onError: () => turn,
          initialData: undefined,
        }),
        jobs: useJobs({ status: ['running'] }, { onError: () => turn }),
        activity: useActivity({ onError: () => turn }),
        start: useStartJob({ ...ingest }, {}),
      }),
      { client, props: { turn: 0 } },
    );
    await expect.poll(() => hook.current().progress).toMatchObject({ isActive: true });
    await expect.poll(() => hook.current().jobs).toMatchObject({ isPending: false });
    await expect.poll(() => hook.current().activity).toMatchObject({ isPending: false });
    await frames(2);
    expect(client.watches).toBe(3);
    const before = hook.current();
    const renders = hook.renders.length;
    for (let turn = 1; turn <= 20; turn++) await hook.rerender({ turn });
    await frames(3);
    expect(hook.renders).toHaveLength(renders + 20);
    expect(client.watches).toBe(3);
    expect(hook.current().progress).toBe(before.progress);
    expect(hook.current().start).toBe(before.start);
    expect(hook.current().jobs.jobs).toBe(before.jobs.jobs);
    expect(client.polls.length).toBe(1);
  });

  test('U5 U6 the callbacks that are called are those of the last render', async () => {
    const { client, play } = stage();
    const job = await play();
    const called: number[] = [];
    const hook = await mountHook(
      ({ turn }: { turn: number }) =>
        useJobProgress(job.id, { onSettled: () => called.push(turn) }),
      { client, props: { turn: 0 } },
    );
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    await hook.rerender({ turn: 1 });
    await hook.rerender({ turn: 2 });
    job.end({ version: 'v1' });
    await expect.poll(hook.current).toMatchObject({ isTerminal: true });
    expect(called).toEqual([2]);
  });

  test('U1 U6 enabled and pollInterval change what is read, without another look at a new job', async () => {
    const { client, play, poller } = stage();
    const job = await play();
    const hook = await mountHook(
      ({ enabled }: { enabled: boolean }) => useJobProgress(job.id, { enabled }),
      { client, props: { enabled: false } },
    );
    await frames(2);
    expect(hook.current()).toMatchObject({ isPending: false, job: undefined });
    expect(client.polls).toEqual([]);
    await hook.rerender({ enabled: true });
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    await hook.rerender({ enabled: false });
    expect(poller.size).toBe(0);
    expect(hook.current()).toMatchObject({ isActive: true });
  });
});

function Percent({ id }: { readonly id: string }) {
  return useJobProgress(id).percent ?? '-';
}

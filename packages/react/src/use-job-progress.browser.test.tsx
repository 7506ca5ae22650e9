import type { TerminalJobView } from '@offstage/core';
import type { JobObserverOptions } from '@offstage/core/observe';
import { Component, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import { type CountingClient, stage } from '../../../scripts/browser/stage.ts';
import { JobsProvider, useJobProgress } from './index.ts';
import { frames, mountHook, Stage } from './testing/mount.tsx';

const mountProgress = (
  client: CountingClient,
  id: string | undefined,
  options: JobObserverOptions & { readonly strict?: boolean } = {},
) => {
  const { strict = false, ...rest } = options;
  return mountHook(({ id }: { id: string | undefined }) => useJobProgress(id, rest), {
    client,
    strict,
    props: { id },
  });
};

describe('what a hook shows', () => {
  test('U1 a job from its first look to its end, in words', async () => {
    const { client, play } = stage();
    const job = await play();
    const hook = await mountProgress(client, job.id);
    expect(hook.renders[0]?.value).toMatchObject({ isPending: true, percent: null, message: '' });
    await expect.poll(hook.current).toMatchObject({ status: 'running', isActive: true });
    job.report({ phase: 'index', percent: 40, message: 'File 2' });
    await expect.poll(hook.current).toMatchObject({
      percent: 40,
      phase: 'index',
      message: 'File 2',
      events: [{ seq: 1 }],
      missed: 0,
      isPending: false,
    });
    job.end({ version: 'v1' });
    await expect.poll(hook.current).toMatchObject({
      status: 'succeeded',
      result: { version: 'v1' },
      failure: undefined,
      isTerminal: true,
      isActive: false,
    });
  });

  test('U1 nothing while there is no id, and nothing is asked', async () => {
    const { client, play, poller } = stage();
    const hook = await mountProgress(client, undefined);
    await frames(2);
    expect(hook.current()).toMatchObject({ job: undefined, isPending: false, isActive: false });
    expect(client.polls).toEqual([]);
    expect(poller.size).toBe(0);
    const job = await play();
    await hook.rerender({ id: job.id });
    await expect.poll(hook.current).toMatchObject({ status: 'running' });
  });

  test('U1 J5 cancel says so at once, and the functions stay the same', async () => {
    const { client, play } = stage();
    const job = await play();
    const hook = await mountProgress(client, job.id);
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    const { cancel, refetch, consume } = hook.current();
    const canceled = cancel();
    await expect.poll(hook.current).toMatchObject({ isCanceling: true });
    expect(await canceled).toBe(true);
    job.obey();
    await expect.poll(hook.current).toMatchObject({ status: 'canceled', isCanceling: false });
    expect(hook.current()).toMatchObject({ cancel, refetch, consume });
    expect(await consume()).toBe(true);
    expect(hook.current()).toMatchObject({ status: 'canceled' });
    expect(await client.get(job.id)).toBeUndefined();
  });

  test('U1 a client as an option goes before the provider, and needs none', async () => {
    const near = stage();
    const far = stage();
    const job = await near.play();
    const hook = await mountHook(
      ({ id }: { id: string }) => useJobProgress(id, { client: near.client }),
      { client: far.client, props: { id: job.id } },
    );
    await expect.poll(hook.current).toMatchObject({ status: 'running' });
    expect(far.client.polls).toEqual([]);
  });

  test('U1 another client is another bed: nothing of the former one shows', async () => {
    const first = stage();
    const second = stage();
    const job = await first.play();
    const shown: string[] = [];
    const tree = (client: CountingClient) => (
      <JobsProvider client={client}>
        <Status id={job.id} />
      </JobsProvider>
    );
    const { container, rerender } = await render(tree(first.client));
    const observer = new MutationObserver(() => shown.push(container.textContent));
    observer.observe(container, { subtree: true, childList: true, characterData: true });
    await expect.poll(() => container.textContent).toBe('running');
    observer.takeRecords();
    shown.length = 0;
    await rerender(tree(second.client));
    await expect.poll(() => container.textContent).toBe('not_found');
    expect(shown).toEqual(['pending', 'not_found']);
    expect(first.poller.size).toBe(0);
  });

  test('U1 without a client the error says what to do', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const caught: unknown[] = [];
    await render(
      <Boundary caught={caught}>
        <Progress id="a" />
      </Boundary>,
    );
    expect(caught).toMatchObject([
      {
        code: 'invalid_option',
        message: expect.stringContaining('<JobsProvider client={client}>'),
      },
    ]);
    log.mockRestore();
  });

  test('U1 options that make no sense are refused, at first and later', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { client } = stage();
    const caught: unknown[] = [];
    const tree = (pollInterval: number) => (
      <Stage client={client}>
        <Boundary caught={caught} key={caught.length}>
          <Progress id="a" pollInterval={pollInterval} />
        </Boundary>
      </Stage>
    );
    const { rerender } = await render(tree(-1));
    expect(caught).toMatchObject([{ code: 'invalid_option' }]);
    await rerender(tree(1000));
    expect(caught).toHaveLength(1);
    await rerender(tree(0));
    expect(caught).toMatchObject([{ code: 'invalid_option' }, { code: 'invalid_option' }]);
    log.mockRestore();
  });
});

describe('another job', () => {
  test('U5 changing the id never shows the former job, however quickly', async () => {
    const { client, play } = stage();
    const jobs = await Promise.all([play(), play(), play()]);
    for (const [index, job] of jobs.entries()) {
      job.report({ phase: 'save', percent: index, message: job.id });
    }
    let open = (): void => undefined;
    client.gate = () =>
      new Promise<void>((resolve) => {
        open = resolve;
      });
    const hook = await mountProgress(client, jobs[0]?.id);
    // Answers arrive late: after the id that they were asked for has left the screen.
    const order = [1, 2, 0, 1, 0, 2];
    for (const index of order) {
      await hook.rerender({ id: jobs[index]?.id });
      if (index === 0) open();
    }
    client.gate = async () => undefined;
    open();
    await expect.poll(hook.current).toMatchObject({ message: jobs[2]?.id });
    for (const { props, value } of hook.renders) {
      if (value.job !== undefined) expect(value.job.id).toBe(props.id);
      expect(['', props.id]).toContain(value.message);
    }
  });

  test('U5 U1 initialData shows at once, for the job that it is of', async () => {
    const { client, play } = stage();
    const [first, second] = [await play(), await play()];
    first.report({ phase: 'save', percent: 7 });
    const initialData = await client.get(first.id);
    const hook = await mountProgress(client, first.id, { initialData });
    expect(hook.renders[0]?.value).toMatchObject({ percent: 7, isPending: false });
    await hook.rerender({ id: second.id });
    const of = hook.renders.filter(({ props }) => props.id === second.id);
    expect(of[0]?.value).toMatchObject({ percent: null, isPending: true });
  });

  test('U5 unmounting never cancels, and an answer on its way finds nobody', async () => {
    const { client, play, poller } = stage();
    const job = await play();
    let open = (): void => undefined;
    client.gate = () =>
      new Promise<void>((resolve) => {
        open = resolve;
      });
    const onError = vi.fn();
    const hook = await mountProgress(client, job.id, { onError });
    await expect.poll(() => client.polls.length).toBe(1);
    const { length } = hook.renders;
    await hook.unmount();
    expect(poller.size).toBe(0);
    expect(client.watchers).toBe(0);
    open();
    await frames(2);
    expect(hook.renders).toHaveLength(length);
    expect(onError).not.toHaveBeenCalled();
    expect(client.cancels).toEqual([]);
    expect(await client.get(job.id)).toMatchObject({ status: 'running', cancelRequested: false });
  });
});

describe.each([{ strict: false }, { strict: true }])('the end, strict: $strict', ({ strict }) => {
  test('U5 onSettled is called once, with the terminal view', async () => {
    const { client, play } = stage();
    const job = await play();
    const onSettled = vi.fn();
    const hook = await mountProgress(client, job.id, { strict, onSettled });
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    expect(onSettled).not.toHaveBeenCalled();
    job.end({ version: 'v1' });
    await expect.poll(hook.current).toMatchObject({ isTerminal: true });
    await frames(2);
    expect(onSettled).toHaveBeenCalledTimes(1);
    expect(onSettled.mock.calls[0]?.[0]).toMatchObject({ result: { version: 'v1' } });
  });

  test('U5 onSettled is called once for a job that was over before the mount', async () => {
    const { client, play } = stage();
    const job = await play();
    job.end({ version: 'v1' });
    const view = await client.wait(job.id);
    const onSettled = vi.fn();
    const hook = await mountProgress(client, job.id, { strict, onSettled });
    await expect.poll(hook.current).toMatchObject({ isTerminal: true });
    const given = vi.fn();
    await mountProgress(client, job.id, { strict, onSettled: given, initialData: view });
    await expect.poll(() => given.mock.calls.length).toBe(1);
    await frames(3);
    expect(given).toHaveBeenCalledTimes(1);
    expect(onSettled).toHaveBeenCalledTimes(1);
  });

  test('U5 onSettled is called once per job when ids come back', async () => {
    const { client, play } = stage();
    const [first, second] = [await play(), await play()];
    first.end({ version: '1' });
    second.end({ version: '2' });
    await Promise.all([client.wait(first.id), client.wait(second.id)]);
    const settled: string[] = [];
    const hook = await mountProgress(client, first.id, {
      strict,
      onSettled: (job: TerminalJobView) => settled.push(job.id),
    });
    for (const id of [second.id, first.id, second.id]) {
      await expect.poll(hook.current).toMatchObject({ isTerminal: true });
      await hook.rerender({ id });
    }
    await expect.poll(hook.current).toMatchObject({ isTerminal: true, result: { version: '2' } });
    await frames(2);
    expect(settled).toEqual([first.id, second.id]);
  });

  test('U4 U5 a mount costs one look, and leaves nothing behind', async () => {
    const { client, play, poller } = stage();
    const job = await play();
    const hook = await mountProgress(client, job.id, { strict });
    await expect.poll(hook.current).toMatchObject({ isActive: true });
    await frames(2);
    expect(client.polls).toEqual([[job.id]]);
    expect(client.watchers).toBe(1);
    await hook.unmount();
    expect(poller.size).toBe(0);
    expect(client.watchers).toBe(0);
  });
});

function Status({ id }: { readonly id: string }) {
  const { status, error, isPending } = useJobProgress(id);
  return <p>{isPending ? 'pending' : (status ?? error?.code)}</p>;
}

interface ProgressProps {
  readonly id: string;
  readonly pollInterval?: number;
}

function Progress({ id, pollInterval }: ProgressProps) {
  return <p>{useJobProgress(id, { pollInterval }).status}</p>;
}

class Boundary extends Component<{ caught: unknown[]; children: ReactNode }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown) {
    this.props.caught.push(error);
  }

  override render() {
    return this.state.failed ? null : this.props.children;
  }
}

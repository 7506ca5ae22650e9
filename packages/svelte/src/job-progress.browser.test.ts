import type { JobClient, TerminalJobView } from '@offstage/core';
import { tick } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import Current from '../fixtures/current.svelte';
import Legacy from '../fixtures/legacy.svelte';
import Progress from '../fixtures/progress.svelte';
import { frames, type Seen, stage, until } from '../fixtures/stage.ts';

afterEach(() => cleanup());

interface Shown {
  client: JobClient;
  jobId: string | undefined;
  seen: Seen[];
}

interface Screen {
  rerender(props: Partial<Shown>): Promise<void>;
  unmount(): Promise<void>;
}

const syntaxes: [string, (props: Shown) => PromiseLike<Screen>][] = [
  ['$progress in runes', (props) => render(Progress, props)],
  ['progress.current', (props) => render(Current, props)],
  ['$progress in Svelte 4 syntax', (props) => render(Legacy, props)],
];

const status = () => page.getByTestId('status');
const button = () => page.getByRole('button', { name: 'Cancel' });

describe.each(syntaxes)('%s', (_, show) => {
  test('U1 U2 shows a job from its first look to its end', async () => {
    const { pushed, play } = stage();
    const job = await play();
    const seen: Seen[] = [];
    await show({ client: pushed, jobId: job.id, seen });
    job.report({ phase: 'index', percent: 40, message: 'File 4' });
    await expect.element(page.getByText(/File 4/)).toBeVisible();
    job.end({ version: 'v1' });
    await expect.element(status()).toHaveTextContent('succeeded');
    expect(seen.at(-1)?.snapshot).toMatchObject({
      percent: 40,
      phase: 'index',
      message: 'File 4',
      result: { version: 'v1' },
      failure: undefined,
      error: undefined,
      missed: 0,
      failureCount: 0,
      isTerminal: true,
      isActive: false,
      isPending: false,
      isCanceling: false,
      isPaused: false,
    });
    expect(seen.at(-1)?.snapshot.events).toHaveLength(1);
  });

  test('U5 a changed id never shows the old state, not in a single render', async () => {
    const { client, play, poller } = stage();
    const first = await play();
    const second = await play();
    const seen: Seen[] = [];
    const screen = await show({ client, jobId: first.id, seen });
    first.report({ phase: 'save', percent: 10, message: 'first' });
    await until(() => seen.at(-1)?.snapshot.job !== undefined);
    await screen.rerender({ jobId: second.id });
    await tick();
    expect(document.body.textContent).not.toContain('first');
    await until(() => seen.at(-1)?.snapshot.job?.id === second.id);
    await screen.rerender({ jobId: undefined });
    await expect.element(status()).toHaveTextContent('none');
    expect(seen.at(-1)?.snapshot.isPending).toBe(false);
    await screen.rerender({ jobId: first.id });
    await until(() => seen.at(-1)?.snapshot.job?.id === first.id);
    for (const { jobId, snapshot } of seen) expect([undefined, jobId]).toContain(snapshot.job?.id);
    await screen.unmount();
    await until(() => poller.size === 0);
  });

  test('U5 ids switched in a burst while a request is under way end with the last one', async () => {
    const { client, play, poller } = stage();
    const jobs = await Promise.all(Array.from({ length: 20 }, play));
    const ids = jobs.map(({ id }) => id);
    const seen: Seen[] = [];
    const release = client.hold();
    const screen = await show({ client, jobId: ids[0], seen });
    await until(() => client.polls.length === 1);
    for (const jobId of ids.slice(1)) await screen.rerender({ jobId });
    release();
    await until(() => seen.at(-1)?.snapshot.job?.id === ids.at(-1));
    for (const { jobId, snapshot } of seen) expect([undefined, jobId]).toContain(snapshot.job?.id);
    expect(poller.size).toBe(1);
    expect(client.polls.flat().filter((id) => id === ids[7])).toEqual([]);
  });

  test('U6 renders once a frame under a flood, and not at all when nothing changed', async () => {
    const { pushed, play } = stage();
    const job = await play();
    const seen: Seen[] = [];
    await show({ client: pushed, jobId: job.id, seen });
    await until(() => seen.at(-1)?.snapshot.job !== undefined);
    const before = seen.length;
    const drawn = 20;
    for (let frame = 0; frame < drawn; frame++) {
      for (let step = 0; step < 100; step++) {
        job.report({ phase: 'index', percent: step, message: `${frame} ${step}` });
      }
      await frames(1);
    }
    await frames(5);
    expect(seen.length - before).toBeGreaterThan(0);
    expect(seen.length - before).toBeLessThanOrEqual(drawn + 5);
    const after = seen.length;
    await frames(5);
    expect(seen.length).toBe(after);
  });

  test('U5 unmounting during a request cancels nothing and shows nothing', async () => {
    const { client, play, poller, pushed } = stage();
    const job = await play();
    const seen: Seen[] = [];
    const release = client.hold();
    const screen = await show({ client, jobId: job.id, seen });
    await until(() => client.polls.length === 1);
    await screen.unmount();
    const renders = seen.length;
    release();
    await frames(3);
    expect(seen.length).toBe(renders);
    expect(poller.size).toBe(0);
    expect(client.cancels).toEqual([]);
    expect((await pushed.get(job.id))?.status).toBe('running');
  });
});

describe.each(syntaxes.filter(([name]) => name.startsWith('$')))('%s', (_, show) => {
  test('U1 cancels from a click, and says so at once', async () => {
    const { client, play } = stage();
    const job = await play();
    const seen: Seen[] = [];
    await show({ client, jobId: job.id, seen });
    await expect.element(button()).toBeEnabled();
    const release = client.hold();
    await button().click();
    await expect.element(button()).toBeDisabled();
    expect(seen.at(-1)?.snapshot).toMatchObject({ status: 'running', isCanceling: true });
    release();
    await expect.element(status()).toHaveTextContent('canceled');
    expect(client.cancels).toEqual([job.id]);
  });
});

test('U5 onSettled is called once a job, also for one that ended before, and after a remount of its id', async () => {
  const { client, play } = stage();
  const [ended, running] = [await play(), await play()];
  ended.end({ version: 'v0' });
  const settled: TerminalJobView[] = [];
  const options = { pollInterval: 10, onSettled: (job: TerminalJobView) => settled.push(job) };
  const screen = await render(Progress, { client, jobId: ended.id, options });
  await until(() => settled.length === 1);
  await screen.rerender({ jobId: running.id });
  running.end({ version: 'v1' });
  await until(() => settled.length === 2);
  await screen.rerender({ jobId: ended.id });
  await expect.element(status()).toHaveTextContent('succeeded');
  await frames(3);
  expect(settled.map(({ id }) => id)).toEqual([ended.id, running.id]);
});

test('U1 options given as a getter are followed', async () => {
  const { client, play } = stage();
  const job = await play();
  const onError = vi.fn();
  const props = { client, jobId: job.id, options: { enabled: false } };
  const screen = await render(Progress, props);
  await frames(3);
  expect(client.polls).toEqual([]);
  await screen.rerender({ options: { enabled: true, onError } });
  await expect.element(status()).toHaveTextContent('running');
  client.gate = async () => {
    throw new TypeError('The network is gone.');
  };
  await screen.rerender({ options: { onError, pollInterval: 10 } });
  await until(() => onError.mock.calls.length > 0);
});

test('U1 another client is another connection', async () => {
  const { client, play, poller } = stage();
  const other = stage();
  const [job, elsewhere] = [await play(), await other.play()];
  const screen = await render(Progress, { client, jobId: job.id });
  await expect.element(status()).toHaveTextContent('running');
  await screen.rerender({ client: other.pushed, jobId: elsewhere.id });
  await until(() => poller.size === 0);
  elsewhere.report({ phase: 'save', message: 'elsewhere' });
  await expect.element(page.getByRole('status')).toHaveTextContent('elsewhere');
});

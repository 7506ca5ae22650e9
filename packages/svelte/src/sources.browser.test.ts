import { derived, get, writable } from 'svelte/store';
import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import LegacySwitch from '../fixtures/legacy-switch.svelte';
import Sources from '../fixtures/sources.svelte';
import { frames, stage, until } from '../fixtures/stage.ts';
import { jobProgress } from './index.ts';

afterEach(() => cleanup());

test('U2 U5 ids as values, getters and stores; stores made in $derived', async () => {
  const { client, play, poller, pushed } = stage();
  const [first, second] = [await play(), await play()];
  first.report({ phase: 'save', message: 'first' });
  second.report({ phase: 'save', message: 'second' });
  const ids = writable<string | undefined>(first.id);
  const made: object[] = [];
  const screen = await render(Sources, { client, jobId: first.id, ids, made });
  const text = (id: string) => expect.element(page.getByTestId(id));
  await text('derived').toHaveTextContent('first first');
  await text('per-id').toHaveTextContent('first');
  await text('followed').toHaveTextContent('first first');
  await screen.rerender({ jobId: second.id });
  await text('derived').toHaveTextContent('second second');
  await text('per-id').toHaveTextContent('second');
  await text('followed').toHaveTextContent('first first');
  ids.set(second.id);
  await text('followed').toHaveTextContent('second second');
  ids.set(undefined);
  await text('followed').toHaveTextContent('');
  // An id that changes within `$derived` makes another store.
  expect(made).toHaveLength(2);
  await until(() => poller.size === 1);
  await screen.unmount();
  await until(() => poller.size === 0);
  expect((await pushed.list({ status: 'running' })).length).toBe(2);
});

test('U2 U5 a store made in $: for each id', async () => {
  const { client, play, poller } = stage();
  const [first, second] = [await play(), await play()];
  first.report({ phase: 'save', message: 'first' });
  second.report({ phase: 'save', message: 'second' });
  const screen = await render(LegacySwitch, { client, jobId: first.id });
  const status = page.getByRole('status');
  await expect.element(status).toHaveTextContent(`${first.id} first`);
  for (const job of [second, first, second]) {
    await screen.rerender({ jobId: job.id });
    await expect
      .element(status)
      .toHaveTextContent(job === first ? `${first.id} first` : `${second.id} second`);
  }
  expect(poller.size).toBe(1);
  await screen.unmount();
  expect(poller.size).toBe(0);
});

test('U2 U7 keeps the store contract outside of components', async () => {
  const { client, play, poller } = stage();
  const [first, second] = [await play(), await play()];
  let id: string | undefined = first.id;
  const progress = jobProgress(client, () => id);
  const seen: unknown[] = [];
  const stop = progress.subscribe(({ isPending, job }) => seen.push(job?.id ?? isPending));
  expect(seen).toEqual([true]);
  const again: unknown[] = [];
  const stopAgain = progress.subscribe(({ job }) => again.push(job?.id));
  await until(() => again.length === 2);
  expect(seen).toEqual([true, first.id]);
  stopAgain();
  stopAgain();
  expect(poller.size).toBe(1);
  stop();
  expect(poller.size).toBe(0);
  // A plain variable is followed by no effect, and yet nobody who looks sees the former job.
  expect(get(progress).job?.id).toBe(first.id);
  id = second.id;
  expect(get(progress).job).toBeUndefined();
  expect(progress.current.job).toBeUndefined();
  id = undefined;
  expect(progress.current.isPending).toBe(false);
  id = first.id;
  await progress.refetch();
  expect(progress.current.job?.id).toBe(first.id);
  await progress.cancel();
  expect(client.cancels).toEqual([first.id]);
  await frames(2);
  expect(seen).toEqual([true, first.id]);
});

test('U5 a store of ids that went away and came back is read anew', async () => {
  const { client, play } = stage();
  const [first, second] = [await play(), await play()];
  const ids = writable(first.id);
  const progress = jobProgress(client, ids);
  const seen: unknown[] = [];
  progress.subscribe(({ job }) => seen.push(job?.id))();
  ids.set(second.id);
  progress.subscribe(({ job }) => seen.push(job?.id))();
  ids.set(first.id);
  const stop = progress.subscribe(({ job }) => seen.push(job?.id));
  await until(() => seen.at(-1) === first.id);
  ids.set(second.id);
  await until(() => seen.at(-1) === second.id);
  stop();
  expect(seen.filter((id) => id !== undefined)).toEqual([first.id, second.id]);
});

test('U6 an input that changed, and changed nothing, tells nobody', async () => {
  const { client, play } = stage();
  const { id } = await play();
  const [ids, options] = [writable({ id }), writable({ maxEvents: 10 })];
  const progress = jobProgress(
    client,
    derived(ids, (job) => job.id),
    options,
  );
  const seen: unknown[] = [];
  const stop = progress.subscribe(({ status }) => seen.push(status));
  await until(() => seen.at(-1) === 'running');
  for (const maxEvents of [20, 30, 40]) {
    options.set({ maxEvents });
    ids.set({ id });
    await frames(2);
  }
  expect(seen).toEqual([undefined, 'running']);
  stop();
});

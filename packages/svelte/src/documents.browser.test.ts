import { tick } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import Layout from '../fixtures/layout.svelte';
import Quickstart from '../fixtures/quickstart.ts';
import { stage, until } from '../fixtures/stage.ts';

afterEach(() => cleanup());

test('U1 U2 the client comes from the context: start, watch, list, count', async () => {
  const { client, poller, played } = stage();
  const screen = await render(Layout, { client });
  await expect.element(page.getByTestId('running')).toHaveTextContent('0');
  await page.getByRole('button', { name: 'Ingest' }).click();
  await expect.element(page.getByTestId('running')).toHaveTextContent('1');
  await expect.element(page.getByText(/ running$/)).toBeVisible();
  const [job] = played();
  if (job === undefined) throw new Error('No handler runs.');
  job.report({ phase: 'index', percent: 50 });
  await expect.element(page.getByTestId('version')).toHaveTextContent('index');
  // The key is held, so a second start is refused, and says so.
  await page.getByRole('button', { name: 'Ingest' }).click();
  await expect.element(page.getByRole('alert')).toBeVisible();
  expect(played()).toHaveLength(1);
  await screen.unmount();
  await until(() => poller.size === 0);
});

test('U2 a filter given as a getter is followed', async () => {
  const { client, play } = stage();
  const [running, ended] = [await play(), await play()];
  ended.end({ version: 'v1' });
  await render(Layout, { client });
  await expect.element(page.getByRole('listitem')).toHaveTextContent(`${running.id} running`);
  await page.getByRole('button', { name: 'Show finished' }).click();
  await expect.element(page.getByRole('listitem')).toHaveTextContent(`${ended.id} succeeded`);
});

test('U1 without a client in the context the error says what to do', async () => {
  await expect(async () => render(Layout, {})).rejects.toThrow(/setJobs/);
});

test('U1 U5 the quick start works as printed', async () => {
  const { client, pushed, play } = stage();
  const [first, second] = [await play(), await play()];
  const screen = await render(Quickstart, { client: pushed, jobId: first.id });
  first.report({ phase: 'index', percent: 40, message: 'File 4' });
  const status = page.getByRole('status');
  await expect.element(status).toHaveTextContent('File 4');
  await expect.element(page.getByRole('progressbar', { name: 'index' })).toHaveValue(40);
  await screen.rerender({ jobId: second.id });
  await tick();
  expect(document.body.textContent).not.toContain('File 4');
  second.report({ phase: 'save', percent: 5, message: 'File 1' });
  await expect.element(status).toHaveTextContent('File 1');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect.element(page.getByRole('button')).not.toBeInTheDocument();
  await vi.waitFor(async () => expect((await client.get(second.id))?.status).toBe('canceled'));
  expect((await client.get(first.id))?.status).toBe('running');
});

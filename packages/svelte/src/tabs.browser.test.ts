import { HttpJobClient } from '@offstage/http/client';
import { afterEach, expect, test, vi } from 'vitest';
import { commands, page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import { openTestBed, tabUrl } from '../../../scripts/browser/bed-client.ts';
import Progress from '../fixtures/progress.svelte';

afterEach(async () => {
  await cleanup();
  await commands.closeTabs();
});

const status = () => page.getByTestId('status');
const message = () => page.getByRole('status');

test('U5 J5 two tabs see one job: what one cancels, the other shows; closing one ends nothing', async () => {
  const bed = await openTestBed();
  const [first = '', second = ''] = await bed.start(2);
  const module = new URL('../fixtures/tab.ts', import.meta.url);
  const openTab = (id: string): Promise<number> => {
    module.search = new URLSearchParams({ jobs: bed.baseUrl, id }).toString();
    return commands.openTab(tabUrl(module.href));
  };
  const client = new HttpJobClient({ baseUrl: bed.baseUrl });
  const onSettled = vi.fn();
  const screen = await render(Progress, { client, jobId: first, options: { onSettled } });
  const there = await openTab(first);
  await expect.poll(() => commands.readTab(there)).toContain('running');
  await bed.act({ do: 'report', id: first, percent: 40, message: 'File 4' });
  await expect.poll(() => commands.readTab(there)).toContain('File 4');
  await expect.element(message()).toHaveTextContent('File 4');
  await commands.clickTab(there, 'button');
  await expect.element(status()).toHaveTextContent('canceled');
  await expect.poll(() => commands.readTab(there)).toContain('canceled');
  expect(onSettled).toHaveBeenCalledTimes(1);

  await screen.rerender({ jobId: second });
  const other = await openTab(second);
  await expect.poll(() => commands.readTab(other)).toContain('running');
  await commands.closeTabs();
  await bed.act({ do: 'report', id: second, percent: 60, message: 'File 6' });
  await expect.element(message()).toHaveTextContent('File 6');
  await expect.element(status()).toHaveTextContent('running');
});

test('U3 offline and back: the last good state stays, then the job goes on', async () => {
  const bed = await openTestBed();
  const [jobId = ''] = await bed.start();
  const client = new HttpJobClient({ baseUrl: bed.baseUrl, streaming: false });
  const onError = vi.fn();
  const options = { pollInterval: 20, onError };
  await render(Progress, { client, jobId, options });
  await bed.act({ do: 'report', id: jobId, percent: 10, message: 'File 1' });
  await expect.element(message()).toHaveTextContent('File 1');
  await commands.setOffline(bed.baseUrl, true);
  await expect.poll(() => onError.mock.calls.length).toBeGreaterThan(0);
  await bed.act({ do: 'end', id: jobId, version: 'v1' });
  await expect.element(message()).toHaveTextContent('File 1');
  await expect.element(status()).toHaveTextContent('running');
  await commands.setOffline(bed.baseUrl, false);
  await expect.element(status()).toHaveTextContent('succeeded');
});

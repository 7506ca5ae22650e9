import { HttpJobClient } from '@offstage/http/client';
import { afterEach, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import { openTestBed, tabUrl } from '../../../scripts/browser/bed-client.ts';

afterEach(() => commands.closeTabs());

test('H4 six windows over HTTP/1.1 all load and answer, and the next one has the stream of one that closed', async () => {
  const bed = await openTestBed();
  const ids = await bed.start(7);
  const module = new URL('./testing/tab.tsx', import.meta.url);
  const open = (id: string): Promise<number> => {
    module.search = new URLSearchParams({ jobs: bed.baseUrl, id }).toString();
    return commands.openTab(tabUrl(module.href));
  };
  const tabs: number[] = [];
  for (const id of ids.slice(0, 6)) tabs.push(await open(id));
  for (const tab of tabs) await expect.poll(() => commands.readTab(tab)).toContain('running -');
  for (const id of ids) await bed.act({ do: 'report', id, percent: 40 });
  for (const tab of tabs) await expect.poll(() => commands.readTab(tab)).toContain('running 40');
  // A request of another kind finds a connection as well.
  const last = tabs.at(-1) ?? 0;
  await commands.clickTab(last, 'button');
  await expect.poll(() => commands.readTab(last)).toContain('canceled 40');
  const client = new HttpJobClient({ baseUrl: bed.baseUrl, streaming: false });
  expect(await client.list()).toHaveLength(7);
  await expect.poll(async () => (await bed.state()).streams).toBe(3);

  await commands.closeTabs();
  const next = await open(ids[6] ?? '');
  await expect.poll(() => commands.readTab(next)).toContain('running 40');
  await expect.poll(async () => (await bed.state()).streams).toBe(1);
});

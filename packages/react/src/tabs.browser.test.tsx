import { HttpJobClient } from '@offstage/http/client';
import { afterEach, expect, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import { openTestBed, tabUrl } from '../../../scripts/browser/bed-client.ts';
import { useJobProgress } from './index.ts';
import { mountHook } from './testing/mount.tsx';

afterEach(() => commands.closeTabs());

test('U5 J5 two tabs see one job: what one cancels, the other shows; closing one ends nothing', async () => {
  const bed = await openTestBed();
  const [first = '', second = ''] = await bed.start(2);
  const module = new URL('./testing/tab.tsx', import.meta.url);
  const openTab = (id: string): Promise<number> => {
    module.search = new URLSearchParams({ jobs: bed.baseUrl, id }).toString();
    return commands.openTab(tabUrl(module.href));
  };
  const client = new HttpJobClient({ baseUrl: bed.baseUrl });
  const onSettled = vi.fn();
  const here = await mountHook(({ id }: { id: string }) => useJobProgress(id, { onSettled }), {
    client,
    props: { id: first },
  });
  const there = await openTab(first);
  await expect.poll(() => commands.readTab(there)).toContain('running -');
  await bed.act({ do: 'report', id: first, percent: 40 });
  await expect.poll(() => commands.readTab(there)).toContain('running 40');
  await expect.poll(here.current).toMatchObject({ percent: 40 });
  await commands.clickTab(there, 'button');
  await expect.poll(here.current).toMatchObject({ status: 'canceled' });
  await expect.poll(() => commands.readTab(there)).toContain('canceled 40');
  expect(onSettled).toHaveBeenCalledTimes(1);

  await here.rerender({ id: second });
  const other = await openTab(second);
  await expect.poll(() => commands.readTab(other)).toContain('running -');
  await commands.closeTabs();
  await bed.act({ do: 'report', id: second, percent: 60 });
  await expect.poll(here.current).toMatchObject({ percent: 60, isActive: true });
});

import { sharedPoller } from '@offstage/core/observe';
import type {} from '@vitest/browser-playwright';
import { mount, unmount } from 'svelte';
import { expect, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import Current from '../fixtures/current.svelte';
import Legacy from '../fixtures/legacy.svelte';
import Progress from '../fixtures/progress.svelte';
import { frames, type Seen, stage } from '../fixtures/stage.ts';

test('U5 nothing is left of a thousand mounts and unmounts', async () => {
  const { client, play, pushed } = stage();
  const job = await play();
  const added = vi.spyOn(document, 'addEventListener');
  const removed = vi.spyOn(document, 'removeEventListener');
  const traces: WeakRef<Seen[]>[] = [];
  const visit = async (round: number): Promise<void> => {
    const seen: Seen[] = [];
    traces.push(new WeakRef(seen));
    const component = [Progress, Current, Legacy][round % 3] ?? Progress;
    const props = { client: round % 2 === 0 ? client : pushed, jobId: job.id, seen };
    const shown = mount(component, { target: document.body, props });
    job.report({ phase: 'index', percent: round % 100 });
    // Some live for a moment, some until a request is under way, some until they have shown the job.
    if (round % 5 > 0) await Promise.resolve();
    if (round % 50 === 0) await frames(2);
    await unmount(shown);
  };
  for (let round = 0; round < 1000; round++) await visit(round);
  await frames(3);
  expect(sharedPoller(client).size).toBe(0);
  expect(sharedPoller(pushed).size).toBe(0);
  const watched = (calls: unknown[][]): number =>
    calls.filter(([type]) => type === 'visibilitychange').length;
  expect(watched(added.mock.calls)).toBeGreaterThan(0);
  expect(watched(removed.mock.calls)).toBe(watched(added.mock.calls));
  const polls = client.polls.length;
  await frames(70);
  expect(client.polls.length).toBe(polls);
  await cdp().send('HeapProfiler.collectGarbage');
  expect(traces.filter((trace) => trace.deref() !== undefined).length).toBeLessThan(10);
});

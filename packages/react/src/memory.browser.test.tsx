import type {} from '@vitest/browser-playwright';
import { expect, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { stage } from '../../../scripts/browser/stage.ts';
import { useActivity, useJobProgress, useJobs } from './index.ts';
import { Host } from './testing/host.ts';
import { frames, Stage } from './testing/mount.tsx';

test.each([false, true])(
  'U5 U7 nothing is left of a thousand mounts, strict: %s',
  async (strict) => {
    const { client, play, poller } = stage();
    const job = await play();
    const added = vi.spyOn(document, 'addEventListener');
    const removed = vi.spyOn(document, 'removeEventListener');
    const traces: WeakRef<object>[] = [];
    const { rerender } = await render(null);
    const visit = async (round: number): Promise<void> => {
      const renders: never[] = [];
      traces.push(new WeakRef(renders));
      await rerender(
        <Stage client={client} strict={strict}>
          <Host key={round} hook={useEverything} props={job.id} renders={renders} />
        </Stage>,
      );
      job.report({ phase: 'index', percent: round % 100 });
      // Some leave at once, some while a request is under way, some when they have shown the job.
      if (round % 5 > 0) await Promise.resolve();
      if (round % 50 === 0) await frames(2);
    };
    for (let round = 0; round < 1000; round++) await visit(round);
    // The newest one alone is observed.
    expect(poller.size).toBe(3);
    expect(client.watchers).toBe(3);
    await rerender(null);
    expect(poller.size).toBe(0);
    expect(client.watchers).toBe(0);
    const watched = (calls: unknown[][]): number =>
      calls.filter(([type]) => type === 'visibilitychange').length;
    expect(watched(added.mock.calls)).toBeGreaterThan(0);
    expect(watched(removed.mock.calls)).toBe(watched(added.mock.calls));
    added.mockRestore();
    removed.mockRestore();
    const polls = client.polls.length;
    await frames(10);
    expect(client.polls.length).toBe(polls);
    await cdp().send('HeapProfiler.collectGarbage');
    // React itself keeps what it drew last.
    expect(traces.filter((trace) => trace.deref() !== undefined).length).toBeLessThan(10);
  },
);

function useEverything(id: string) {
  return [useJobProgress(id), useJobs(), useActivity()];
}

import path from 'node:path';
import type { JobClient, JobView } from '@offstage/core';
import type { JobObserverOptions } from '@offstage/core/observe';
import { settle } from '@offstage/core/testing';
import { render } from 'svelte/server';
import { get } from 'svelte/store';
import { expect, test, vi } from 'vitest';
import { ingest } from '../fixtures/ingest.ts';
import { loadOnServer } from '../fixtures/load-on-server.ts';
import { stage } from '../fixtures/stage.ts';
import { activity, jobProgress, jobs, startJob } from './index.ts';

interface Props extends Record<string, unknown> {
  client: JobClient;
  jobId: string | undefined;
  options?: JobObserverOptions;
}

const page = (name: string): string => path.join(import.meta.dirname, '..', 'fixtures', name);

// The pages are kept, because a test hydrates them in a browser.
test.each(['progress', 'legacy'])(
  'U6 a server renders %s pending, and asks nothing',
  async (name) => {
    const { client, play, poller, pushed } = stage();
    const watch = vi.spyOn(pushed, 'watch');
    const { id } = await play();
    const component = await loadOnServer<Props>(`${name}.svelte`);
    for (const jobs of [client, pushed]) {
      const { body } = await render(component, { props: { client: jobs, jobId: id } });
      await expect(body).toMatchFileSnapshot(page(`${name}.pending.txt`));
    }
    await settle();
    expect(client.polls).toEqual([]);
    expect(watch).not.toHaveBeenCalled();
    expect(poller.size).toBe(0);
  },
);

test('U6 a server renders initialData', async () => {
  const { play, pushed } = stage();
  const job = await play();
  job.report({ phase: 'index', percent: 40, message: 'File 4' });
  const initialData: JobView | undefined = await pushed.get(job.id);
  const component = await loadOnServer<Props>('progress.svelte');
  const props = { client: pushed, jobId: job.id, options: { initialData } };
  const { body } = await render(component, { props });
  await expect(body).toMatchFileSnapshot(page('progress.running.txt'));
});

test('U6 stores on a server give their first value, and subscribing costs nothing', async () => {
  const { client, play, poller } = stage();
  const { id } = await play();
  const schedule = vi.spyOn(globalThis, 'setTimeout');
  const progress = jobProgress(client, () => id);
  const list = jobs(client, { status: 'running' }, { initialData: [] });
  const admission = activity(client);
  const starting = startJob(client, ingest);
  const seen: unknown[] = [];
  const stops = [
    progress.subscribe(({ isPending }) => seen.push(isPending)),
    list.subscribe(({ value }) => seen.push(value)),
    admission.subscribe(({ isPending }) => seen.push(isPending)),
    starting.subscribe(({ status }) => seen.push(status)),
  ];
  await settle();
  expect(seen).toEqual([true, [], true, 'idle']);
  expect(get(progress)).toBe(progress.current);
  expect(schedule).not.toHaveBeenCalled();
  expect([client.polls.length, client.listCalls, client.activityCalls]).toEqual([0, 0, 0]);
  expect(poller.size).toBe(0);
  for (const stop of stops) stop();
});

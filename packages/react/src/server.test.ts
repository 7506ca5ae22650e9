import type { JobClient } from '@offstage/core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { JobsProvider, useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';
import { Host, type Render } from './testing/host.ts';

/** What a hook shows in a server's one render. */
function renderOnServer<Value>(client: JobClient, hook: () => Value): Value | undefined {
  const renders: Render<undefined, Value>[] = [];
  const host = createElement(Host<undefined, Value>, { hook, props: undefined, renders });
  renderToString(createElement(JobsProvider, { client }, host));
  return renders[0]?.value;
}

test('U6 a server renders the pending state, and asks nothing', async () => {
  const { client, poller, play } = stage();
  const { id } = await play();
  expect(renderOnServer(client, () => useJobProgress(id))).toMatchObject({
    isPending: true,
    percent: null,
    message: '',
  });
  expect(renderOnServer(client, () => useJobs())).toMatchObject({ isPending: true, jobs: [] });
  expect(renderOnServer(client, () => useActivity())).toMatchObject({
    isPending: true,
    activity: undefined,
  });
  expect(renderOnServer(client, () => useStartJob(ingest))).toMatchObject({ status: 'idle' });
  await Promise.resolve();
  expect(client.polls).toEqual([]);
  expect(client.watchers).toBe(0);
  expect(poller.size).toBe(0);
});

test('U6 a server renders initialData', async () => {
  const { client, play } = stage();
  const job = await play();
  job.report({ phase: 'index', percent: 55 });
  const initialData = await client.get(job.id);
  const initialJobs = await client.list();
  const initialActivity = await client.activity();
  expect(renderOnServer(client, () => useJobProgress(job.id, { initialData }))).toMatchObject({
    percent: 55,
    phase: 'index',
    isPending: false,
    isActive: true,
  });
  const list = renderOnServer(client, () => useJobs({}, { initialData: initialJobs }));
  expect(list).toMatchObject({ isPending: false, jobs: [{ id: job.id }] });
  expect(renderOnServer(client, () => useActivity({ initialData: initialActivity }))).toMatchObject(
    { activity: { running: 1 } },
  );
});

import path from 'node:path';
import type { JobClient } from '@offstage/core';
import type { JobObserverOptions } from '@offstage/core/observe';
import { createComponent } from 'solid-js';
import { escape as escapeText, renderToString, ssr, ssrHydrationKey } from 'solid-js/web';
import { expect, test } from 'vitest';
import { stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { JobsProvider, useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';

const fixture = (name: string): string => path.join(import.meta.dirname, '..', 'fixtures', name);

/** What a server sends of the page that the adapter suite hydrates, as Solid's compiler writes it. */
function renderOnServer(client: JobClient, id: string, options: JobObserverOptions = {}): string {
  const paragraph = (text = '') =>
    ssr(['<p', '>', '</p>'], ssrHydrationKey(), `${escapeText(text)}`);
  const page = () => {
    const progress = useJobProgress(() => id, options);
    return [paragraph(progress.status), paragraph(progress.message)] as never;
  };
  return renderToString(() =>
    createComponent(JobsProvider, {
      client,
      get children() {
        return createComponent(page, {});
      },
    }),
  );
}

// The pages are kept, because a test hydrates them in a browser.
test('U6 a server renders the pending state, and asks nothing', async () => {
  const { client, poller, play } = stage();
  const { id } = await play();
  await expect(renderOnServer(client, id)).toMatchFileSnapshot(fixture('pending.txt'));
  const seen: unknown[] = [];
  const rest = () => {
    const [list, admission, starting] = [useJobs(), useActivity(), useStartJob(ingest)];
    seen.push(list.jobs, list.isPending, admission.activity, starting.status);
    return [];
  };
  renderToString(() =>
    createComponent(JobsProvider, {
      client,
      get children() {
        return createComponent(rest, {});
      },
    }),
  );
  expect(seen).toEqual([[], true, undefined, 'idle']);
  await Promise.resolve();
  expect([client.polls, client.watchers, poller.size]).toEqual([[], 0, 0]);
});

test('U6 a server renders initialData', async () => {
  const { client, play } = stage();
  const job = await play();
  job.report({ phase: 'index', percent: 40, message: 'File 4' });
  const initialData = await client.get(job.id);
  const html = renderOnServer(client, job.id, { initialData });
  expect(html).toContain('File 4');
  await expect(html).toMatchFileSnapshot(fixture('running.txt'));
});

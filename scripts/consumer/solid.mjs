// Uses the primitives as a server of an application would: with what was read before, and no requests.
import assert from 'node:assert/strict';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import { JobsProvider, useJobProgress, useJobs, useStartJob } from '@offstage/solid';
import { createComponent } from 'solid-js';
import { renderToString } from 'solid-js/web';
import { count } from './jobs.mjs';

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(count, ({ input }) => ({ version: 'v1', words: input.text.split(' ').length })),
  ]),
});
const client = manager.forOwner('alice');
const { id } = await client.start(count, { directory: '', text: 'all at once' });
const initialData = await client.wait(id);

function Page() {
  const progress = useJobProgress(id, { definition: count, initialData });
  const list = useJobs();
  const starting = useStartJob(count);
  return `${progress.result.words} ${list.jobs.length} ${starting.status}`;
}
const html = renderToString(() =>
  createComponent(JobsProvider, {
    client,
    get children() {
      return createComponent(Page, {});
    },
  }),
);
assert.equal(html, '3 0 idle');
assert.throws(() => renderToString(() => createComponent(Page, {})), { code: 'invalid_option' });
await manager.shutdown();

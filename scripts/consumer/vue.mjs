// Uses the composables as a server of an application would: with what was read before, and no requests.
import assert from 'node:assert/strict';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import { jobsPlugin, useJobProgress, useJobs, useStartJob } from '@offstage/vue';
import { createSSRApp, h } from 'vue';
import { renderToString } from 'vue/server-renderer';
import { count } from './jobs.mjs';

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(count, ({ input }) => ({ version: 'v1', words: input.text.split(' ').length })),
  ]),
});
const client = manager.forOwner('alice');
const { id } = await client.start(count, { directory: '', text: 'all at once' });
const initialData = await client.wait(id);

const page = {
  setup() {
    const { result } = useJobProgress(id, { definition: count, initialData });
    const { jobs } = useJobs();
    const { status } = useStartJob(count);
    return () => h('p', `${result.value.words} ${jobs.value.length} ${status.value}`);
  },
};
const html = await renderToString(createSSRApp(page).use(jobsPlugin, { client }));
assert.equal(html, '<p>3 0 idle</p>');
await assert.rejects(renderToString(createSSRApp(page)), { code: 'invalid_option' });
await manager.shutdown();

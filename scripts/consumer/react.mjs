// Uses the hooks as a server of an application would, and looks at what a bundler will see.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import { JobsProvider, useJobProgress, useJobs, useStartJob } from '@offstage/react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { count } from './jobs.mjs';

const entry = await readFile(new URL(import.meta.resolve('@offstage/react')), 'utf8');
assert.match(entry, /^'use client';\n/);

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(count, ({ input }) => ({ version: 'v1', words: input.text.split(' ').length })),
  ]),
});
const client = manager.forOwner('alice');
const { id } = await client.start(count, { directory: '', text: 'all at once' });
const initialData = await client.wait(id);

function Page() {
  const { result } = useJobProgress(id, { initialData });
  const { jobs } = useJobs();
  const { status } = useStartJob(count);
  return createElement('p', null, `${result.words} ${jobs.length} ${status}`);
}
const page = createElement(JobsProvider, { client }, createElement(Page));
assert.equal(renderToString(page), '<p>3 0 idle</p>');
assert.throws(() => renderToString(createElement(Page)), { code: 'invalid_option' });
await manager.shutdown();

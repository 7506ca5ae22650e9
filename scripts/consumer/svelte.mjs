// Uses the stores as a server of an application would: with what was read before, and no requests.
import assert from 'node:assert/strict';
import { handle, InlineExecutor, JobManager } from '@offstage/core';
import { jobProgress, startJob } from '@offstage/svelte';
import { get } from 'svelte/store';
import { count } from './jobs.mjs';

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(count, ({ input }) => ({ version: 'v1', words: input.text.split(' ').length })),
  ]),
});
const client = manager.forOwner('alice');
const { id } = await client.start(count, { directory: '', text: 'all at once' });
const initialData = await client.wait(id);

const progress = jobProgress(client, id, { definition: count, initialData });
assert.equal(get(progress).result.words, 3);
assert.equal(get(startJob(client, count)).isPending, false);
await manager.shutdown();

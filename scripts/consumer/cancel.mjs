// Cancels a loop that never pauses and a handler that waits, each in a thread.
import assert from 'node:assert/strict';
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { spin, wait } from './cancel-jobs.mjs';

const entry = new URL('./cancel.worker.mjs', import.meta.url);
const manager = new JobManager({ executor: new WorkerExecutor({ entry }) });
const jobs = manager.forOwner('alice');
for (const definition of [spin, wait]) {
  const begun = Promise.withResolvers();
  manager.on('progress', begun.resolve);
  const { id } = await jobs.start(definition, {});
  await begun.promise;
  await jobs.cancel(id);
  const end = await jobs.wait(id);
  assert.equal(end.status, 'canceled', JSON.stringify(end.failure));
  assert.equal(end.progress.message, definition === spin ? 'spinning' : 'waiting');
}
await manager.shutdown();

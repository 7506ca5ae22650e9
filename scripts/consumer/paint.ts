// A worker entry that only a loader can turn into JavaScript: run with tsx.
import assert from 'node:assert/strict';
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { paint } from './paint-job.ts';

const entry = new URL('./paint.worker.ts', import.meta.url);
const manager = new JobManager({ executor: new WorkerExecutor({ entry }) });
const jobs = manager.forOwner('alice');
const { id } = await jobs.start(paint, {});
const end = await jobs.wait(id);
assert.equal(end.result, 'paint red', JSON.stringify(end.failure));
await manager.shutdown();

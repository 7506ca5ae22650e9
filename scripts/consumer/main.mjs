// Uses every package as an application would, in plain JavaScript, and fails loudly.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { JobManager, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { WorkerExecutor } from '@offstage/node-worker';
import { z } from 'zod';
import { count } from './jobs.mjs';

const directory = await mkdtemp(path.join(os.tmpdir(), 'offstage-consumer-'));
const manager = new JobManager({
  executor: new WorkerExecutor({
    entry: new URL('./count.worker.mjs', import.meta.url),
    threads: 1,
  }),
});
try {
  const jobs = manager.forOwner('alice');
  const job = await jobs.start(count, { directory, text: 'all at once or not at all' });
  const end = await jobs.wait(job.id);
  assert.equal(end.status, 'succeeded', JSON.stringify(end.failure));
  assert.deepEqual(end.progress.message, '7 words');

  const store = new SnapshotStore({
    storage: nodeStorage(directory),
    metadata: z.object({ words: z.number() }),
  });
  const version = await store.current();
  assert.equal(version.metadata.words, 7);
  assert.equal(await readFile(version.path('words.txt'), 'utf8'), 'all at once or not at all');
  await version[Symbol.asyncDispose]();

  assert.equal(snapshotsCommand('list').versions[0].version, version.version);
  assert.equal(snapshotsCommand('verify').ok, true);
} finally {
  await manager.shutdown();
  await rm(directory, { recursive: true, force: true });
}

/** What the installed command line prints, run by the Node.js that runs this. */
function snapshotsCommand(name) {
  const { status, stdout, stderr } = spawnSync(
    'npx',
    ['--no-install', 'offstage-snapshots', directory, name, '--json'],
    {
      encoding: 'utf8',
      shell: process.platform === 'win32',
      env: {
        ...process.env,
        PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
      },
    },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

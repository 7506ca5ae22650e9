// An application with threads, a journal in SQLite and published versions, which is killed. It says what
// it was promised, line by line, and ends when nothing is left to do.
//   node application.js <folder> <how many jobs to start>
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { JobManager, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { WorkerExecutor } from '@offstage/node-worker';
import { z } from 'zod';
import { SqliteJournal } from '../../packages/sqlite/src/host/sqlite-journal.ts';
import { count, definitions, once, publish } from './definitions.ts';

const [folder = '', jobs = '0'] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
const storage = join(folder, 'versions');
const beside = (name: string): URL => new URL(name, import.meta.url);

const manager = new JobManager({
  executor: new WorkerExecutor({
    entry: beside('./application.worker.js'),
    threads: 2,
    env: { ...process.env, OFFSTAGE_FOLDER: storage },
  }),
  definitions,
  journal: new SqliteJournal(
    {
      path: join(folder, 'jobs.sqlite'),
      maxKept: 1000,
      lockTimeoutMs: 5000,
      synchronous: 'full',
    },
    beside('./journal-thread.js'),
  ),
  maxKeptPerOwner: 1000,
});
manager.on('error', () => {});
await manager.ready();
const client = manager.forOwner('somebody');
for (const status of ['succeeded', 'failed', 'canceled'] as const) {
  manager.on(status, ({ job }) => say(`ended ${job.id} ${status}`));
}
const starts = Array.from({ length: Number(jobs) }, async (_, n) => {
  const kind = [publish, count, once][n % 3] ?? once;
  const { id } = await client.start(kind, { n });
  say(`kept ${id} ${kind.name}`);
});
await Promise.all(starts);
const all = await client.list({ limit: 1000 });
await Promise.all(all.map(({ id }) => client.wait(id)));
for (const { id, status } of await client.list({ limit: 1000 })) say(`final ${id} ${status}`);
await manager.shutdown();
const versions = new SnapshotStore({
  storage: nodeStorage(storage),
  metadata: z.object({ job: z.string() }),
});
for (const { gen } of await versions.list()) {
  await using version = await versions.open(gen);
  say(`version ${version.metadata.job}`);
}
say('done');

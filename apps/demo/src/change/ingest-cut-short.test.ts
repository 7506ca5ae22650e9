import { existsSync } from 'node:fs';
import path from 'node:path';
import { InlineExecutor, JobManager } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import { ChildPool } from '../reading/child-pool.ts';
import { search } from '../search/search.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { createIngestHandler } from './ingest-handler.ts';
import { ingest } from './ingest-job.ts';

test.each([
  { how: 'is taken up: nothing is parsed again', fresh: false, parsed: 0 },
  { how: 'is not taken up where all is to be fresh', fresh: true, parsed: 20 },
])('D7 D9 a run of a folder that was cut short $how', async ({ fresh, parsed }) => {
  const handler = createIngestHandler(new ChildPool({ keep: 0 }));
  const manager = new JobManager({ executor: new InlineExecutor([handler]) });
  onTestFinished(async () => void (await manager.shutdown()));
  const jobs = manager.forOwner('test');
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [`${n}.md`, `# Note ${n}\n\nunique${n}\n`]),
  );
  const input = { folder: writeFiles(scratch(), files), dataFolder: scratch(), fresh };
  const kept = path.join(input.dataFolder, 'parsed-folder');

  const unlisten = manager.on('progress', ({ job, event }) => {
    if (event.phase === 'index') void jobs.cancel(job.id);
  });
  const cut = await jobs.start(ingest, input);
  expect((await jobs.wait(cut.id)).status).toBe('canceled');
  unlisten();
  expect(existsSync(kept)).toBe(true);

  const { id } = await jobs.start(ingest, input);
  const end = await jobs.wait(id);
  expect(end.result).toMatchObject({ published: true, documents: 20, parsed });
  expect((await search(input.dataFolder, 'unique7')).hits).toMatchObject([{ path: '7.md' }]);
  // What is published leaves nothing behind.
  expect(existsSync(kept)).toBe(false);
});

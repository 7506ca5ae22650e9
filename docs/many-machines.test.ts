import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { BullJobManager, serveBullJobs } from '@offstage/bullmq';
import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { sqliteJournal } from '@offstage/sqlite';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { RedisServer } from '../packages/bullmq/fixtures/redis-server.ts';
import { root, scratchProject } from './scratch-project.ts';

// Only what is stuck may fail by these, not a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
const guide = readFileSync(path.join(root, 'docs', 'guide', 'many-machines.md'), 'utf8');
const [, code = ''] = /^```ts\n(\/\/ move-to-redis\.ts\n[\s\S]*?)^```$/m.exec(guide) ?? [];
const project = scratchProject({
  'jobs.ts': `
    import { defineJob } from '@offstage/core';
    import { z } from 'zod';
    export const ingest = defineJob({
      name: 'documents.ingest', input: z.object({ uploads: z.array(z.string()) }), result: z.object({ version: z.string() }), phases: ['read'],
    });`,
  'move-to-redis.ts': code,
});

const ingest = defineJob({
  name: 'documents.ingest',
  input: z.object({ uploads: z.array(z.string()) }),
  result: z.object({ version: z.string() }),
  phases: ['read'],
});

test('E5 K2 S19 jobs move from SQLite to Redis as the guide says: all of them, each once, in order, under their ids', async () => {
  await using redis = await RedisServer.start('--appendfsync', 'no');
  const file = path.join(project.folder, 'jobs.sqlite');
  const waits = handle(ingest, async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    throw signal.reason;
  });
  const old = new JobManager({
    executor: new InlineExecutor([waits]),
    definitions: [ingest],
    journal: sqliteJournal(file),
    concurrency: 1,
  });
  await old.ready();
  const alice = old.forOwner('alice');
  const start = (name: string, options = {}) => alice.start(ingest, { uploads: [name] }, options);
  const key = { exclusivityKey: 'corpus', onConflict: 'queue' } as const;
  const startAt = Date.now() + 3_600_000;
  const asked = { idempotencyKey: 'page', ...key };
  const canceled = await start('canceled');
  await alice.cancel(canceled.id);
  const olds = [
    await start('running'),
    await start('low', { priority: -1 }),
    await start('holds the key', key),
    await start('waits for the key', asked),
    await start('later', { startAt }),
  ];
  const ofBob = await old.forOwner('bob').start(ingest, { uploads: ['of bob'] });
  await old.shutdown();

  const moved = async () => {
    const env = { ...process.env, REDIS_URL: redis.url };
    const { stdout, stderr } = await run(
      process.execPath,
      ['--conditions=@offstage/source', 'move-to-redis.ts', file],
      { cwd: project.folder, env },
    );
    return { stdout, stderr };
  };
  expect(await moved()).toEqual({ stdout: '7 jobs are in Redis now\n', stderr: '' });
  expect(await moved()).toEqual({ stdout: '0 jobs are in Redis now\n', stderr: '' });

  const connection = { url: redis.url };
  const manager = new BullJobManager({ connection, queueName: 'documents', definitions: [ingest] });
  const ran: string[] = [];
  const runs = handle(ingest, ({ input: { uploads } }) => {
    ran.push(uploads.join());
    return { version: `of ${uploads}` };
  });
  const executor = new InlineExecutor([runs]);
  const served = serveBullJobs({
    ...{ connection, queueName: 'documents', definitions: [ingest] },
    ...{ executor, concurrency: 1 },
  });
  const news = manager.forOwner('alice');
  const [, , , behind, later] = olds;
  for (const { id } of olds) {
    if (id !== later?.id) expect((await news.wait(id)).status).toBe('succeeded');
  }
  expect(await news.get(later?.id ?? '')).toMatchObject({ status: 'queued', availableAt: startAt });
  expect((await news.get(canceled.id))?.status).toBe('canceled');
  // The page that asks again under its key finds its job.
  const again = await news.start(ingest, { uploads: ['waits for the key'] }, asked);
  expect(again.id).toBe(behind?.id);
  await manager.forOwner('bob').wait(ofBob.id);
  expect(ran.filter((name) => name !== 'waits for the key')).toEqual([
    ...['running', 'holds the key', 'of bob', 'low'],
  ]);
  expect(ran.indexOf('waits for the key')).toBeGreaterThan(ran.indexOf('holds the key'));
  await manager.close();
  await served.shutdown();
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BullJobManager, serveBullJobs } from '@offstage/bullmq';
import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { sqliteJournal } from '@offstage/sqlite';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { RedisServer } from '../packages/bullmq/fixtures/redis-server.ts';
import { root, scratchProject } from './scratch-project.ts';

// Only what is stuck may fail by these, not a busy machine.
vi.setConfig({ testTimeout: 60_000 });

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

type Move = (
  file: string,
  to: BullJobManager,
  keep: (moved: ReadonlyMap<string, string>) => Promise<void>,
) => Promise<Map<string, string>>;

const ingest = defineJob({
  name: 'documents.ingest',
  input: z.object({ uploads: z.array(z.string()) }),
  result: z.object({ version: z.string() }),
  phases: ['read'],
});

test('E5 K2 jobs move from SQLite to Redis as the guide says: all of them, each once, in order', async () => {
  const { moveToRedis }: { moveToRedis: Move } = await import(
    /* @vite-ignore */ pathToFileURL(path.join(project.folder, 'move-to-redis.ts')).href
  );
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
  const key = { exclusivityKey: 'corpus', onConflict: 'queue' };
  const startAt = Date.now() + 3_600_000;
  const asked = { idempotencyKey: 'page' };
  const olds = [
    await start('running'),
    await start('low', { priority: -1 }),
    await start('holds the key', key),
    await start('waits for the key', key),
    await start('later', { startAt }),
    await start('asked once', asked),
  ];
  await old.forOwner('bob').start(ingest, { uploads: ['of bob'] });
  await old.shutdown();

  const connection = { url: redis.url };
  const manager = new BullJobManager({ connection, queueName: 'documents', definitions: [ingest] });
  const kept: ReadonlyMap<string, string>[] = [];
  const keep = async (pairs: ReadonlyMap<string, string>) => {
    kept.push(new Map(pairs));
  };
  const moved = await moveToRedis(file, manager, keep);
  expect(await moveToRedis(file, manager, keep)).toEqual(new Map());
  expect(kept).toEqual([moved]);
  expect([...moved.keys()].slice(0, olds.length)).toEqual(olds.map(({ id }) => id));
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
  const ids = olds.map(({ id }) => moved.get(id) ?? '');
  const laterId = ids[4] ?? '';
  for (const id of ids) {
    if (id !== laterId) expect((await news.wait(id)).status).toBe('succeeded');
  }
  expect(await news.get(laterId)).toMatchObject({ status: 'queued', availableAt: startAt });
  // The page that asks again under its key finds its job.
  expect((await news.start(ingest, { uploads: ['asked once'] }, asked)).id).toBe(ids[5]);
  const bobs = await manager.forOwner('bob').list();
  expect(bobs).toHaveLength(1);
  await manager.forOwner('bob').wait(bobs[0]?.id ?? '');
  expect(ran.filter((name) => name !== 'waits for the key')).toEqual([
    ...['running', 'holds the key', 'asked once', 'of bob', 'low'],
  ]);
  expect(ran.indexOf('waits for the key')).toBeGreaterThan(ran.indexOf('holds the key'));
  await manager.close();
  await served.shutdown();

  // Nothing of it is left to an old release that is started by mistake.
  const journal = sqliteJournal(file);
  expect((await journal.open()).jobs).toEqual([]);
  await journal.close();
});

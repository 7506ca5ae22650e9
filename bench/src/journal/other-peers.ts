import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { FileStorage, Queue } from '@platformatic/job-queue';
import { OpenWorkflow } from 'openworkflow';
import { BackendSqlite } from 'openworkflow/sqlite';
import { fromPglite, PgBoss } from 'pg-boss';

/*
 * Others that keep jobs with no service to run, each as it comes. A job that does nothing is started, run and kept as
 * done; all are started first, as for plainjob.
 *
 * liteque (0.8) installs and does not run: it passes an async function to a transaction of better-sqlite3, which has refused
 * those (13.2 was tried).
 */

export interface Peer {
  readonly name: string;
  /** So many that it takes about two seconds. */
  readonly jobs: number;
  /** Jobs a second. */
  readonly rate: (folder: string, total: number) => Promise<number>;
}

export const otherPeers: readonly Peer[] = [
  { name: '@platformatic/job-queue on files', jobs: 500, rate: jobQueueRate },
  { name: 'OpenWorkflow on node:sqlite', jobs: 400, rate: openWorkflowRate },
  { name: 'pg-boss on PGlite, once that is open', jobs: 300, rate: pgBossRate },
];

const atOnce = 100;

async function jobQueueRate(folder: string, total: number): Promise<number> {
  const storage = new FileStorage({ basePath: path.join(folder, 'queue') });
  const queue = new Queue<{ n: number }, number>({ storage, concurrency: atOnce });
  const ends = countdown(total);
  queue.on('completed', ends.one);
  queue.execute(async () => 0);
  await queue.start();
  const rate = await rateOf(total, async () => {
    for (let first = 0; first < total; first += atOnce) {
      await Promise.all(
        Array.from({ length: atOnce }, (_, index) =>
          queue.enqueue(`job-${first + index}`, { n: first + index }),
        ),
      );
    }
    await ends.all;
  });
  await queue.stop();
  return rate;
}

async function openWorkflowRate(folder: string, total: number): Promise<number> {
  const backend = BackendSqlite.connect(path.join(folder, 'workflows.sqlite'));
  const workflows = new OpenWorkflow({ backend });
  const ends = countdown(total);
  const noop = workflows.defineWorkflow<{ n: number }, number>(
    { name: 'noop' },
    async ({ input: { n } }) => {
      ends.one();
      return n;
    },
  );
  const worker = workflows.newWorker({ concurrency: atOnce });
  const rate = await rateOf(total, async () => {
    for (let n = 0; n < total; n += 1) await noop.run({ n });
    await worker.start();
    await ends.all;
    // It waits for those that have not been kept as done.
    await worker.stop();
  });
  await backend.stop();
  return rate;
}

async function pgBossRate(folder: string, total: number): Promise<number> {
  const database = new PGlite(path.join(folder, 'postgres'));
  const boss = new PgBoss({
    db: fromPglite(database),
    backend: 'pglite',
    supervise: false,
    schedule: false,
  });
  await boss.start();
  await boss.createQueue('noop');
  const rate = await rateOf(total, async () => {
    for (let n = 0; n < total; n += 1) await boss.send('noop', { n });
    // The way of its own worker, without the half second between two looks.
    for (let done = 0; done < total; ) {
      const jobs = await boss.fetch('noop', { batchSize: atOnce });
      await boss.complete(
        'noop',
        jobs.map(({ id }) => id),
      );
      done += jobs.length;
    }
  });
  await boss.stop({ graceful: false });
  await database.close();
  return rate;
}

async function rateOf(total: number, run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return (total / (performance.now() - startedAt)) * 1000;
}

function countdown(left: number): { readonly all: Promise<void>; readonly one: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let still = left;
  return {
    all: promise,
    one: () => {
      still -= 1;
      if (still === 0) resolve();
    },
  };
}

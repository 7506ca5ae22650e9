import path from 'node:path';

/** What of plainjob and its driver is used here. */
interface Plainjob {
  defineQueue(options: { connection: unknown; logger: unknown }): {
    add(type: string, data: unknown): { id: number };
    close(): void;
  };
  defineWorker(
    type: string,
    run: (job: unknown) => Promise<void>,
    options: { queue: unknown; logger: unknown; onCompleted: () => void },
  ): { start(): Promise<void>; stop(): Promise<void> };
  better(database: unknown): unknown;
}

/**
 * Jobs a second through plainjob, as it comes; `undefined` where it is not installed. It is no dependency
 * of the benches, as its driver is 27 MB: `npm install --no-save plainjob better-sqlite3`.
 */
export async function plainjobRate(folder: string, total: number): Promise<number | undefined> {
  const names = { queue: 'plainjob', driver: 'better-sqlite3' };
  let plainjob: Plainjob;
  let Database: new (file: string) => unknown;
  try {
    plainjob = await import(names.queue);
    Database = (await import(names.driver)).default;
  } catch {
    return undefined;
  }
  const connection = plainjob.better(new Database(path.join(folder, 'plainjob.sqlite')));
  // It would write a few lines a job, which takes longer than the job.
  const silent = (): void => undefined;
  const logger = { error: silent, warn: silent, info: silent, debug: silent };
  const queue = plainjob.defineQueue({ connection, logger });
  let left = total;
  let done = (): void => undefined;
  const allDone = new Promise<void>((resolve) => {
    done = resolve;
  });
  const worker = plainjob.defineWorker('noop', async () => undefined, {
    queue,
    logger,
    onCompleted: () => {
      left -= 1;
      if (left === 0) done();
    },
  });
  const startedAt = performance.now();
  for (let n = 0; n < total; n += 1) queue.add('noop', { n });
  void worker.start();
  await allDone;
  const rate = (total / (performance.now() - startedAt)) * 1000;
  await worker.stop();
  queue.close();
  return rate;
}

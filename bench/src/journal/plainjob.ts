import path from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Connection, defineQueue, defineWorker } from 'plainjob';

/**
 * Its own driver, better-sqlite3, is built where it is installed. `node:sqlite` takes the same calls, and is
 * the same SQLite.
 */
function connectionTo(filename: string): Connection {
  const database = new DatabaseSync(filename);
  return {
    driver: 'better-sqlite3',
    filename,
    pragma: (text) => database.exec(`PRAGMA ${text}`),
    transaction(run) {
      const within =
        (begin: string) =>
        (...args: unknown[]): unknown => {
          database.exec(begin);
          try {
            const result: unknown = run(...args);
            database.exec('COMMIT');
            return result;
          } catch (error) {
            database.exec('ROLLBACK');
            throw error;
          }
        };
      return Object.assign(within('BEGIN'), { immediate: within('BEGIN IMMEDIATE') });
    },
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run(...values: SQLInputValue[]) {
          const { changes, lastInsertRowid } = statement.run(...values);
          return { changes: Number(changes), lastInsertRowid };
        },
        get: (...values: SQLInputValue[]) => statement.get(...values),
        all: (...values: SQLInputValue[]) => statement.all(...values),
      };
    },
    close: () => database.close(),
  };
}

/** Jobs a second through plainjob, as it comes. */
export async function plainjobRate(folder: string, total: number): Promise<number> {
  const connection = connectionTo(path.join(folder, 'plainjob.sqlite'));
  // It would write a few lines a job, which takes longer than the job.
  const silent = (): void => undefined;
  const logger = { error: silent, warn: silent, info: silent, debug: silent };
  const queue = defineQueue({ connection, logger });
  let left = total;
  let done = (): void => undefined;
  const allDone = new Promise<void>((resolve) => {
    done = resolve;
  });
  const worker = defineWorker('noop', async () => undefined, {
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

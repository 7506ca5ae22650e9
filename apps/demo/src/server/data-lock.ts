import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A data folder that another server of this application holds. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
  /** Where that server is, if it has said so. */
  readonly address: string | undefined;

  constructor(address: string | undefined) {
    super('Another server uses this data folder.');
    this.address = address;
  }
}

/**
 * Holds a data folder for one server: staging is swept at the start, which must not take away what
 * another one is receiving. The lock is the system's own, by way of SQLite, and goes with the process.
 *
 * @throws DataFolderInUseError
 */
export class DataLock {
  readonly #database: DatabaseSync;
  readonly #addressFile: string;

  constructor(dataFolder: string) {
    this.#addressFile = path.join(dataFolder, 'server.json');
    this.#database = new DatabaseSync(path.join(dataFolder, 'server.lock'), { timeout: 0 });
    try {
      this.#database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      const isBusy = error instanceof Error && (Number(Reflect.get(error, 'errcode')) & 0xff) === 5;
      throw isBusy ? new DataFolderInUseError(readAddress(this.#addressFile)) : error;
    }
  }

  /** For whoever tries to start a second one. */
  announce(address: string): void {
    writeFileSync(this.#addressFile, JSON.stringify({ address }));
  }

  release(): void {
    this.#database.close();
  }
}

function readAddress(file: string): string | undefined {
  try {
    const address: unknown = Reflect.get(JSON.parse(readFileSync(file, 'utf8')), 'address');
    return typeof address === 'string' ? address : undefined;
  } catch {
    return undefined;
  }
}

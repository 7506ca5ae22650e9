import { resolve } from 'node:path';
import { OffstageError, type SnapshotStorage } from '@offstage/core';
import { directoryStorage } from '@offstage/core/storage';
import { NodeDirectory } from './node-directory.ts';

/**
 * Snapshots in a folder of a local disk. The folder is created by the first `begin`; what else is in
 * it is left alone. Several processes and threads may use one folder.
 *
 * What a publish survives is said by its `durability`: `durable` on the local file systems of Linux;
 * `process-crash-safe` in memory (tmpfs) and on Windows, where a directory cannot be fsynced;
 * `best-effort` on network file systems and where the file system cannot be told, as on macOS.
 *
 * @throws OffstageError `invalid_option` when `folder` is no path.
 *
 * @example
 * const store = new SnapshotStore({ storage: nodeStorage('./data/snapshots'), metadata: schema });
 */
export function nodeStorage(folder: string): SnapshotStorage {
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) {
    throw new OffstageError('invalid_option', 'nodeStorage takes the path of a folder.');
  }
  return directoryStorage(new NodeDirectory(resolve(folder)));
}

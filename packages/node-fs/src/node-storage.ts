import { resolve } from 'node:path';
import { directoryStorage, OffstageError, type SnapshotStorage } from '@offstage/core';
import { NodeDirectory } from './node-directory.ts';

/**
 * Snapshots in a folder of a local disk. The folder is created by the first `begin`; what else is in
 * it is left alone. Several processes and threads may use one folder.
 *
 * A publish survives a loss of power (`durability: 'power-loss'`); on Windows, where a directory
 * cannot be fsynced, it survives the end of its process (`'process-exit'`).
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

import { lstatSync, type Stats } from 'node:fs';
import { logAlone, unusableBeside } from '../shared/journal-error.ts';
import { holderOf } from './holder.ts';
import { readLog } from './read-log.ts';
import { targetOf } from './target-of.ts';

/**
 * Refuses what lies where SQLite or the journal itself would open a file: a pipe would hold the thread for
 * good, and through a link another file would be written. And a log whose file is missing or empty: SQLite would
 * begin a new one and delete the log with the jobs in it, while a journal is written whole before it has a log.
 *
 * @throws OffstageError `journal_failed`, `journal_damaged`.
 */
export function refuseBeside(path: string): void {
  const target = targetOf(path);
  const log = `${target}-wal`;
  const hasLog = requireFile(path, log) > 0;
  for (const file of [`${target}-journal`, `${target}-shm`, holderOf(target)])
    requireFile(path, file);
  // A log whose file is there is read with it, by `examine`. The log before its file, which another process may be making.
  const isAlone = (): boolean => requireFile(path, target) === 0;
  if (hasLog && isAlone() && readLog(log) !== 'none' && isAlone()) throw logAlone(path, log);
}

/** How long it is; 0 where there is none. */
function requireFile(path: string, file: string): number {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (stats.isFile()) return stats.size;
  throw unusableBeside(path, file, stats.isDirectory() ? 'folder' : 'not_a_file', kindOf(stats));
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

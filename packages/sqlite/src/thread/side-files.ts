import { lstatSync, type Stats } from 'node:fs';
import { logAlone, unusableBeside } from '../shared/journal-error.ts';
import { holderOf } from './holder.ts';
import { targetOf } from './target-of.ts';

/**
 * Refuses what lies where SQLite or the journal itself would open a file: a pipe would hold the thread for
 * good, and through a link another file would be written.
 *
 * @throws OffstageError `journal_failed`.
 */
export function refuseNoFiles(path: string): void {
  const target = targetOf(path);
  const files = ['-wal', '-journal', '-shm'].map((end) => `${target}${end}`);
  for (const file of [...files, holderOf(path)]) {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats !== undefined && !stats.isFile()) {
      throw unusableBeside(
        path,
        file,
        stats.isDirectory() ? 'folder' : 'not_a_file',
        kindOf(stats),
      );
    }
  }
}

/**
 * Refuses a log whose file is missing or empty: SQLite would begin a new one and delete the log with the jobs
 * in it. A journal is written whole before it has a log.
 *
 * @throws OffstageError `journal_damaged`.
 */
export function refuseLogAlone(path: string): void {
  const target = targetOf(path);
  const sizeOf = (file: string): number => lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const log = `${target}-wal`;
  if (sizeOf(log) > 0 && sizeOf(target) === 0) throw logAlone(path, log);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

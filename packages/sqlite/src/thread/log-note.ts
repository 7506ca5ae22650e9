import { closeSync, fstatSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Holder } from '../shared/journal-error.ts';
import type { MarkName } from './commit-mark.ts';
import { newHolder, writeHolder } from './holder.ts';
import { syncFolder } from './make-folders.ts';

/**
 * Notes beside a journal which mark its log goes on from, so that a log which is taken away after a kill is missed: the
 * file then stands at that mark, and what followed is gone.
 *
 * A mark is noted once a commit has followed it. So a file from which nothing is gone never stands there: who closes a
 * journal, or takes its log into the file by other means, brings the file further. The note may be out of date, and
 * then says nothing.
 *
 * ```
 * file at c7, log: c8 ...                noted: c7
 * SQLite writes the log back up to c90   file at c90; noted: c7, which says nothing
 * the next commit, c91                   noted: c90
 * ```
 */
export class LogNote {
  readonly #target: string;
  readonly #synced: boolean;
  readonly #holder: Holder = newHolder();
  /** Where the file stands, until a commit has followed and that is noted. */
  #standsAt: MarkName | undefined;
  #changedAt: number | undefined;

  /**
   * @param synced Whether each commit is.
   * @param standsAt The mark in the file itself, if it has one.
   */
  constructor(target: string, synced: boolean, standsAt: MarkName | undefined) {
    this.#target = target;
    this.#synced = synced;
    this.#changedAt = changeOf(target);
    writeHolder(target, this.#holder);
    if (isThereForGood(`${target}-wal`)) this.#standsAt = standsAt;
  }

  /** After a commit, and what SQLite does after it. @param newest Its mark. */
  follow(newest: MarkName): void {
    if (this.#standsAt !== undefined && this.#standsAt !== newest) {
      const log = { after: this.#standsAt, synced: this.#synced };
      writeHolder(this.#target, this.#holder, log, 'r+');
      this.#standsAt = undefined;
    }
    const changedAt = changeOf(this.#target);
    if (changedAt === this.#changedAt) return;
    this.#changedAt = changedAt;
    this.#standsAt = newest;
  }
}

/**
 * Whether the log outlasts a loss of power as something that has a name and is not empty, as a note of it would; what is
 * in it is up to SQLite.
 */
function isThereForGood(log: string): boolean {
  try {
    const fd = openSync(log, 'r+');
    try {
      fsyncSync(fd);
      syncFolder(dirname(log));
      return fstatSync(fd).size > 0;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** When the file was written to, as it is when SQLite writes a log back. */
function changeOf(target: string): number | undefined {
  try {
    return statSync(target).mtimeMs;
  } catch {
    return undefined;
  }
}

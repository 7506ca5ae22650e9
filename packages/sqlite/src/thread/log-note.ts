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
  #isLogDurable = false;

  /**
   * @param synced Whether each commit is.
   * @param standsAt The mark in the file itself, if it has one.
   * @param newest The mark of the newest commit.
   */
  constructor(target: string, synced: boolean, standsAt: MarkName | undefined, newest: MarkName) {
    this.#target = target;
    this.#synced = synced;
    this.#changedAt = changeOf(target);
    this.#standsAt = standsAt;
    if (!this.#note(newest, 'w')) writeHolder(target, this.#holder);
  }

  /** After a commit, and what SQLite does after it. @param newest Its mark. */
  follow(newest: MarkName): void {
    this.#note(newest, 'r+');
    const changedAt = changeOf(this.#target);
    if (changedAt === this.#changedAt) return;
    this.#changedAt = changedAt;
    this.#standsAt = newest;
  }

  #note(newest: MarkName, how: string): boolean {
    const after = this.#standsAt;
    if (after === undefined || after === newest) return false;
    this.#standsAt = undefined;
    this.#isLogDurable ||= isThereForGood(`${this.#target}-wal`);
    if (!this.#isLogDurable) return false;
    writeHolder(this.#target, this.#holder, { after, synced: this.#synced }, how);
    return true;
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

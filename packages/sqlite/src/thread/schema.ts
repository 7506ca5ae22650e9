import type { DatabaseSync } from 'node:sqlite';
import {
  journalDamaged,
  journalError,
  journalFailed,
  journalNewer,
} from '../shared/journal-error.ts';
import { makeMarks, readMark } from './commit-mark.ts';

/** Stands in the header of each file of ours: "OFJL". */
export const applicationId = 0x4f464a4c;

/** Brings a file from the format before to its own. The first one makes a file. */
export type Migration = (database: DatabaseSync) => void;

/*
 * Format 1
 *
 *   job       a row a job, by the order of admission. What never changes is in `head`; moments, status
 *             and the like in columns of their own, so that a change writes one small row.
 *   large     values too large for a row that is written at each change. Its key is the job's number
 *             times 4, and 0 for the input, 1 for the saved state, 2 for the outcome.
 *   schedule  a row a schedule
 *
 * Ids are as `Arena.addText` writes them: a text of SQLite may not hold all that a string of JavaScript
 * does.
 *
 * Format 2
 *
 *   mark      one row, which each commit changes; see `commit-mark.ts`
 */
export const formatWithMarks = 2;
export const migrations: readonly Migration[] = [
  (database) =>
    database.exec(`
      CREATE TABLE job (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL,
        head BLOB NOT NULL,
        input BLOB,
        saved BLOB,
        progress BLOB,
        last_failure BLOB,
        outcome BLOB,
        status TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        available_at REAL,
        started_at REAL,
        ended_at REAL,
        stop_reason TEXT,
        discarded INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE large (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE schedule (id BLOB PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
      PRAGMA application_id = ${applicationId};
    `),
  makeMarks,
];

/**
 * Makes the file, or brings it to the newest format, within the transaction that is open. Another
 * program's file is left as it is.
 *
 * @throws OffstageError `journal_newer`, `journal_damaged` or `journal_failed`.
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  steps: readonly Migration[] = migrations,
): void {
  const format = readPragma(database, 'user_version');
  const owner = readPragma(database, 'application_id');
  if (owner !== applicationId && !(owner === 0 && format === 0 && isEmpty(database))) {
    throw journalFailed(path, 'foreign');
  }
  if (format > steps.length) throw journalNewer(path);
  if (owner === applicationId && format < 1) throw journalDamaged(path);
  for (const step of steps.slice(format)) step(database);
  if (format < steps.length) database.exec(`PRAGMA user_version = ${steps.length}`);
}

/**
 * Looks whether a file that says it is a journal has what one has, before anything is changed.
 *
 * @throws OffstageError `journal_damaged`.
 */
export function requireTables(database: DatabaseSync, path: string): void {
  try {
    for (const columns of [
      `number, id, head, input, saved, progress, last_failure, outcome, status, attempt, available_at,
        started_at, ended_at, stop_reason, discarded FROM job`,
      'key, bytes FROM large',
      'id, record FROM schedule',
    ]) {
      database.prepare(`SELECT ${columns}`);
    }
    if (readMark(database) !== undefined) return;
  } catch (error) {
    throw journalError(error, path);
  }
  throw journalDamaged(path);
}

export function readPragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

export const isEmpty = (database: DatabaseSync): boolean =>
  database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;

import { closeSync, openSync, readSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import {
  isBusy,
  journalDamaged,
  journalFailed,
  journalFull,
  journalNewer,
  logGone,
  logOfAnother,
  logTorn,
  rollbackOfAnother,
} from '../shared/journal-error.ts';
import { isFirst, type Mark, type MarkName, readMark } from './commit-mark.ts';
import { holderOf, readLogStart } from './holder.ts';
import type { Sqlite } from './load-sqlite.ts';
import { type Log, readLog } from './read-log.ts';
import { applicationId, formatWithMarks, isEmpty, migrations, readPragma } from './schema.ts';
import { targetOf } from './target-of.ts';

// What a file system notes of a file that grows.
const spareBytes = 64 * 1024;

/**
 * Looks at a file and its log before SQLite opens them to write: that would play whatever log there is into
 * the file, or begin a new one over it, and either may take the place of jobs. Nothing is changed by this.
 *
 * Whoever has the journal open may change it meanwhile. So a refusal counts when nobody has it.
 *
 * @throws OffstageError `journal_failed`, `journal_damaged`, `journal_newer`, `journal_full`.
 */
export function examine(path: string, sqlite: Sqlite, newest = migrations.length): void {
  const target = targetOf(path);
  const logFile = `${target}-wal`;
  // What a log beside it would mean is told before.
  const size = sizeOf(target);
  if (size === 0) return;
  // SQLite takes it for an empty one.
  if (size === 1) throw journalDamaged(path);
  const found = lookAt(target, sqlite);
  const log = readLog(logFile, found?.markPage);
  const hasCommits = log !== 'none' && log !== 'torn' && log.commits > 0;
  if (found !== undefined) {
    const { owner, format } = found;
    if (owner !== applicationId) {
      if (found.isEmpty && owner === 0 && format === 0 && !hasCommits) return;
      throw journalFailed(path, 'foreign');
    }
    if (format > newest) throw journalNewer(path);
    if (format < 1) throw journalDamaged(path);
  }
  const holder = holderOf(target);
  if (log === 'torn') throw logTorn(path, logFile, holder);
  if (hasCommits && !goesOn(log, found)) throw logOfAnother(path, logFile, holder);
  if (!hasCommits && isMissed(target, logFile, found)) throw logGone(path, logFile, holder);
  const rollback = `${target}-journal`;
  const isNew = !hasCommits && (found?.mark === undefined || isFirst(found.mark));
  if (!isNew && isHot(rollback)) throw rollbackOfAnother(path, rollback);
  if (hasCommits) requireRoom(path, target, log.pages * log.pageBytes - size);
}

/**
 * Whether the file can grow by so much, as it does when its log is written back. SQLite would begin with it, and leave
 * behind what it had room for: each restart would take what was freed since the one before.
 */
function requireRoom(path: string, target: string, growth: number): void {
  if (growth <= 0) return;
  const { bavail, bfree, blocks, bsize } = statfsSync(dirname(target));
  // Not every file system tells.
  if (blocks === 0) return;
  const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
  const bytes = growth + spareBytes;
  if (free < bytes) throw journalFull(path, { bytes, free });
}

/**
 * Whether the log of a process that was killed is gone: the file stands where that log went on from. A loss of power may
 * take what is in a log that is not synced, but does not leave an empty one, as whoever asks for the lock may.
 */
function isMissed(target: string, logFile: string, found: Found | undefined): boolean {
  const log = readLogStart(target);
  if (log === undefined || log.after !== found?.mark?.own) return false;
  return log.synced || sizeOf(logFile) === 0;
}

/** The mark in the file itself, without its log. */
export const markInFile = (target: string, sqlite: Sqlite): MarkName | undefined =>
  lookAt(target, sqlite)?.mark?.own;

/** Whether somebody has it open. Where there is no log, SQLite makes an empty one for it. */
export function isHeld(path: string, sqlite: Sqlite): boolean {
  const target = targetOf(path);
  // Of a file with nothing in it SQLite deletes the log.
  if (sizeOf(target) < 2) return false;
  let database: DatabaseSync | undefined;
  try {
    // A file that may only be read is given back as it is, with its log.
    database = openAs('mode=ro&readonly_shm=1', target, sqlite);
    database.prepare('SELECT 1 FROM sqlite_schema').get();
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    database?.close();
  }
}

interface Found {
  readonly owner: number;
  readonly format: number;
  readonly isEmpty: boolean;
  readonly pageBytes: number;
  /** Where the marks are. */
  readonly markPage: number | undefined;
  readonly mark: Mark | undefined;
}

/** What is in the file itself, without its log; nothing where it is no database, or is not whole. */
function lookAt(target: string, sqlite: Sqlite): Found | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = openAs('immutable=1', target, sqlite);
    // A file to which its log was written back in part may be shorter than it says.
    database.exec('PRAGMA writable_schema = ON');
    const table = database
      .prepare(`SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'mark'`)
      .get();
    return {
      owner: readPragma(database, 'application_id'),
      format: readPragma(database, 'user_version'),
      isEmpty: isEmpty(database),
      pageBytes: readPragma(database, 'page_size'),
      markPage: table && Number(table.rootpage),
      mark: table && markIn(database),
    };
  } catch {
    // Whoever opens it in earnest says what is the matter.
    return undefined;
  } finally {
    database?.close();
  }
}

/** Nothing while the page of the marks is only in the log: a format without them got them there. */
function markIn(database: DatabaseSync): Mark | undefined {
  try {
    return readMark(database);
  } catch {
    return undefined;
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function openAs(how: string, target: string, { DatabaseSync }: Sqlite): DatabaseSync {
  // Its own bookkeeping of locks keeps those that this process has on the file, as opening it otherwise would not.
  return new DatabaseSync(new URL(`${pathToFileURL(target).href}?${how}`), {
    readOnly: true,
    defensive: false,
  });
}

/** Whether the first commit of a log follows on where its file stands, or the file stands at one of them. */
function goesOn({ pageBytes, marks }: Log, found: Found | undefined): boolean {
  if (found === undefined || found.pageBytes !== pageBytes) return false;
  // A format without marks, or one that has got them in the log.
  if (found.markPage === undefined) return found.format < formatWithMarks;
  const [first] = marks;
  const at = found.mark?.own;
  // Written back in part, up to where the log makes them.
  if (at === undefined) return first !== undefined && isFirst(first);
  return first?.before === at || marks.some(({ own }) => own === at);
}

/** Whether SQLite would play it back: it looks at the first byte alone. */
function isHot(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size === 0) return false;
  const fd = openSync(file, 'r');
  try {
    const first = Buffer.alloc(1);
    readSync(fd, first);
    return first[0] !== 0;
  } finally {
    closeSync(fd);
  }
}

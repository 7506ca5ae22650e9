import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  deletedWhileOpen,
  errnoOf,
  givenUp,
  isBusy,
  isFull,
  journalDamaged,
  journalError,
  journalFailed,
  locked,
} from '../shared/journal-error.ts';
import type { JournalThreadOptions } from '../shared/wire.ts';
import { CommitMarks, readMark } from './commit-mark.ts';
import { examine, isHeld, markInFile } from './examine.ts';
import { readHolder, removeHolder } from './holder.ts';
import { KeptName } from './kept-name.ts';
import { linkTrouble } from './link-trouble.ts';
import { loadSqlite, type Sqlite } from './load-sqlite.ts';
import { LogNote } from './log-note.ts';
import { makeFolders, syncFolder } from './make-folders.ts';
import { type Migration, migrate, readPragma, requireTables } from './schema.ts';
import { refuseBeside } from './side-files.ts';
import { targetOf } from './target-of.ts';

/** Where the thread may be cut off, for those who do that. */
export type OnStep = (step: string) => void;

// Two that begin at once may each keep the other from the lock; one of them gets it when both try again.
const contendMs = 250;
// As many times the first pause the later ones are.
const mostPatience = 4;

// So much of the file may lie free before it is given back: it will be used again soon.
const mostFreePages = 1024;
const pagesAtOnce = 512;

const pageBytes = 4096;
// As many as SQLite writes before it begins again at the front of the log.
const logPages = 1000;

/**
 * The database file: its lock, its format, its transactions, its size. All calls are synchronous.
 *
 * The lock is SQLite's own, on the file itself, and goes with the process however that ends. On Unix it
 * also goes when this process closes *any* descriptor of that file, so nothing here opens it but SQLite.
 */
export class JournalFile {
  readonly database: DatabaseSync;
  readonly #path: string;
  /** Where links lead to; its other files are beside that. */
  readonly #target: string;
  readonly #name: KeptName;
  readonly #onStep: OnStep;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #marks: CommitMarks;
  #logName: KeptName | undefined;
  #note: LogNote | undefined;

  private constructor(database: DatabaseSync, path: string, onStep: OnStep) {
    this.database = database;
    this.#path = path;
    this.#target = targetOf(path);
    this.#onStep = onStep;
    this.#name = new KeptName(path, { byDescriptor: false });
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    const mark = readMark(database);
    if (mark === undefined) throw journalDamaged(path);
    this.#marks = new CommitMarks(database, mark);
  }

  /**
   * @param closing Not 0 when nobody wants it any more.
   * @throws OffstageError, as `JobJournal.open` has it.
   */
  static open(
    options: JournalThreadOptions,
    onStep: OnStep,
    steps?: readonly Migration[],
    closing = new Int32Array(new SharedArrayBuffer(4)),
  ): JournalFile {
    const { path, synchronous } = options;
    try {
      const sqlite = loadSqlite(path);
      makeFolder(path);
      refuseOther(path);
      refuseBeside(path);
      onStep('open: before the lock');
      const database = lock(options, sqlite, onStep, closing, steps?.length);
      try {
        onStep('open: locked');
        migrate(database, path, steps);
        requireTables(database, path);
        onStep('open: migrated');
        database.exec('COMMIT');
        onStep('open: format kept');
        database.exec('PRAGMA journal_mode = WAL');
        // Read once, so that a write-ahead log that cannot be had is told here.
        if (Object.values(database.prepare('PRAGMA journal_mode').get() ?? {})[0] !== 'wal') {
          throw journalFailed(path, 'read_only');
        }
        database.exec(`
          PRAGMA synchronous = ${synchronous.toUpperCase()};
          PRAGMA fullfsync = 1;
          PRAGMA checkpoint_fullfsync = 1;
          PRAGMA journal_size_limit = 4194304;
          PRAGMA trusted_schema = 0;
        `);
        const file = new JournalFile(database, path, onStep);
        file.#layOutLog();
        database.exec('PRAGMA cache_size = -8192');
        onStep('open: log there');
        const standsAt = markInFile(file.#target, sqlite);
        const { newest } = file.#marks;
        file.#note = new LogNote(file.#target, synchronous === 'full', standsAt, newest);
        onStep('open: holder written');
        // The last, as its descriptor is closed with the file alone.
        file.#logName = new KeptName(`${file.#target}-wal`, { byDescriptor: true });
        return file;
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      const isOfPath = ['ENOENT', 'EEXIST'].includes(errnoOf(error));
      throw journalError((isOfPath && linkTrouble(path)) || error, path);
    }
  }

  /**
   * Runs it in a transaction that is durable when this returns, as which it counts only then: `committed` is
   * called before the names are looked at.
   *
   * @throws whatever `run` or SQLite throws; nothing is changed then, unless the disk failed in the end.
   */
  transaction(run: () => void, committed: () => void = () => {}): void {
    this.#marked(() => {
      this.#onStep('group: begun');
      run();
      this.#onStep('group: written');
    });
    committed();
    this.#onStep('group: durable');
    this.#requireNamed();
  }

  /** Whether more of the file lies free than it should. */
  get hasSlack(): boolean {
    const free = readPragma(this.database, 'freelist_count');
    return free > mostFreePages && free * 4 > readPragma(this.database, 'page_count');
  }

  /** Gives some of what lies free back to the file system. */
  shrink(): void {
    this.#marked(() => this.database.exec(`PRAGMA incremental_vacuum(${pagesAtOnce})`));
    this.#onStep('vacuum: some pages given back');
  }

  /** Notes where the log begins, after a transaction; nobody waits for it. */
  noteLog(): void {
    this.#note?.follow(this.#marks.newest);
  }

  close(): void {
    this.#onStep('close: begun');
    this.#logName?.close();
    this.database.close();
    this.#onStep('close: log written back');
    removeHolder(this.#target);
  }

  /** A transaction that leaves its mark; without one, its log would be taken for another's. */
  #marked(run: () => void): void {
    this.#begin.run();
    try {
      run();
      this.#marks.write();
      this.#commit.run();
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
    this.#marks.written();
  }

  /**
   * Gives the log its size beforehand, up to which it would grow anyway. The sync of a file that grows waits
   * for the file system's own journal as well, which takes as long again.
   *
   * What does not fit into the cache is written to the log before it is committed, and stays there when it
   * is not: as pages that no commit follows, which are nothing to SQLite. Where there is no room for it,
   * the log grows as it is written.
   */
  #layOutLog(): void {
    const { database } = this;
    // What a process that was killed has left in it goes into the file first, for which there is room: the log then
    // begins at its front again, and does not grow.
    database.exec('PRAGMA wal_checkpoint');
    try {
      database.exec(`
        PRAGMA cache_size = 8;
        BEGIN;
        CREATE TABLE pad (bytes BLOB);
        INSERT INTO pad VALUES (zeroblob(${logPages * pageBytes}));
        ROLLBACK;
      `);
      this.#onStep('open: log laid out');
      // A commit syncs the whole of it, so that no start has to.
      this.#marked(() => {});
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      if (!isFull(error)) throw error;
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    }
  }

  #requireNamed(): void {
    if (!this.#name.isKept) throw deletedWhileOpen(this.#path, this.#path);
    if (this.#logName?.isKept !== true) {
      throw deletedWhileOpen(this.#path, `${this.#target}-wal`);
    }
  }
}

/** Opens it and begins the first transaction, which takes the lock. */
function lock(
  { path, lockTimeoutMs }: JournalThreadOptions,
  sqlite: Sqlite,
  onStep: OnStep,
  closing: Int32Array,
  newest?: number,
): DatabaseSync {
  const until = performance.now() + Math.max(lockTimeoutMs, contendMs);
  let isFree = true;
  for (let tries = 0; ; tries += 1) {
    // The look takes as long as the log is, and is in vain while another process goes on writing to that.
    if (isFree && isSound(path, sqlite, newest)) {
      onStep('open: examined');
      const database = tryLock(path, sqlite);
      if (database !== undefined) return database;
    }
    if (performance.now() >= until) throw locked(path, readHolder(targetOf(path)));
    const pauseMs = (5 + Math.random() * 20) * Math.min(1 + tries / 10, mostPatience);
    // The thread has nothing else to do.
    if (Atomics.wait(closing, 0, 0, pauseMs) !== 'timed-out') throw givenUp(path);
    isFree = !isHeld(path, sqlite);
  }
}

/**
 * Whether the file may be opened; not while another process may be changing what was looked at.
 *
 * @throws OffstageError what is the matter, as long as nobody has it.
 */
function isSound(path: string, sqlite: Sqlite, newest?: number): boolean {
  try {
    examine(path, sqlite, newest);
    return true;
  } catch {
    if (isHeld(path, sqlite)) return false;
    // Whoever had it may have closed it in between.
    examine(path, sqlite, newest);
    return true;
  }
}

function tryLock(path: string, { DatabaseSync }: Sqlite): DatabaseSync | undefined {
  const database = new DatabaseSync(path);
  try {
    // Before all else, or SQLite would look into the write-ahead log with memory that it shares with
    // other processes, and leave that behind.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Only into a file that has nothing yet: on another program's it would be a change.
    if (isNew(path)) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    // Closed before the next try: while it is open it may keep the other one from the lock.
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/** The folder, and the names that lead to it, as durable as what will be in it. */
function makeFolder(path: string): void {
  const folder = dirname(path);
  const first = makeFolders(folder);
  if (first === undefined) return;
  for (let name = folder; ; name = dirname(name)) {
    syncFolder(dirname(name));
    if (name === first) return;
  }
}

function refuseOther(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isFile()) throw journalFailed(path, stats.isDirectory() ? 'folder' : 'not_a_file');
  // SQLite would open it for reading, and tell of the lock that it then cannot have.
  accessSync(path, constants.R_OK);
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw journalFailed(path, 'read_only', cause);
  }
}

const isNew = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.size === 0;

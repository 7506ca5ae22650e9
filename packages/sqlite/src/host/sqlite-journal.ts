import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { OffstageError } from '@offstage/core';
import {
  type JobJournal,
  type JournalEntry,
  type JournalHealth,
  journalMisused,
  type KeptJob,
  type KeptSchedule,
  type KeptState,
  reading,
} from '@offstage/core/engine';
import { Arena, ArenaReader } from '../shared/arena.ts';
import { fromPlain, journalDamaged, journalFailed, journalNewer } from '../shared/journal-error.ts';
import { decodeValue, UnknownFormatError } from '../shared/value-codec.ts';
import {
  answerSoon,
  type FromThread,
  type JournalThreadData,
  type JournalThreadOptions,
  type PlainError,
  type ToThread,
} from '../shared/wire.ts';
import { decodeJob, encodeEntry } from './entry-codec.ts';

export interface SqliteJournalOptions {
  /**
   * How many jobs that have ended are kept over a restart; those that ended first go first. Jobs that still
   * have something to do are kept in any case. @default 100_000
   */
  readonly maxKept?: number | undefined;
  /**
   * How long `open` waits for another process that has the journal, in milliseconds, as one may that is
   * shutting down. @default 0
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * `full`: what was kept outlasts a loss of power. `normal`: it outlasts the end of the process however
   * that comes, and a loss of power takes the last seconds. @default 'full'
   */
  readonly synchronous?: 'full' | 'normal' | undefined;
}

/**
 * Keeps jobs in an SQLite file, over the end of the process at any moment. Node's own SQLite
 * does the work, in a thread of its own, so that this one never waits for the disk. The folder is made.
 *
 * @param path Of the file, or its `file:` URL. Two more begin with its name while it is open.
 * @throws OffstageError `invalid_option`. All else is told by `open`.
 *
 * @example
 * const journal = sqliteJournal('./data/jobs.sqlite');
 */
export function sqliteJournal(path: string | URL, options: SqliteJournalOptions = {}): JobJournal {
  return new SqliteJournal(readOptions(path, options), threadFile());
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * ```
 * new -> opening -> open -> closing -> closed        opening, open -> closed (refused, or it broke)
 * ```
 */
export class SqliteJournal implements JobJournal {
  readonly #options: JournalThreadOptions;
  readonly #posted = new Int32Array(new SharedArrayBuffer(4));
  readonly #isUnwanted = new Int32Array(new SharedArrayBuffer(4));
  readonly #threadFile: URL | undefined;
  #state: 'new' | 'opening' | 'open' | 'closing' | 'closed' = 'new';
  #thread: Worker | undefined;
  #opening: Opening | undefined;
  #closing: PromiseWithResolvers<void> | undefined;
  /** Writes that wait to be sent, so many. */
  #batch = new Arena(arenaBytes);
  #batched = 0;
  /** Where a write is encoded; taken while that goes on, as a getter of a value may write as well. */
  #spare: Arena | undefined = new Arena();
  /** Those of the batch and those under way, in the order of the calls. */
  #waiting: Waiting[] = [];
  #underWay = 0;
  #flushing = false;
  /** What is written while an answer is heard follows from it, and must not hold up who waits for the answer. */
  #isAnswering = false;
  #failure: { readonly error: unknown } | undefined;
  /** Its thread ended while it was open. */
  #lost: OffstageError | undefined;

  constructor(options: JournalThreadOptions, threadFile: URL | undefined) {
    this.#options = options;
    this.#threadFile = threadFile;
  }

  open(): Promise<KeptState> {
    if (this.#state !== 'new') {
      return Promise.reject(journalMisused(this.#state === 'closed' ? 'closed' : 'open'));
    }
    // Before all that a Node.js without it may not have either.
    if (!isBuiltin('node:sqlite')) {
      return Promise.reject(journalFailed(this.#options.path, 'no_sqlite'));
    }
    if (this.#threadFile === undefined) {
      return Promise.reject(journalFailed(this.#options.path, 'bundled'));
    }
    this.#state = 'opening';
    const opening: Opening = { ...Promise.withResolvers<KeptState>(), jobs: [] };
    this.#opening = opening;
    const thread = new Worker(this.#threadFile, {
      name: 'offstage-journal',
      workerData: {
        offstageJournal: {
          ...this.#options,
          posted: this.#posted.buffer,
          closing: this.#isUnwanted.buffer,
        } satisfies JournalThreadData,
      },
    });
    this.#thread = thread;
    thread.on('message', (message: FromThread) => this.#receive(message));
    thread.on('error', (cause) => this.#lose(cause));
    thread.on('exit', () => this.#lose());
    return opening.promise;
  }

  write(...entries: readonly JournalEntry[]): Promise<void> {
    if (this.#state !== 'open') {
      if (this.#lost !== undefined) return Promise.reject(this.#lost);
      const state = this.#state === 'new' || this.#state === 'opening' ? 'new' : 'closed';
      return Promise.reject(journalMisused(state));
    }
    if (this.#underWay + this.#batched === 0 && !this.#isAnswering && canOverlap) this.#rouse();
    try {
      this.#encode(entries);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#flushSoon();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  health(): JournalHealth {
    return {
      writable: this.#state === 'open' && this.#failure === undefined,
      ...this.#failure,
    };
  }

  async close(): Promise<void> {
    if (this.#state === 'new') this.#state = 'closed';
    if (this.#state === 'opening') {
      // It may wait for another process, for as long as it was told.
      Atomics.store(this.#isUnwanted, 0, 1);
      Atomics.notify(this.#isUnwanted, 0);
      await this.#opening?.promise.catch(() => undefined);
    }
    if (this.#state === 'open') {
      this.#flush();
      this.#state = 'closing';
      this.#closing = Promise.withResolvers<void>();
      this.#thread?.ref();
      this.#send('close');
    }
    await this.#closing?.promise;
  }

  /** Puts a write into the batch, or throws and leaves that as it is. */
  #encode(entries: readonly JournalEntry[]): void {
    const arena = this.#spare ?? new Arena();
    this.#spare = undefined;
    try {
      arena.addCount(entries.length);
      for (const entry of entries) encodeEntry(entry, arena);
      this.#batch.addAll(arena);
      this.#batched += 1;
    } finally {
      arena.cutTo(0);
      this.#spare = arena;
    }
  }

  // By itself a write goes at once, but for promises that are resolved already: whoever waits for an answer
  // hears it before what follows from it is sent. While others are under way, those of one turn of the
  // event loop go together, unless they are many: then the thread begins with some while this one makes the
  // others. The thread takes all that has come by then as one group.
  #flushSoon(): void {
    if (this.#batched >= mostBatched || this.#batch.length >= mostBatchedBytes) {
      this.#flush();
      return;
    }
    if (this.#flushing) return;
    this.#flushing = true;
    if (this.#underWay === 0) process.nextTick(() => this.#flush());
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const count = this.#batched;
    if (count === 0 || this.#state !== 'open') return;
    const bytes = this.#batch.bytes.slice();
    this.#batch.cutTo(0);
    if (bytes.byteLength > mostBatchedBytes) this.#batch = new Arena(arenaBytes);
    this.#batched = 0;
    if (this.#underWay === 0) this.#thread?.ref();
    this.#underWay += count;
    this.#send(bytes, [bytes.buffer]);
  }

  #send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread?.postMessage(message, transfer);
    this.#rouse();
  }

  /** A message is there, or about to come: the thread wakes up while it is made. */
  #rouse(): void {
    Atomics.add(this.#posted, 0, 1);
    Atomics.notify(this.#posted, 0);
  }

  #receive(message: FromThread): void {
    if (typeof message === 'number') {
      if (message !== answerSoon) this.#written(message, []);
      return;
    }
    switch (message.is) {
      case 'jobs':
        this.#read(message);
        break;
      case 'opened':
        this.#opened(message.schedules);
        break;
      case 'refused':
        this.#refuse(fromPlain(message.error));
        break;
      case 'written':
        this.#written(message.count, message.refused);
        break;
      case 'closed':
        this.#state = 'closed';
        if (message.error === undefined) this.#closing?.resolve();
        else this.#closing?.reject(fromPlain(message.error));
    }
  }

  #read({ jobs, bytes }: Extract<FromThread, { is: 'jobs' }>): void {
    const opening = this.#opening;
    if (opening === undefined || opening.error !== undefined) return;
    const values = new ArenaReader(bytes);
    try {
      for (const [id, columns] of jobs) opening.jobs.push(decodeJob(id, columns, values));
    } catch (error) {
      opening.error = this.#unreadable(error);
    }
  }

  #opened(records: readonly Uint8Array[]): void {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening === undefined) return;
    let error = opening.error;
    let schedules: KeptSchedule[] = [];
    try {
      schedules = records.map((record) => decodeValue(record) as KeptSchedule);
    } catch (cause) {
      error ??= this.#unreadable(cause);
    }
    if (error !== undefined) {
      this.#opening = opening;
      this.#refuse(error);
      return;
    }
    this.#state = 'open';
    this.#thread?.unref();
    opening.resolve({ jobs: opening.jobs, schedules });
  }

  #unreadable(cause: unknown): OffstageError {
    const { path } = this.#options;
    return cause instanceof UnknownFormatError
      ? journalNewer(path, cause)
      : journalDamaged(path, cause);
  }

  #refuse(error: OffstageError): void {
    this.#state = 'closed';
    this.#failure = { error };
    const opening = this.#opening;
    this.#opening = undefined;
    // When it has ended, its lock is free.
    const thread = this.#thread;
    thread?.removeAllListeners('exit').removeAllListeners('error');
    this.#send('close');
    thread?.once('exit', () => opening?.reject(error));
    thread?.once('error', () => opening?.reject(error));
  }

  #written(count: number, refused: readonly (readonly [index: number, error: PlainError])[]): void {
    const errors = new Map(refused.map(([index, error]) => [index, fromPlain(error)]));
    const [error] = errors.values();
    this.#failure = error === undefined ? undefined : { error };
    this.#underWay -= count;
    const ended = this.#waiting.splice(0, count);
    for (let index = 0; index < ended.length; index += 1) {
      const refusal = errors.get(index);
      if (refusal === undefined) ended[index]?.resolve();
      else ended[index]?.reject(refusal);
    }
    if (this.#underWay === 0 && this.#state === 'open') this.#thread?.unref();
    this.#isAnswering = true;
    queueMicrotask(() => {
      this.#isAnswering = false;
    });
  }

  #lose(cause?: unknown): void {
    if (this.#state === 'closed') return;
    const error = journalFailed(this.#options.path, 'thread', cause);
    this.#state = 'closed';
    this.#failure = { error };
    this.#lost = error;
    this.#opening?.reject(error);
    this.#closing?.reject(error);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

interface Opening extends PromiseWithResolvers<KeptState> {
  readonly jobs: KeptJob[];
  error?: OffstageError;
}

// On one processor it would only be in the way.
const canOverlap = availableParallelism() > 1;

const mostBatched = 128;
const mostBatchedBytes = 256 * 1024;
const arenaBytes = 16 * 1024;

// The sources run as they are, the published package as JavaScript. A bundle has left it behind.
function threadFile(): URL | undefined {
  // None in a bundle of CommonJS.
  const here: string | undefined = import.meta.url;
  if (here === undefined) return undefined;
  // Written out, as those who copy what a server needs look for it (Nitro, Next.js).
  const file = here.endsWith('.ts')
    ? new URL('../journal-thread.ts', import.meta.url)
    : new URL('./journal-thread.js', import.meta.url);
  return existsSync(file) ? file : undefined;
}

function readOptions(path: string | URL, options: SqliteJournalOptions): JournalThreadOptions {
  const { maxKept, lockTimeoutMs, synchronous } = optionsOf(options);
  if (synchronous !== 'full' && synchronous !== 'normal') {
    throw invalid('synchronous', "'full' or 'normal'");
  }
  return {
    path: readPath(path),
    maxKept: readCount('maxKept', maxKept),
    lockTimeoutMs: readCount('lockTimeoutMs', lockTimeoutMs),
    synchronous,
  };
}

/** Each option, read once. */
function optionsOf(options: SqliteJournalOptions) {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'an object');
  return reading('options', () => {
    const { maxKept = 100_000, lockTimeoutMs = 0, synchronous = 'full' } = options;
    return { maxKept, lockTimeoutMs, synchronous };
  });
}

function readPath(path: unknown): string {
  // To SQLite a database that is gone with the process; here it would be a file of that name.
  if (path === ':memory:' || (typeof path === 'string' && path.startsWith('file::memory:'))) {
    throw invalid(
      'path',
      'the path of a file, as jobs in memory are not kept. Leave the journal out, or give a test ' +
        'memoryJournal() of @offstage/core/testing',
    );
  }
  try {
    if (path instanceof URL) return fileURLToPath(path);
    if (typeof path === 'string' && path !== '' && !path.includes('\u0000')) {
      return path.startsWith('file:') ? fileURLToPath(path) : resolve(path);
    }
  } catch {
    // A URL that names no file.
  }
  throw invalid('path', 'the path of a file, or its file: URL');
}

function readCount(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  if (value === Number.POSITIVE_INFINITY) return value;
  throw invalid(option, 'a whole number, 0 or more, or Infinity');
}

const invalid = (option: string, wanted: string): OffstageError =>
  new OffstageError('invalid_option', `${option} of a journal must be ${wanted}.`, {
    details: { option },
  });

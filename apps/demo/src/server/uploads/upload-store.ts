import { lstatSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { StagedFile } from '../../change/change-work.ts';
import { makeFolders } from '../../corpus/make-folders.ts';
import { randomHex } from '../../corpus/random-hex.ts';
import type { UploadLimits } from '../../web/api.ts';
import { Problem } from '../requests/problem.ts';
import { asStaged, type KeptUpload, UploadJournal } from './upload-journal.ts';

export const defaultUploadLimits: UploadLimits = {
  maxFileBytes: 64 * 1024 * 1024,
  maxFilesPerRequest: 500,
  maxRequestBytes: 1024 * 1024 * 1024,
  maxNameBytes: 1000,
  maxWaitingFiles: 10_000,
  maxWaitingBytes: 4 * 1024 * 1024 * 1024,
};

export interface UploadStoreOptions {
  readonly limits?: Partial<UploadLimits> | undefined;
  /** An upload that no change took for this long is removed, in milliseconds. @default 3_600_000 */
  readonly ttlMs?: number | undefined;
  /** An upload that arrived longer ago does not outlive a restart, in milliseconds. @default a day */
  readonly maxKeptMs?: number | undefined;
  /** An upload of which nothing comes for this long is cut, in milliseconds. @default 60_000 */
  readonly idleMs?: number | undefined;
  /** One that brings less, over `idleMs`, is cut as well. @default 1024 */
  readonly minBytesPerSecond?: number | undefined;
  /** One that takes longer as a whole is cut, in milliseconds. @default 3_600_000 */
  readonly maxRequestMs?: number | undefined;
}

/** Is told of files that wait. */
export interface UploadWatcher {
  arrived(file: StagedFile): void;
  /** To a change, or for good. */
  left(file: StagedFile): void;
}

interface Waiting extends StagedFile {
  readonly since: number;
}

/** What a session has on disk: arriving, waiting, or at a change. */
interface Usage {
  files: number;
  bytes: number;
}

/**
 * Files that were uploaded and wait for a change, by session. On disk they lie at
 * `staging/<session>/<random>`; their names are in `uploads.jsonl`. A file stays until it is published,
 * thrown away or too old: a change that fails, is canceled or ends with its process gives back what it
 * took, and the next start finds it (D7). What had not arrived whole is swept then.
 */
export class UploadStore {
  readonly limits: UploadLimits;
  readonly idleMs: number;
  readonly minBytesPerSecond: number;
  readonly maxRequestMs: number;
  readonly #dataFolder: string;
  readonly #root: string;
  readonly #maxKeptMs: number;
  readonly #ttlMs: number;
  readonly #journal: UploadJournal;
  readonly #sessions = new Map<string, Map<string, Waiting>>();
  readonly #usage = new Map<string, Usage>();
  readonly #timer: NodeJS.Timeout;
  #watcher: UploadWatcher | undefined;

  constructor(dataFolder: string, options: UploadStoreOptions = {}) {
    this.limits = { ...defaultUploadLimits, ...options.limits };
    this.idleMs = options.idleMs ?? 60_000;
    this.minBytesPerSecond = options.minBytesPerSecond ?? 1024;
    this.maxRequestMs = options.maxRequestMs ?? 3_600_000;
    this.#ttlMs = options.ttlMs ?? 3_600_000;
    this.#maxKeptMs = options.maxKeptMs ?? 86_400_000;
    this.#dataFolder = dataFolder;
    this.#root = path.join(dataFolder, 'staging');
    this.#journal = new UploadJournal(dataFolder);
    makeFolders(this.#root);
    this.#timer = setInterval(() => this.#expire(), Math.min(this.#ttlMs, 60_000)).unref();
  }

  /**
   * Finds what a former process left, once, before anything else: what changes that go on have taken is
   * theirs, and the rest waits, the newest first where it is too much. What is neither is removed.
   *
   * @param taken the uploads of changes that go on.
   */
  restore(taken: ReadonlySet<string> = new Set()): void {
    const oldest = Date.now() - this.#maxKeptMs;
    const kept = [...this.#journal.all()].reverse();
    const ofChanges = kept.filter(({ upload }) => taken.has(upload));
    for (const upload of ofChanges) this.#count(upload.session, usageOf([upload]));
    let room = this.limits.maxWaitingBytes;
    const found: KeptUpload[] = [];
    for (const upload of kept) {
      if (taken.has(upload.upload)) continue;
      room -= upload.bytes;
      const isKept = room >= 0 && upload.at >= oldest && this.#isWhole(upload);
      if (isKept && this.#reserve(upload.session, usageOf([upload]))) found.push(upload);
    }
    const known = new Set([...ofChanges, ...found].map(({ upload }) => upload));
    this.#journal.gone(kept.flatMap(({ upload }) => (known.has(upload) ? [] : [upload])));
    this.#journal.compact();
    this.#sweep([...ofChanges, ...found]);
    for (const upload of found.reverse()) {
      this.#wait(upload.session, [asStaged(this.#dataFolder, upload)]);
    }
  }

  /** Nothing is on disk, waiting or at a change. */
  get isEmpty(): boolean {
    return this.#usage.size === 0;
  }

  /** What a change that goes on has taken, by the ids that it names. */
  ofChange(session: string, uploads: readonly string[]): readonly StagedFile[] {
    const ids = new Set(uploads);
    return this.#journal
      .all()
      .filter((upload) => upload.session === session && ids.has(upload.upload))
      .map((upload) => asStaged(this.#dataFolder, upload));
  }

  /** Tells one watcher of all files from here on. */
  watch(watcher: UploadWatcher): void {
    this.#watcher = watcher;
  }

  /** A place for one file of a session: created, open for writing, and the caller's to close. */
  stage(session: string): { upload: string; file: string; descriptor: number } {
    const folder = path.join(this.#root, session);
    // A link would lead out of here, and a path through it would be followed.
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found === undefined) makeFolders(folder);
    else if (!found.isDirectory()) throw new Error('The staging folder is no folder.');
    const upload = randomHex(16);
    const file = path.join(folder, upload);
    // Exclusive: where a link or a file lies already, it fails. Synchronous, as it takes less time than a
    // trip to another thread; and several threads would only spin for the lock of the folder.
    return { upload, file, descriptor: openSync(file, 'wx', 0o600) };
  }

  /** Counts a file that is to arrive. False where the session has too many, and nothing is counted. */
  reserveFile(session: string): boolean {
    return this.#reserve(session, { files: 1, bytes: 0 });
  }

  /** Counts bytes while they arrive. False where it is too much, and nothing is counted. */
  reserveBytes(session: string, bytes: number): boolean {
    return this.#reserve(session, { files: 0, bytes });
  }

  /** Takes back what was counted, of files that are on disk no more. */
  release(session: string, { files, bytes }: Readonly<Usage>): void {
    const usage = this.#usage.get(session);
    if (usage === undefined) return;
    usage.files -= files;
    usage.bytes -= bytes;
    if (usage.files > 0 || usage.bytes > 0) return;
    this.#usage.delete(session);
    try {
      rmdirSync(path.join(this.#root, session));
    } catch {
      // Not there, or not empty.
    }
  }

  /** Files that have arrived whole, and were counted. */
  add(session: string, files: readonly StagedFile[]): void {
    const at = Date.now();
    this.#journal.added(
      files.map(({ staged: _staged, ...file }) => ({ ...file, ...{ session, at } })),
    );
    this.#wait(session, files);
  }

  /** What waits, oldest first. */
  waiting(session: string): readonly StagedFile[] {
    return [...(this.#sessions.get(session)?.values() ?? [])];
  }

  /**
   * Hands uploads to a change: nobody else can take or drop them from here on, until they are given
   * back or gone.
   *
   * @throws Problem `unknown_upload`, `storage_full`, and nothing is taken.
   */
  take(session: string, uploads: readonly string[]): readonly StagedFile[] {
    const waiting = this.#sessions.get(session);
    const files = [...new Set(uploads)].map((upload) => {
      const file = waiting?.get(upload);
      if (file !== undefined) return file;
      throw new Problem(
        400,
        'unknown_upload',
        'An uploaded file is not there any more. Upload it again.',
      );
    });
    // A change knows its uploads by what is written.
    if (files.length > 0 && !this.#journal.isWritten()) {
      throw new Problem(507, 'storage_full', 'The disk is full. Free some space and try again.');
    }
    for (const file of files) this.#leave(session, file);
    return files.map(({ since: _since, ...file }) => file);
  }

  /** What a change had taken and did not publish waits again. */
  giveBack(session: string, files: readonly StagedFile[]): void {
    this.#wait(session, files);
  }

  /** What a change had taken is published, or of no use. */
  async gone(session: string, files: readonly StagedFile[]): Promise<void> {
    this.#journal.gone(files.map(({ upload }) => upload));
    await Promise.all(
      files.map(({ staged }) => rm(staged, { force: true }).catch(() => undefined)),
    );
    this.release(session, usageOf(files));
  }

  /** False where the session has no such upload. */
  async drop(session: string, upload: string): Promise<boolean> {
    const file = this.#sessions.get(session)?.get(upload);
    if (file === undefined) return false;
    this.#leave(session, file);
    await this.gone(session, [file]);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #reserve(session: string, { files, bytes }: Readonly<Usage>): boolean {
    const usage = this.#usage.get(session) ?? { files: 0, bytes: 0 };
    const { maxWaitingFiles, maxWaitingBytes } = this.limits;
    const isTooMuch =
      usage.files + files > maxWaitingFiles || usage.bytes + bytes > maxWaitingBytes;
    if (isTooMuch) return false;
    this.#count(session, { files, bytes });
    return true;
  }

  #count(session: string, { files, bytes }: Readonly<Usage>): void {
    const usage = this.#usage.get(session) ?? { files: 0, bytes: 0 };
    this.#usage.set(session, { files: usage.files + files, bytes: usage.bytes + bytes });
  }

  #wait(session: string, files: readonly StagedFile[]): void {
    const waiting = this.#sessions.get(session) ?? new Map<string, Waiting>();
    this.#sessions.set(session, waiting);
    const since = Date.now();
    for (const file of files) {
      waiting.set(file.upload, { ...file, since });
      this.#watcher?.arrived(file);
    }
    if (waiting.size === 0) this.#sessions.delete(session);
  }

  #leave(session: string, file: StagedFile): void {
    const waiting = this.#sessions.get(session);
    if (waiting === undefined || !waiting.delete(file.upload)) return;
    this.#watcher?.left(file);
    if (waiting.size === 0) this.#sessions.delete(session);
  }

  #expire(): void {
    const before = Date.now() - this.#ttlMs;
    for (const [session, waiting] of this.#sessions) {
      for (const { upload, since } of waiting.values()) {
        if (since < before) void this.drop(session, upload).catch(() => undefined);
      }
    }
  }

  #isWhole({ session, upload, bytes }: KeptUpload): boolean {
    try {
      // A link is no folder and no file here, wherever it leads.
      if (!lstatSync(path.join(this.#root, session)).isDirectory()) return false;
      const stats = lstatSync(path.join(this.#root, session, upload));
      return stats.isFile() && stats.size === bytes;
    } catch {
      return false;
    }
  }

  #sweep(kept: readonly KeptUpload[]): void {
    const places = new Set(kept.map(({ session, upload }) => path.join(session, upload)));
    const sessions = new Set(kept.map(({ session }) => session));
    for (const name of readdirSync(this.#root)) {
      const found = sessions.has(name)
        ? readdirSync(path.join(this.#root, name)).map((file) => path.join(name, file))
        : [name];
      for (const place of found) {
        if (places.has(place)) continue;
        rmSync(path.join(this.#root, place), { recursive: true, force: true });
      }
    }
  }
}

const usageOf = (files: readonly { readonly bytes: number }[]): Usage => ({
  files: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
});

import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { StagedFile } from '../change-work.ts';
import type { UploadLimits } from '../web/api.ts';
import { Problem } from './problem.ts';

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
  /** An upload of which nothing comes for this long is cut, in milliseconds. @default 60_000 */
  readonly idleMs?: number | undefined;
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

interface SessionUploads {
  readonly files: Map<string, Waiting>;
  /** Of all its files. */
  bytes: number;
}

/**
 * Files that were uploaded and wait for a change, by session. On disk they lie at
 * `staging/<session>/<random>`; their names are kept here alone. What is here is gone with the
 * process: the next start sweeps the folder (D7).
 */
export class UploadStore {
  readonly limits: UploadLimits;
  readonly idleMs: number;
  readonly #root: string;
  readonly #ttlMs: number;
  readonly #sessions = new Map<string, SessionUploads>();
  /** Bytes that are on their way, by session. */
  readonly #arriving = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #watcher: UploadWatcher | undefined;

  constructor(dataFolder: string, options: UploadStoreOptions = {}) {
    this.limits = { ...defaultUploadLimits, ...options.limits };
    this.idleMs = options.idleMs ?? 60_000;
    this.#ttlMs = options.ttlMs ?? 3_600_000;
    this.#root = path.join(dataFolder, 'staging');
    rmSync(this.#root, { recursive: true, force: true });
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    this.#timer = setInterval(() => this.#expire(), Math.min(this.#ttlMs, 60_000)).unref();
  }

  /** Tells one watcher of all files from here on. */
  watch(watcher: UploadWatcher): void {
    this.#watcher = watcher;
  }

  /** A place for one file of a session: created, open for writing, and the caller's to close. */
  stage(session: string): { upload: string; file: string; descriptor: number } {
    const folder = path.join(this.#root, session);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // A link would lead out of here, and a path through it would be followed.
    if (!lstatSync(folder).isDirectory()) throw new Error('The staging folder is no folder.');
    const upload = randomBytes(16).toString('hex');
    const file = path.join(folder, upload);
    // Exclusive: where a link or a file lies already, it fails. Synchronous, as it takes less time than a
    // trip to another thread; and several threads would only spin for the lock of the folder.
    return { upload, file, descriptor: openSync(file, 'wx', 0o600) };
  }

  /** Counts bytes while they arrive, and takes them off by a negative count. False where it is too much. */
  hasRoomFor(session: string, bytes: number): boolean {
    const now = (this.#arriving.get(session) ?? 0) + bytes;
    if (now === 0) this.#arriving.delete(session);
    else this.#arriving.set(session, now);
    const waiting = this.#sessions.get(session)?.bytes ?? 0;
    return bytes <= 0 || waiting + now <= this.limits.maxWaitingBytes;
  }

  hasRoom(session: string): boolean {
    return (this.#sessions.get(session)?.files.size ?? 0) < this.limits.maxWaitingFiles;
  }

  /** A file that has arrived whole. */
  add(session: string, file: StagedFile): void {
    const waiting = this.#sessions.get(session) ?? { files: new Map(), bytes: 0 };
    waiting.files.set(file.upload, { ...file, since: Date.now() });
    waiting.bytes += file.bytes;
    this.#sessions.set(session, waiting);
    this.#watcher?.arrived(file);
  }

  /** What waits, oldest first. */
  waiting(session: string): readonly StagedFile[] {
    return [...(this.#sessions.get(session)?.files.values() ?? [])];
  }

  /**
   * Hands uploads to a change: nobody else can take or drop them from here on.
   *
   * @throws Problem `unknown_upload`, and nothing is taken.
   */
  take(session: string, uploads: readonly string[]): readonly StagedFile[] {
    const waiting = this.#sessions.get(session);
    const files = [...new Set(uploads)].map((upload) => {
      const file = waiting?.files.get(upload);
      if (file !== undefined) return file;
      throw new Problem(
        400,
        'unknown_upload',
        'An uploaded file is not there any more. Upload it again.',
      );
    });
    for (const file of files) this.#leave(session, file);
    return files.map(({ since: _since, ...file }) => file);
  }

  /** Gives back what a change that never began had taken. */
  giveBack(session: string, files: readonly StagedFile[]): void {
    for (const file of files) this.add(session, file);
  }

  /** False where the session has no such upload. */
  async drop(session: string, upload: string): Promise<boolean> {
    const file = this.#sessions.get(session)?.files.get(upload);
    if (file === undefined) return false;
    this.#leave(session, file);
    await rm(file.staged, { force: true });
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #leave(session: string, file: StagedFile): void {
    const waiting = this.#sessions.get(session);
    if (waiting === undefined || !waiting.files.delete(file.upload)) return;
    waiting.bytes -= file.bytes;
    this.#watcher?.left(file);
    if (waiting.files.size === 0) this.#sessions.delete(session);
  }

  #expire(): void {
    const before = Date.now() - this.#ttlMs;
    for (const [session, waiting] of this.#sessions) {
      for (const { upload, since } of waiting.files.values()) {
        if (since < before) void this.drop(session, upload).catch(() => undefined);
      }
    }
  }
}

import { lstat } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Examined, ExamineOptions, ExamineRequest, FileFacts } from '@offstage/core/storage';
import { examineFile } from './examine-file.ts';
import { ExaminePool } from './examine-pool.ts';
import type { ExaminedColumns, ThreadAnswer, ThreadTask } from './examine-thread.ts';
import { type FactsColumns, factsAt } from './facts-table.ts';
import { mapAtOnce } from './map-at-once.ts';
import { errnoOf, factsOf, missing } from './posix.ts';

// From measurements on ext4: a thread takes some 30 ms to start, and then less than 10 µs for a file
// for which asynchronous calls take 100.
const threadsFromFiles = 256;
const threadsFromBytes = 64 * 1024 * 1024;
// Small enough that threads end at about the same time.
const batchFiles = 128;

/** Looks at many files at once: in threads where it pays, else by asynchronous calls. */
export class FileExaminer {
  /** With a separator at its end. */
  readonly #root: string;
  readonly #pool = new ExaminePool();
  #noThreads = false;
  #expected = 0;

  /** All paths are relative to the folder `root`. */
  constructor(root: string) {
    this.#root = root.endsWith(sep) ? root : root + sep;
  }

  /** One more file will be examined some time: with many of them, threads are ready by then. */
  expect(): void {
    this.#expected += 1;
    if (this.#expected % threadsFromFiles === 0 && !this.#noThreads) this.#pool.prepare();
  }

  /** Rejects with the operating system's error, or the signal's reason. */
  async examine(
    requests: readonly ExamineRequest[],
    { sync, signal }: ExamineOptions,
  ): Promise<readonly Examined[]> {
    signal?.throwIfAborted();
    if (await this.#wantsThreads(requests)) {
      signal?.throwIfAborted();
      const examined = await this.#examineInThreads(requests, sync, signal);
      signal?.throwIfAborted();
      if (examined !== undefined) return examined;
    }
    return mapAtOnce(requests, ({ path, hash }) =>
      examineFile({ path: this.#root + path, hash }, { sync, signal }),
    );
  }

  /** `lstat` of each. */
  async stat(paths: readonly string[]): Promise<readonly (FileFacts | undefined)[]> {
    if (paths.length >= threadsFromFiles) {
      const tasks = batchesOf(paths).map((batch) => ({
        kind: 'stat' as const,
        root: this.#root,
        paths: batch,
      }));
      const answers = await this.#run(tasks, () => undefined);
      if (answers !== undefined) return answers.flatMap(({ facts }) => statsOf(facts));
    }
    return mapAtOnce(paths, (path) => statFile(this.#root + path));
  }

  async #examineInThreads(
    requests: readonly ExamineRequest[],
    sync: boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly Examined[] | undefined> {
    const canceled = new Int32Array(new SharedArrayBuffer(4));
    const cancel = (): void => void Atomics.store(canceled, 0, 1);
    signal?.addEventListener('abort', cancel);
    try {
      const tasks = batchesOf(requests).map((batch) => ({
        kind: 'examine' as const,
        root: this.#root,
        paths: batch.map(({ path }) => path),
        hash: Uint8Array.from(batch, ({ hash }) => Number(hash)),
        sync,
        canceled,
      }));
      const answers = await this.#run(tasks, cancel);
      return answers?.flatMap(({ examined }) => examinedOf(examined));
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async #wantsThreads(requests: readonly ExamineRequest[]): Promise<boolean> {
    if (requests.length >= threadsFromFiles) return true;
    const hashed = requests.filter(({ hash }) => hash);
    // One file is hashed by one thread at most, and this one can do that.
    if (hashed.length < 2) return false;
    const facts = await mapAtOnce(hashed, ({ path }) => statFile(this.#root + path));
    return facts.reduce((sum, file) => sum + (file?.bytes ?? 0), 0) >= threadsFromBytes;
  }

  /** The answers in the order of the tasks, or `undefined` when there are no threads to be had. */
  async #run(
    tasks: readonly ThreadTask[],
    cancel: () => void,
  ): Promise<readonly ThreadAnswer[] | undefined> {
    if (this.#noThreads) return undefined;
    let failed: ThreadAnswer['failed'];
    const ends = await Promise.allSettled(
      tasks.map(async (task) => {
        const answer = await this.#pool.run(task);
        if (answer.failed === undefined) return answer;
        failed ??= answer.failed;
        cancel();
        return answer;
      }),
    );
    if (failed !== undefined) {
      throw Object.assign(new Error(failed.message), { code: failed.errno });
    }
    const answers = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    if (answers.length === tasks.length) return answers;
    this.#noThreads = true;
    return undefined;
  }
}

function statsOf(facts: FactsColumns | undefined): (FileFacts | undefined)[] {
  return Array.from(facts?.kinds ?? [], (_, index) => {
    const file = facts && factsAt(facts, index);
    return typeof file === 'object' ? file : undefined;
  });
}

function examinedOf(columns: ExaminedColumns | undefined): Examined[] {
  if (columns === undefined) return [];
  return Array.from(columns.sha256, (sha256, index) => {
    const before = factsAt(columns.before, index);
    if (typeof before === 'string') return before;
    const after = columns.after && factsAt(columns.after, index);
    const hashed = sha256 === undefined ? undefined : { bytes: columns.bytes[index] ?? 0, sha256 };
    return { before, after: typeof after === 'object' ? after : before, hashed };
  });
}

async function statFile(path: string): Promise<FileFacts | undefined> {
  try {
    return factsOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (missing.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

// Large files go one by one, so that each thread has some.
function batchesOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  const length = items.length < threadsFromFiles ? 1 : batchFiles;
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}

import { lstat } from 'node:fs/promises';
import type { Examined, ExamineOptions, ExamineRequest, FileFacts } from '@offstage/core';
import { examineFile } from './examine-file.ts';
import { ExaminePool } from './examine-pool.ts';
import type { ThreadAnswer, ThreadTask } from './examine-thread.ts';
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
  readonly #pool = new ExaminePool();
  #noThreads = false;

  /** Paths are absolute. Rejects with the operating system's error, or the signal's reason. */
  async examine(
    requests: readonly ExamineRequest[],
    { sync, signal }: ExamineOptions,
  ): Promise<readonly Examined[]> {
    signal?.throwIfAborted();
    if (await wantsThreads(requests)) {
      const examined = await this.#examineInThreads(requests, sync, signal);
      signal?.throwIfAborted();
      if (examined !== undefined) return examined;
    }
    return mapAtOnce(requests, (request) => examineFile(request, { sync, signal }));
  }

  /** `lstat` of each. */
  async stat(paths: readonly string[]): Promise<readonly (FileFacts | undefined)[]> {
    if (paths.length >= threadsFromFiles) {
      const tasks = batchesOf(paths).map((batch) => ({ kind: 'stat' as const, paths: batch }));
      const answers = await this.#run(tasks, () => undefined);
      if (answers !== undefined) return answers.flatMap(({ facts = [] }) => facts);
    }
    return mapAtOnce(paths, statFile);
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
      const tasks = batchesOf(requests).map((files) => ({
        kind: 'examine' as const,
        files,
        sync,
        canceled,
      }));
      const answers = await this.#run(tasks, cancel);
      return answers?.flatMap(({ examined = [] }) => examined);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
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

async function wantsThreads(requests: readonly ExamineRequest[]): Promise<boolean> {
  if (requests.length >= threadsFromFiles) return true;
  const hashed = requests.filter(({ hash }) => hash);
  // One file is hashed by one thread at most, and this one can do that.
  if (hashed.length < 2) return false;
  const facts = await mapAtOnce(hashed, ({ path }) => statFile(path));
  return facts.reduce((sum, file) => sum + (file?.bytes ?? 0), 0) >= threadsFromBytes;
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

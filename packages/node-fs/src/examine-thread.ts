import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, lstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { Examined, FileFacts } from '@offstage/core';
import { errnoOf, factsOf, missing, notAFile, readFlags } from './posix.ts';

/** What a thread is asked: a batch of files, looked at one after the other by synchronous calls. */
export type ThreadTask =
  | {
      readonly kind: 'examine';
      readonly files: readonly { readonly path: string; readonly hash: boolean }[];
      readonly sync: boolean;
      /** Becomes 1 when the task is called off. */
      readonly canceled: Int32Array;
    }
  | { readonly kind: 'stat'; readonly paths: readonly string[] };

/** One of these; all but `failed` may be missing when the task was called off. */
export interface ThreadAnswer {
  readonly examined?: readonly Examined[];
  readonly facts?: readonly (FileFacts | undefined)[];
  readonly failed?: { readonly errno: string | undefined; readonly message: string };
}

// Large enough that calls cost nothing beside the hashing, small enough to stay in the cache.
const buffer = new Uint8Array(256 * 1024);

parentPort?.on('message', (task: ThreadTask) => {
  parentPort?.postMessage(answer(task));
});

function answer(task: ThreadTask): ThreadAnswer {
  try {
    if (task.kind === 'stat') return { facts: task.paths.map(statFile) };
    const examined: Examined[] = [];
    for (const { path, hash } of task.files) {
      if (Atomics.load(task.canceled, 0) === 1) return {};
      const one = examineFile(path, hash, task);
      if (one === undefined) return {};
      examined.push(one);
    }
    return { examined };
  } catch (error) {
    // A copied error would lose its code.
    const message = error instanceof Error ? error.message : String(error);
    return { failed: { errno: errnoOf(error), message } };
  }
}

function statFile(path: string): FileFacts | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && factsOf(stats);
}

function examineFile(
  path: string,
  mustHash: boolean,
  { sync, canceled }: { readonly sync: boolean; readonly canceled: Int32Array },
): Examined | undefined {
  let fd: number;
  try {
    fd = openSync(path, readFlags);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (missing.includes(errno)) return 'missing';
    if (notAFile.includes(errno)) return 'unsafe';
    throw error;
  }
  try {
    const before = factsOf(fstatSync(fd, { bigint: true }));
    if (before.kind !== 'file') return 'unsafe';
    const hashed = mustHash ? hashContent(fd, before.bytes, canceled) : undefined;
    if (mustHash && hashed === undefined) return undefined;
    if (sync) fsyncSync(fd);
    // Without reading or flushing, no time has passed.
    const after = mustHash || sync ? factsOf(fstatSync(fd, { bigint: true })) : before;
    return { before, after, hashed };
  } finally {
    closeSync(fd);
  }
}

/** `undefined` when it was called off. */
function hashContent(
  fd: number,
  expectedBytes: number,
  canceled: Int32Array,
): { readonly bytes: number; readonly sha256: string } | undefined {
  const first = readSync(fd, buffer, 0, buffer.byteLength, 0);
  // A small file is hashed in one call. That it did not grow is seen by the look that follows.
  if (first === expectedBytes) {
    return { bytes: first, sha256: hash('sha256', buffer.subarray(0, first)) };
  }
  const hasher = createHash('sha256').update(buffer.subarray(0, first));
  for (let bytes = first; ; ) {
    if (Atomics.load(canceled, 0) === 1) return undefined;
    const read = readSync(fd, buffer, 0, buffer.byteLength, bytes);
    if (read === 0) return { bytes, sha256: hasher.digest('hex') };
    bytes += read;
    hasher.update(buffer.subarray(0, read));
  }
}

import { createHash, hash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
} from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { type FactsColumns, FactsTable } from './facts-table.ts';
import { errnoOf, missing, notAFile, readFlags } from './posix.ts';

interface Batch {
  /** What all paths are relative to, with a separator at its end: each is sent without it. */
  readonly root: string;
  readonly paths: readonly string[];
}

/** What a thread is asked: a batch of files, looked at one after the other by synchronous calls. */
export type ThreadTask =
  | (Batch & {
      readonly kind: 'examine';
      /** Which of them are hashed: 1. */
      readonly hash: Uint8Array;
      readonly sync: boolean;
      /** Becomes 1 when the task is called off. */
      readonly canceled: Int32Array;
    })
  | (Batch & { readonly kind: 'stat' });

/** One of these; all but `failed` may be missing when the task was called off. */
export interface ThreadAnswer {
  readonly examined?: ExaminedColumns | undefined;
  readonly facts?: FactsColumns;
  readonly failed?: { readonly errno: string | undefined; readonly message: string };
}

/** In columns, as a message of many small objects takes longer than what it tells. */
export interface ExaminedColumns {
  readonly before: FactsColumns;
  /** Missing where nothing was flushed: then there is no later look. */
  readonly after: FactsColumns | undefined;
  /** How many bytes were hashed. */
  readonly bytes: Float64Array;
  readonly sha256: readonly (string | undefined)[];
}

// Large enough that calls cost nothing beside the hashing, small enough to stay in the cache.
const buffer = new Uint8Array(256 * 1024);

parentPort?.on('message', (task: ThreadTask) => {
  parentPort?.postMessage(answer(task));
});

function answer(task: ThreadTask): ThreadAnswer {
  try {
    return task.kind === 'stat' ? { facts: statFiles(task) } : { examined: examineFiles(task) };
  } catch (error) {
    // A copied error would lose its code.
    const message = error instanceof Error ? error.message : String(error);
    return { failed: { errno: errnoOf(error), message } };
  }
}

function statFiles({ root, paths }: Batch): FactsColumns {
  const facts = new FactsTable(paths.length);
  for (const [index, path] of paths.entries()) {
    const stats = statOf(root + path);
    if (stats !== undefined) facts.set(index, stats);
  }
  return facts.columns;
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    // Below what is no directory, Node.js throws all the same.
    if (missing.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** `undefined` when it was called off. */
function examineFiles(
  task: ThreadTask & { readonly kind: 'examine' },
): ExaminedColumns | undefined {
  const { paths, sync, canceled } = task;
  const before = new FactsTable(paths.length);
  const after = sync ? new FactsTable(paths.length) : undefined;
  const bytes = new Float64Array(paths.length);
  const sha256 = new Array<string | undefined>(paths.length);
  for (const [index, path] of paths.entries()) {
    if (Atomics.load(canceled, 0) === 1) return undefined;
    const fd = openRegular(task.root + path);
    if (fd === 'missing') continue;
    if (fd === 'unsafe') {
      before.setUnsafe(index);
      continue;
    }
    try {
      if (before.set(index, fstatSync(fd, { bigint: true })) !== 'file') {
        before.setUnsafe(index);
        continue;
      }
      if (task.hash[index] === 1) {
        const hashed = hashContent(fd, before.bytes(index), canceled);
        if (hashed === undefined) return undefined;
        bytes[index] = hashed.bytes;
        sha256[index] = hashed.sha256;
      }
      if (after !== undefined) {
        fsyncSync(fd);
        after.set(index, fstatSync(fd, { bigint: true }));
      }
    } finally {
      closeSync(fd);
    }
  }
  return { before: before.columns, after: after?.columns, bytes, sha256 };
}

function openRegular(path: string): number | 'missing' | 'unsafe' {
  try {
    return openSync(path, readFlags);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (missing.includes(errno)) return 'missing';
    if (notAFile.includes(errno)) return 'unsafe';
    throw error;
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

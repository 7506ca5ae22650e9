import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Examined, ExamineOptions, ExamineRequest } from '@offstage/core/storage';
import { errnoOf, factsOf, missing, notAFile, readFlags } from './posix.ts';

const pieceBytes = 1024 * 1024;
// Below that, what a file holds is on its way to the disk before it could be helped along.
const earlySyncBytes = 8 * 1024 * 1024;

/**
 * One look at one file, by asynchronous calls: `examineFiles` for a few files. The content is read
 * and hashed while the next piece is read and what is not on the disk yet is written there.
 */
export async function examineFile(
  { path, hash }: ExamineRequest,
  { sync, signal }: ExamineOptions,
): Promise<Examined> {
  signal?.throwIfAborted();
  const handle = await openRegular(path);
  if (typeof handle === 'string') return handle;
  try {
    const before = factsOf(await handle.stat({ bigint: true }));
    if (before.kind !== 'file') return 'unsafe';
    const flushing = sync && hash && before.bytes >= earlySyncBytes ? handle.datasync() : undefined;
    const hashing = hash ? hashContent(handle, before.bytes, signal) : undefined;
    // Both have ended before anybody closes the descriptor.
    await Promise.allSettled([flushing, hashing]);
    await flushing;
    const hashed = await hashing;
    if (sync) await handle.sync();
    return { before, after: factsOf(await handle.stat({ bigint: true })), hashed };
  } finally {
    await handle.close();
  }
}

async function openRegular(path: string): Promise<FileHandle | 'missing' | 'unsafe'> {
  try {
    return await open(path, readFlags);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (missing.includes(errno)) return 'missing';
    if (notAFile.includes(errno)) return 'unsafe';
    throw error;
  }
}

async function hashContent(
  handle: FileHandle,
  expectedBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  const length = Math.max(1, Math.min(expectedBytes, pieceBytes));
  const read = (buffer: Uint8Array, piece: number) =>
    handle.read(buffer, 0, length, piece * length);
  // While one piece is hashed, two are read.
  let [full, next, last] = [
    new Uint8Array(length),
    new Uint8Array(length),
    new Uint8Array(length),
  ] as const;
  let reading = read(full, 0);
  let ahead = read(next, 1);
  try {
    for (let piece = 0; ; piece += 1) {
      const { bytesRead } = await reading;
      signal?.throwIfAborted();
      reading = ahead;
      ahead = read(last, piece + 2);
      hash.update(full.subarray(0, bytesRead));
      if (bytesRead < length) {
        return { bytes: piece * length + bytesRead, sha256: hash.digest('hex') };
      }
      [full, next, last] = [next, last, full];
    }
  } finally {
    await Promise.allSettled([reading, ahead]);
  }
}

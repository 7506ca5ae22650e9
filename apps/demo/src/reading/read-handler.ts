import { type HandledJob, handle, type JobContext, type ReturnOf } from '@offstage/core';
import type { ChildPool } from './child-pool.ts';
import { chunkingOf } from './chunk.ts';
import { handOut } from './hand-out.ts';
import type { ParseCache } from './parse-cache.ts';
import { readUploads } from './read-job.ts';
import type { UploadReads } from './upload-reads.ts';

export interface ReadHandlerOptions {
  /** Those of the change's handler in the same thread. */
  readonly pool: ChildPool;
  readonly reads: UploadReads;
  /** What was parsed before the end of a former process. @default nothing */
  readonly cache?: ParseCache | undefined;
  /** A module that exports `parseFile`. @default the app's own */
  readonly parser?: URL | undefined;
}

// Uploads arrive in numbers, and nobody waits for a reason not to start another child.
const backlog = 4;

/** Fills `reads` with what becomes of uploads; see `readUploads`. */
export function createReadHandler(options: ReadHandlerOptions): HandledJob<typeof readUploads> {
  return handle(readUploads, (context) => readAll(context, options));
}

async function readAll(
  { input, signal }: JobContext<typeof readUploads>,
  { pool, reads, cache, parser }: ReadHandlerOptions,
): Promise<ReturnOf<typeof readUploads>> {
  const { fileTimeoutMs, memoryLimitMb, processes, maxFileBytes, passageLength } = input;
  const files = input.files
    .map(({ name, staged }) => ({ path: name, absolute: staged }))
    .filter(({ absolute }) => !reads.has(absolute, passageLength));
  // No signal of the job's: whoever comes next goes on with what they are at.
  const parsers = await reads.parsers.take({
    ...{ parser, fileTimeoutMs, memoryLimitMb, processes, pool, backlog },
    chunking: chunkingOf(passageLength),
  });
  try {
    const options = { parsers, reads, cache, maxFileBytes, passageLength, signal };
    const read = await handOut(files, options);
    signal.throwIfAborted();
    return { read };
  } finally {
    await reads.parsers.leave(parsers);
  }
}

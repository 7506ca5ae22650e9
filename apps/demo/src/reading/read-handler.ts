import { type HandledJob, handle, type JobContext, type ReturnOf } from '@offstage/core';
import { configHash } from '../corpus/corpus-metadata.ts';
import type { ChildPool } from './child-pool.ts';
import { chunkingOf } from './chunk.ts';
import { parseAhead } from './parse-ahead.ts';
import type { ParseCache } from './parse-cache.ts';
import { ParseProcesses } from './parse-processes.ts';
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
  /**
   * How long a canceled job waits for what its parsers are at, in milliseconds. A change waits for its
   * end and needs that; only a file that hangs takes so long. @default 2000
   */
  readonly graceMs?: number;
}

// So few that a canceled job ends in a fraction of its grace, even where the parsers are not warm yet.
const maxFilesAhead = 16;
const maxBytesAhead = 512 * 1024;
const backlog = 4;

/** Fills `reads` with what becomes of uploads; see `readUploads`. */
export function createReadHandler(options: ReadHandlerOptions): HandledJob<typeof readUploads> {
  return handle(readUploads, (context) => readAll(context, options));
}

async function readAll(
  { input, signal }: JobContext<typeof readUploads>,
  { pool, reads, cache, parser: parserModule, graceMs = 2000 }: ReadHandlerOptions,
): Promise<ReturnOf<typeof readUploads>> {
  const { fileTimeoutMs, memoryLimitMb, processes, maxFileBytes, passageLength } = input;
  const unread = input.files
    .map(({ name, staged }) => ({ path: name, absolute: staged }))
    .filter(({ absolute }) => !reads.has(absolute, passageLength));
  const ending = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    grace = setTimeout(() => ending.abort(signal.reason), graceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await using parsers = new ParseProcesses({
      signal: ending.signal,
      parser: parserModule,
      chunking: chunkingOf(passageLength),
      ...{ fileTimeoutMs, memoryLimitMb, processes, pool, backlog },
    });
    const parser = cache?.parser(parsers, configHash(passageLength)) ?? parsers;
    const files = untilAborted(unread, signal);
    const limits = { signal: ending.signal, maxFileBytes, maxFilesAhead, maxBytesAhead };
    let read = 0;
    for await (const { found, file, outcome } of parseAhead(files, parser, limits)) {
      // Somebody took it back.
      if (file.sha256 === null) continue;
      reads.put(found.absolute, { file, outcome }, passageLength);
      read += 1;
    }
    signal.throwIfAborted();
    return { read };
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Ends where the signal is aborted; what has been given out is not called back. */
function* untilAborted<T>(values: readonly T[], signal: AbortSignal): Generator<T> {
  for (const value of values) {
    if (signal.aborted) return;
    yield value;
  }
}

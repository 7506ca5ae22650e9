import type { FoundFile } from '../corpus/collect.ts';
import { configHash } from '../corpus/corpus-metadata.ts';
import { beginFile, bytesAhead, filesAhead } from './parse-ahead.ts';
import type { ParseCache } from './parse-cache.ts';
import type { ParseProcesses } from './parse-processes.ts';
import type { UploadReads } from './upload-reads.ts';

export interface HandOutOptions {
  readonly parsers: ParseProcesses;
  readonly reads: UploadReads;
  readonly cache: ParseCache | undefined;
  readonly maxFileBytes: number;
  readonly passageLength: number;
  /** Nothing more is begun. */
  readonly signal: AbortSignal;
}

/**
 * Reads files, hands them to parsers as fast as these answer, and leaves what becomes of them in `reads`.
 * It ends when the last one is handed out, or the signal is aborted: parsers are at some of them by then.
 *
 * @returns how many were read
 */
export async function handOut(
  files: readonly FoundFile[],
  { parsers, reads, cache, maxFileBytes, passageLength, signal }: HandOutOptions,
): Promise<number> {
  const parser = cache?.parser(parsers, configHash(passageLength)) ?? parsers;
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let read = 0;
  for (const found of files) {
    const isFull = parsers.waiting >= filesAhead || parsers.waitingBytes >= bytesAhead;
    // Down to the half, so that many files go to a parser in one write.
    const most = isFull ? filesAhead / 2 : filesAhead;
    while (
      !signal.aborted &&
      parsers.waiting > 0 &&
      (parsers.waiting >= most || parsers.waitingBytes >= bytesAhead)
    ) {
      await Promise.race([parsers.nextAnswer(), aborted]);
    }
    if (signal.aborted) break;
    const begun = beginFile(found, parser, { maxFileBytes });
    // Somebody took it back.
    if (begun.file.sha256 === null) continue;
    reads.put(found.absolute, begun, passageLength);
    read += 1;
  }
  return read;
}

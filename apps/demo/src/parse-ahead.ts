import path from 'node:path';
import { type FoundFile, type ReadResult, readFound } from './collect.ts';
import type { ParseOutcome } from './parse/messages.ts';
import type { ParseProcesses } from './parse/parse-processes.ts';
import type { IndexedFile } from './search-index.ts';

/** A file and what became of it, in the order of the files. */
export interface ReadFile {
  readonly file: IndexedFile;
  readonly outcome: ParseOutcome;
}

export interface ParseAheadOptions {
  readonly signal: AbortSignal;
  readonly maxFileBytes: number;
  /** @default 64 */
  readonly maxFilesAhead?: number;
  /** Bytes handed to the parser and not answered; a larger file goes alone. @default 8 MiB */
  readonly maxBytesAhead?: number;
}

/**
 * Reads files and has them parsed ahead of the consumer, within bounds, so that the parser's process
 * is never idle while an outcome is being indexed.
 *
 * @throws the signal's reason, looked at before each file
 */
export async function* parseAhead(
  files: readonly FoundFile[],
  parser: ParseProcesses,
  options: ParseAheadOptions,
): AsyncGenerator<ReadFile> {
  const { signal, maxFileBytes, maxFilesAhead = 64, maxBytesAhead = 8 * 1024 * 1024 } = options;
  const ahead: { file: IndexedFile; outcome: Promise<ParseOutcome> }[] = [];
  let bytesAhead = 0;
  let next = 0;
  let filling = true;
  while (next < files.length || ahead.length > 0) {
    // Filled up by halves, so that many files go to the parser in one write.
    if (ahead.length <= maxFilesAhead / 2) filling = true;
    while (filling && (bytesAhead < maxBytesAhead || ahead.length === 0)) {
      const found = files[next];
      if (found === undefined) break;
      next += 1;
      signal.throwIfAborted();
      const read = readFound(found, maxFileBytes);
      const file = describe(found.path, read);
      bytesAhead += file.bytes;
      const outcome =
        'failure' in read
          ? Promise.resolve(read)
          : parser.parse(read.bytes, path.extname(found.path).toLowerCase());
      // Whoever awaits it sees the error; until then it is not an unhandled one.
      outcome.catch(() => {});
      ahead.push({ file, outcome });
      if (ahead.length === maxFilesAhead) filling = false;
    }
    const head = ahead.shift();
    if (head === undefined) return;
    const outcome = await head.outcome;
    signal.throwIfAborted();
    bytesAhead -= head.file.bytes;
    yield { file: head.file, outcome };
  }
}

const describe = (filePath: string, read: ReadResult): IndexedFile =>
  'failure' in read
    ? { path: filePath, bytes: 0, sha256: null, modifiedAt: null }
    : {
        path: filePath,
        bytes: read.bytes.length,
        sha256: read.sha256,
        modifiedAt: read.modifiedAt,
      };

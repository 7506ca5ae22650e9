import path from 'node:path';
import { type FoundFile, type ReadResult, readFound } from '../corpus/collect.ts';
import type { IndexedFile } from '../search/search-index.ts';
import type { ParseOutcome } from './messages.ts';
import type { ParseProcesses } from './parse-processes.ts';

/** A file and what became of it, in the order of the files. */
export interface ReadFile {
  readonly file: IndexedFile;
  readonly outcome: ParseOutcome;
}

/** The same, with what was asked for. */
export interface Parsed<F extends FoundFile> extends ReadFile {
  readonly found: F;
}

type Parser = Pick<ParseProcesses, 'parse'>;

export interface ParseAheadOptions {
  readonly signal: AbortSignal;
  readonly maxFileBytes: number;
  /** Files handed to the parser and not answered. @default 64 */
  readonly maxFilesAhead?: number;
  /** Their bytes; a larger file goes alone. @default 8 MiB */
  readonly maxBytesAhead?: number;
  /** What was read of a file earlier; it is not read again. */
  readonly known?: (found: FoundFile) => ReadFile | undefined;
  /** What is known of a content, so that no parser need see it. It is asked once a file is read. */
  readonly knownContent?: (file: IndexedFile) => ParseOutcome | undefined;
  /** Whether a file that grows meanwhile is taken as long as it was. @default never */
  readonly mayGrow?: (found: FoundFile) => boolean;
}

/**
 * Reads files and has them parsed ahead of the consumer, within bounds, so that the parser's process
 * is never idle while an outcome is being indexed. It begins when it is called, not when the first
 * outcome is asked for.
 *
 * @throws the signal's reason, looked at before each file
 */
export function parseAhead<F extends FoundFile>(
  files: Iterable<F>,
  parser: Parser,
  options: ParseAheadOptions,
): AsyncGenerator<Parsed<F>> {
  const ahead = new Ahead(files, parser, options);
  ahead.fill();
  return outcomes(ahead, options.signal);
}

async function* outcomes<F extends FoundFile>(
  ahead: Ahead<F>,
  signal: AbortSignal,
): AsyncGenerator<Parsed<F>> {
  for (;;) {
    ahead.fill();
    const head = ahead.shift();
    if (head === undefined) return;
    const outcome = await head.outcome;
    signal.throwIfAborted();
    ahead.answered(head);
    yield { found: head.found, file: head.file, outcome };
  }
}

interface Begun<F> {
  readonly found: F;
  readonly file: IndexedFile;
  readonly outcome: ParseOutcome | Promise<ParseOutcome>;
  readonly isAtParser: boolean;
}

/** Files that were begun, in their order. */
class Ahead<F extends FoundFile> {
  readonly #files: Iterator<F>;
  readonly #parser: Parser;
  readonly #options: Required<ParseAheadOptions>;
  readonly #begun: Begun<F>[] = [];
  #filesAtParser = 0;
  #bytesAtParser = 0;

  constructor(files: Iterable<F>, parser: Parser, options: ParseAheadOptions) {
    this.#files = files[Symbol.iterator]();
    this.#parser = parser;
    this.#options = {
      maxFilesAhead: 64,
      maxBytesAhead: 8 * 1024 * 1024,
      known: () => undefined,
      knownContent: () => undefined,
      mayGrow: () => false,
      ...options,
    };
  }

  /** Filled up by halves, so that many files go to the parser in one write. */
  fill(): void {
    const { signal, maxFilesAhead, maxBytesAhead } = this.#options;
    if (this.#filesAtParser > maxFilesAhead / 2) return;
    while (
      this.#filesAtParser < maxFilesAhead &&
      (this.#bytesAtParser < maxBytesAhead || this.#filesAtParser === 0)
    ) {
      const { value: found, done } = this.#files.next();
      if (done === true) return;
      signal.throwIfAborted();
      const begun = this.#begin(found);
      if (begun.isAtParser) {
        this.#filesAtParser += 1;
        this.#bytesAtParser += begun.file.bytes;
      }
      this.#begun.push(begun);
    }
  }

  shift(): Begun<F> | undefined {
    return this.#begun.shift();
  }

  answered({ file, isAtParser }: Begun<F>): void {
    if (!isAtParser) return;
    this.#filesAtParser -= 1;
    this.#bytesAtParser -= file.bytes;
  }

  #begin(found: F): Begun<F> {
    const { maxFileBytes, known, knownContent, mayGrow } = this.#options;
    const before = known(found);
    if (before !== undefined) {
      const { file, outcome } = before;
      return { found, file: { ...file, path: found.path }, outcome, isAtParser: false };
    }
    const read = readFound(found, maxFileBytes, { mayGrow: mayGrow(found) });
    const file = describe(found.path, read);
    if ('failure' in read) return { found, file, outcome: read, isAtParser: false };
    const same = knownContent(file);
    if (same !== undefined) return { found, file, outcome: same, isAtParser: false };
    const outcome = this.#parser.parse(read.bytes, path.extname(found.path).toLowerCase());
    // Whoever awaits it sees the error; until then it is not an unhandled one.
    outcome.catch(() => {});
    return { found, file, outcome, isAtParser: true };
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
        stamp: read.stamp,
      };

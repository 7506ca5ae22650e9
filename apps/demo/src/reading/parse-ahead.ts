import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FoundFile, type ReadResult, readFound } from '../corpus/collect.ts';
import type { IndexedFile } from '../search/search-index.ts';
import { bytesOf, type ParseOutcome } from './messages.ts';
import type { ParseProcesses } from './parse-processes.ts';

/** A file and what became of it, in the order of the files. */
export interface ReadFile {
  readonly file: IndexedFile;
  readonly outcome: ParseOutcome;
}

/** The same, where a parser may be at it still. */
export interface BegunFile {
  readonly file: IndexedFile;
  readonly outcome: ParseOutcome | Promise<ParseOutcome>;
}

/** A file that was read, with what was asked for. */
export interface Parsed<F extends FoundFile> extends ReadFile {
  readonly found: F;
}

export type Parser = Pick<ParseProcesses, 'parse'>;

// What lies in the pipe lasts a parser for some 20 ms, and it is refilled by turns of the event loop alone.
// Outcomes that are there already would be taken one after the other without any.
const outcomesPerTurn = 8;

/** Files handed to parsers and not answered, and their bytes, unless it is said otherwise. */
export const filesAhead = 64;
export const bytesAhead = 8 * 1024 * 1024;

export interface ParseAheadOptions {
  readonly signal: AbortSignal;
  readonly maxFileBytes: number;
  /** Files handed to the parser and not answered. @default 64 */
  readonly maxFilesAhead?: number;
  /** Their bytes; a larger file goes alone. What is answered and not asked for yet has as much. @default 8 MiB */
  readonly maxBytesAhead?: number;
  /** What was read of a file earlier; it is not read again. */
  readonly known?: (found: FoundFile) => BegunFile | undefined;
  /** What is known of a content, so that no parser need see it. It is asked once a file is read. */
  readonly knownContent?: (file: IndexedFile) => ParseOutcome | undefined;
  /** Whether a file that grows meanwhile is taken as long as it was. @default never */
  readonly mayGrow?: (found: FoundFile) => boolean;
}

/**
 * Reads files and has them parsed ahead of the consumer, within bounds, so that the parser's process
 * is never idle while an outcome is being indexed, or while nobody asks for one yet. It begins when it is
 * called, not when the first outcome is asked for.
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
  try {
    for (let taken = 1; ; taken += 1) {
      if (taken % outcomesPerTurn === 0) await nextTurn();
      ahead.fill();
      const head = ahead.shift();
      if (head === undefined) return;
      const outcome = await head.outcome;
      signal.throwIfAborted();
      ahead.taken(head);
      yield { found: head.found, file: head.file, outcome };
    }
  } finally {
    ahead.end();
  }
}

interface Begun<F> extends BegunFile {
  readonly found: F;
  /** Of its outcome, from its answer until it is asked for. */
  answeredBytes: number;
}

/** Files that were begun, in their order. */
class Ahead<F extends FoundFile> {
  readonly #files: Iterator<F>;
  readonly #parser: Parser;
  readonly #options: Required<ParseAheadOptions>;
  readonly #begun: Begun<F>[] = [];
  #filesAtParser = 0;
  #bytesAtParser = 0;
  #answeredBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;

  constructor(files: Iterable<F>, parser: Parser, options: ParseAheadOptions) {
    this.#files = files[Symbol.iterator]();
    this.#parser = parser;
    this.#options = {
      maxFilesAhead: filesAhead,
      maxBytesAhead: bytesAhead,
      known: () => undefined,
      knownContent: () => undefined,
      mayGrow: () => false,
      ...options,
    };
  }

  /** Filled up by halves, so that many files go to the parser in one write. */
  fill(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { signal, maxFilesAhead, maxBytesAhead } = this.#options;
    if (this.#filesAtParser > maxFilesAhead / 2) return;
    while (
      this.#filesAtParser < maxFilesAhead &&
      (this.#bytesAtParser < maxBytesAhead || this.#filesAtParser === 0) &&
      (this.#answeredBytes < maxBytesAhead || this.#begun.length === 0)
    ) {
      const { value: found, done } = this.#files.next();
      if (done === true) return;
      signal.throwIfAborted();
      this.#begun.push(this.#begin(found));
    }
  }

  shift(): Begun<F> | undefined {
    return this.#begun.shift();
  }

  /** Its outcome is the consumer's from here on. */
  taken(begun: Begun<F>): void {
    this.#answeredBytes -= begun.answeredBytes;
    begun.answeredBytes = 0;
  }

  /** Nobody asks for more. */
  end(): void {
    this.#isOver = true;
  }

  #begin(found: F): Begun<F> {
    const { maxFileBytes, known, knownContent, mayGrow } = this.#options;
    const before = known(found);
    if (before !== undefined) {
      const { file, outcome } = before;
      return { found, file: { ...file, path: found.path }, outcome, answeredBytes: 0 };
    }
    const { file, outcome } = beginFile(found, this.#parser, {
      ...{ maxFileBytes, knownContent, mayGrow: mayGrow(found) },
    });
    const begun = { found, file, outcome, answeredBytes: 0 };
    if (!(outcome instanceof Promise)) return begun;
    this.#filesAtParser += 1;
    this.#bytesAtParser += file.bytes;
    outcome.then(
      (answer) => this.#onAnswer(begun, answer),
      // Whoever awaits it sees the error; until then it is not an unhandled one.
      () => {},
    );
    return begun;
  }

  #onAnswer(begun: Begun<F>, answer: ParseOutcome): void {
    this.#filesAtParser -= 1;
    this.#bytesAtParser -= begun.file.bytes;
    begun.answeredBytes = bytesOf(answer);
    this.#answeredBytes += begun.answeredBytes;
    if (this.#isOver) return;
    try {
      this.fill();
    } catch (error) {
      // Whoever asks for the next outcome sees it.
      this.#failure ??= { error };
    }
  }
}

export interface BeginFileOptions {
  readonly maxFileBytes: number;
  readonly mayGrow?: boolean;
  readonly knownContent?: ParseAheadOptions['knownContent'];
}

/** Reads a file and hands it to the parser. */
export function beginFile(
  { path: name, absolute }: FoundFile,
  parser: Parser,
  { maxFileBytes, mayGrow = false, knownContent }: BeginFileOptions,
): BegunFile {
  const read = readFound({ path: name, absolute }, maxFileBytes, { mayGrow });
  const file = describe(name, read);
  if ('failure' in read) return { file, outcome: read };
  const same = knownContent?.(file);
  if (same !== undefined) return { file, outcome: same };
  return { file, outcome: parser.parse(read.bytes, path.extname(name).toLowerCase()) };
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

import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../corpus/make-folders.ts';
import { type ParseOutcome, parseAnswer } from './messages.ts';
import type { Parser } from './parse-ahead.ts';
import { allReaders } from './reader-versions.ts';

export interface ParseCacheOptions {
  /** Of both files together. @default 512 MiB */
  readonly maxBytes?: number | undefined;
}

interface Place {
  readonly file: LogFile;
  readonly offset: number;
  readonly length: number;
}

/**
 * What parsers made of files, by content and settings, over the end of the process: work that was
 * interrupted parses nothing again (D7). Outcomes are lines of a file, which are appended without a sync:
 * after a kill all are there, after a loss of power some, and what is missing is parsed again. When the file
 * is full it takes the place of the former one. Whatever fails here is no fault of a job's.
 */
export class ParseCache implements Disposable {
  readonly #folder: string;
  readonly #maxFileBytes: number;
  readonly #places = new Map<string, Place>();
  #files: { current: LogFile; former: LogFile | undefined } | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #hasFailed = false;

  constructor(folder: string, { maxBytes = 512 * 1024 * 1024 }: ParseCacheOptions = {}) {
    this.#folder = folder;
    this.#maxFileBytes = maxBytes / 2;
  }

  /** Has files parsed that are not known by `settings`, whatever shapes an outcome beside the file. */
  parser(parser: Parser, settings: string): Parser {
    const ofKind = new Map<string, string>();
    const keyOf = (extension: string, bytes: Uint8Array): string => {
      let kind = ofKind.get(extension);
      if (kind === undefined) {
        kind = hash('sha256', JSON.stringify([settings, allReaders, extension]), 'base64url');
        ofKind.set(extension, kind);
      }
      // At once, and with nothing before the bytes: many files are short.
      return kind + hash('sha256', bytes, 'base64url');
    };
    return {
      parse: (bytes, extension) => {
        const key = keyOf(extension, bytes);
        const known = this.get(key);
        if (known !== undefined) return Promise.resolve(known);
        let json: Uint8Array | undefined;
        const parsing = parser.parse(bytes, extension, (written) => {
          json = written;
        });
        // Whoever asked sees the error.
        parsing.then(
          (outcome) => this.put(key, outcome, json),
          () => {},
        );
        return parsing;
      },
    };
  }

  get(key: string): ParseOutcome | undefined {
    return this.#safely(() => {
      this.#open();
      const place = this.#places.get(key);
      if (place === undefined) return undefined;
      this.#flush();
      return outcomeOf(place.file.read(place.offset, place.length));
    });
  }

  /** @param written The outcome in JSON, where it is there already. */
  put(key: string, outcome: ParseOutcome, written?: Uint8Array): void {
    if (!isOfContent(outcome)) return;
    this.#safely(() => {
      const { current } = this.#open();
      // Nobody knows who wrote it: a second line would be the outcome of another file.
      const isLine = written !== undefined && !written.includes(newline);
      const json = isLine ? written : Buffer.from(JSON.stringify(outcome));
      const line = [Buffer.from(`${key} `), json, endOfLine];
      const length = keyLength + 1 + json.length + 1;
      const offset = current.bytes + this.#pendingBytes;
      this.#places.set(key, { file: current, offset, length });
      // Those of one turn in one write: parsers answer many at once.
      if (this.#pending.length === 0) setImmediate(() => this.#safely(() => this.#flush()));
      this.#pending.push(...line);
      this.#pendingBytes += length;
      if (offset + length > this.#maxFileBytes) this.#rotate();
    });
  }

  /** All that it holds is published, or of no use. */
  clear(): void {
    this.#hasFailed = false;
    this.#safely(() => {
      this.#close();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Lets go of its files. It opens them again when it is asked for something. */
  [Symbol.dispose](): void {
    this.#safely(() => {
      this.#flush();
      this.#close();
    });
  }

  #open() {
    if (this.#files !== undefined) return this.#files;
    makeFolders(this.#folder);
    const former = LogFile.find(path.join(this.#folder, 'former'));
    const current = new LogFile(path.join(this.#folder, 'current'));
    this.#files = { current, former };
    for (const file of [former, current]) {
      for (const { text, ...place } of file?.heads() ?? []) {
        this.#places.set(text, { file: file ?? current, ...place });
      }
    }
    return this.#files;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#files?.current.append(bytes);
  }

  #rotate(): void {
    this.#flush();
    if (this.#files === undefined) return;
    const { current, former } = this.#files;
    for (const [key, { file }] of this.#places) if (file === former) this.#places.delete(key);
    former?.close();
    current.moveTo(path.join(this.#folder, 'former'));
    const next = new LogFile(path.join(this.#folder, 'current'));
    this.#files = { current: next, former: current };
  }

  #close(): void {
    this.#places.clear();
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#files?.former?.close();
    this.#files?.current.close();
    this.#files = undefined;
  }

  /** After a failure nothing is kept, until it is cleared: of a full disk others need what there is. */
  #safely<T>(work: () => T): T | undefined {
    if (this.#hasFailed) return undefined;
    try {
      return work();
    } catch {
      this.#hasFailed = true;
      try {
        this.#close();
        rmSync(this.#folder, { recursive: true, force: true });
      } catch {
        // It is looked for when it is cleared.
      }
      return undefined;
    }
  }
}

/** Lines of text that are appended, and read by their places. */
class LogFile {
  readonly #descriptor: number;
  #path: string;
  bytes: number;

  constructor(file: string) {
    this.#path = file;
    this.#descriptor = openSync(file, 'a+', 0o600);
    this.bytes = fstatSync(this.#descriptor).size;
    // A line that was cut by the end of its process ends here, and is none.
    if (this.bytes > 0 && this.read(this.bytes - 1, 1) !== '\n') this.append(endOfLine);
  }

  static find(file: string): LogFile | undefined {
    try {
      closeSync(openSync(file, 'r'));
    } catch {
      return undefined;
    }
    return new LogFile(file);
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.bytes += bytes.length;
  }

  read(offset: number, length: number): string {
    const bytes = Buffer.allocUnsafe(length);
    const read = readSync(this.#descriptor, bytes, 0, length, offset);
    return bytes.toString('utf8', 0, read);
  }

  /** The first word of each line, and where the line is. */
  *heads(): Generator<{ text: string; offset: number; length: number }> {
    const chunk = Buffer.allocUnsafe(1024 * 1024);
    let lineAt = 0;
    for (let at = 0; at < this.bytes; ) {
      const read = readSync(this.#descriptor, chunk, 0, chunk.length, at);
      if (read === 0) return;
      for (let from = 0; ; ) {
        const end = chunk.subarray(0, read).indexOf(newline, from);
        if (end === -1) break;
        const length = at + end + 1 - lineAt;
        const head = this.read(lineAt, Math.min(length, keyLength + 1));
        if (/^[\w-]+ $/.test(head)) yield { text: head.slice(0, -1), offset: lineAt, length };
        lineAt += length;
        from = end + 1;
      }
      at += read;
    }
  }

  moveTo(file: string): void {
    renameSync(this.#path, file);
    this.#path = file;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const newline = 10;
const endOfLine = Buffer.of(newline);
// Twice 256 bits in base64url.
const keyLength = 86;

/** Not of what kept its parser from reading it this time. */
const isOfContent = (outcome: ParseOutcome): boolean =>
  'file' in outcome ||
  !/^(?:timeout|out_of_memory|crashed|unreadable|not_a_file)$/.test(outcome.failure.code);

/** `undefined` where the disk has something else than was written. */
function outcomeOf(line: string): ParseOutcome | undefined {
  try {
    const { data } = parseAnswer.safeParse(JSON.parse(line.slice(keyLength + 1)));
    return data === undefined || 'ready' in data ? undefined : data;
  } catch {
    return undefined;
  }
}

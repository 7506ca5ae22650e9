import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../../corpus/make-folders.ts';

export interface RotatingFileOptions {
  /** A file that reaches this is put aside, in bytes. @default 4 MiB */
  readonly maxBytes?: number | undefined;
  /** How many that were put aside are kept, as `<file>.1` (the newest) and so on. @default 2 */
  readonly keep?: number | undefined;
}

/**
 * Appends lines to a file of bounded size. A line that was written survives the end of the process. A
 * disk that refuses costs lines and is counted, and nothing else: a log must not stop what it logs.
 */
export class RotatingFile {
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  #descriptor: number | undefined;
  #bytes = 0;
  /** Lines that could not be written. */
  lost = 0;

  constructor(file: string, { maxBytes = 4 * 1024 * 1024, keep = 2 }: RotatingFileOptions = {}) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    makeFolders(path.dirname(file));
  }

  /** @param line with its line feed */
  write(line: string): void {
    try {
      const bytes = Buffer.byteLength(line);
      if (this.#descriptor === undefined) this.#open();
      if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.#rotate();
      if (this.#descriptor !== undefined) writeSync(this.#descriptor, line);
      this.#bytes += bytes;
    } catch {
      this.lost += 1;
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  #rotate(): void {
    this.close();
    for (let number = this.#keep; number > 0; number -= 1) {
      const older = number === 1 ? this.#file : `${this.#file}.${number - 1}`;
      try {
        renameSync(older, `${this.#file}.${number}`);
      } catch {
        // Not there yet.
      }
    }
    this.#open();
  }
}

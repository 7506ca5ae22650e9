import { defaultPassageLength } from './chunk.ts';
import { LeftParsers } from './left-parsers.ts';
import { bytesOf, type ParseOutcome } from './messages.ts';
import type { BegunFile } from './parse-ahead.ts';

export interface UploadReadsOptions {
  /** Of all that is kept, roughly. @default 64 MiB */
  readonly maxBytes?: number;
}

interface Kept {
  readonly read: BegunFile;
  readonly passageLength: number;
  /** None while a parser is at it. */
  bytes: number;
}

/**
 * What was read of uploads before a change asked for it, by the places of the files, and what parsers are at
 * still. It is kept in memory up to a bound, and the oldest goes first: whatever is missing is read again.
 */
export class UploadReads {
  /** Those that are at what is not answered. */
  readonly parsers = new LeftParsers();
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor({ maxBytes = 64 * 1024 * 1024 }: UploadReadsOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @param read What becomes of a file that no parser has answered is nothing where its parser is ended.
   * @param passageLength The setting by which its text was cut.
   */
  put(place: string, read: BegunFile, passageLength = defaultPassageLength): void {
    this.#drop(place);
    const { outcome } = read;
    const kept = { read, passageLength, bytes: 0 };
    this.#kept.set(place, kept);
    if (!(outcome instanceof Promise)) {
      this.#weigh(kept, outcome);
      return;
    }
    outcome.then(
      (answer) => {
        if (this.#kept.get(place) === kept) this.#weigh(kept, answer);
      },
      () => {
        if (this.#kept.get(place) === kept) this.#drop(place);
      },
    );
  }

  has(place: string, passageLength = defaultPassageLength): boolean {
    return this.#kept.get(place)?.passageLength === passageLength;
  }

  /** Gives it out, once; nothing where it was cut by another setting. */
  take(place: string, passageLength = defaultPassageLength): BegunFile | undefined {
    const kept = this.#drop(place);
    return kept?.passageLength === passageLength ? kept.read : undefined;
  }

  #weigh(kept: Kept, outcome: ParseOutcome): void {
    kept.bytes = bytesOf(outcome);
    this.#bytes += kept.bytes;
    for (const [place, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      if (bytes > 0) this.#drop(place);
    }
  }

  #drop(place: string): Kept | undefined {
    const kept = this.#kept.get(place);
    if (kept === undefined) return undefined;
    this.#kept.delete(place);
    this.#bytes -= kept.bytes;
    return kept;
  }
}

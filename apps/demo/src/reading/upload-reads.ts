import { defaultPassageLength } from './chunk.ts';
import { bytesOf } from './messages.ts';
import type { ReadFile } from './parse-ahead.ts';

export interface UploadReadsOptions {
  /** Of all that is kept, roughly. @default 64 MiB */
  readonly maxBytes?: number;
}

interface Kept {
  readonly read: ReadFile;
  readonly bytes: number;
  readonly passageLength: number;
}

/**
 * What was read of uploads before a change asked for it, by the places of the files. It is kept in
 * memory up to a bound, and the oldest goes first: whatever is missing is read again.
 */
export class UploadReads {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor({ maxBytes = 64 * 1024 * 1024 }: UploadReadsOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /** @param passageLength The setting by which its text was cut. */
  put(place: string, read: ReadFile, passageLength = defaultPassageLength): void {
    this.#drop(place);
    const bytes = bytesOf(read.outcome);
    this.#kept.set(place, { read, bytes, passageLength });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  has(place: string, passageLength = defaultPassageLength): boolean {
    return this.#kept.get(place)?.passageLength === passageLength;
  }

  /** Gives it out, once; nothing where it was cut by another setting. */
  take(place: string, passageLength = defaultPassageLength): ReadFile | undefined {
    const kept = this.#drop(place);
    return kept?.passageLength === passageLength ? kept.read : undefined;
  }

  #drop(place: string): Kept | undefined {
    const kept = this.#kept.get(place);
    if (kept === undefined) return undefined;
    this.#kept.delete(place);
    this.#bytes -= kept.bytes;
    return kept;
  }
}

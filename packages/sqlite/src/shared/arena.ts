/** Bytes of many values one after the other, for one message between two threads. */
export class Arena {
  #bytes = new Uint8Array(16 * 1024);
  #length = 0;

  /** Appends a value; returns how many bytes it has. */
  add(value: Uint8Array): number {
    const end = this.#length + value.byteLength;
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.byteLength * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(value, this.#length);
    this.#length = end;
    return value.byteLength;
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets what was added after that length was read. */
  cutTo(length: number): void {
    this.#length = length;
  }

  /** To be handed over with its buffer. The arena is done then. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads values in the order in which they were added. */
export class ArenaReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }
}

/**
 * Bytes of many values one after the other, for one message between two threads.
 *
 * A text is its length times 2, 1 more where it takes two bytes a unit, and its units, of which each may be half
 * of a surrogate pair. A block is its length in four bytes, then itself.
 */
export class Arena {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Appends bytes as they are; returns how many. */
  add(value: Uint8Array): number {
    const start = this.#grow(value.byteLength);
    this.#bytes.set(value, start);
    return value.byteLength;
  }

  /** Appends what another one has. */
  addAll(other: Arena): void {
    this.add(other.bytes);
  }

  /** 0 to 255. */
  addByte(byte: number): void {
    const start = this.#grow(1);
    this.#bytes[start] = byte;
  }

  /** A whole number of 0 or more, below 2 to the 31st; in one byte while it is small. */
  addCount(count: number): void {
    let at = this.#grow(5);
    let rest = count;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[at++] = (rest & 0x7f) | 0x80;
    this.#bytes[at++] = rest;
    this.#length = at;
  }

  /** Any number, as it is. */
  addNumber(value: number): void {
    const start = this.#grow(8);
    this.#view.setFloat64(start, value, true);
  }

  addText(text: string): void {
    const { length } = text;
    this.addCount(length * 2);
    const start = this.#grow(length);
    const bytes = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0xff) {
        this.#length = start - countBytes(length * 2);
        this.#addWide(text);
        return;
      }
      bytes[start + index] = unit;
    }
  }

  /** Begins a block, of which only its end says how long it is. Returns what `endBlock` takes. */
  beginBlock(): number {
    return this.#grow(4);
  }

  /** Returns how many bytes the block has. */
  endBlock(start: number): number {
    const bytes = this.#length - start - 4;
    this.#view.setUint32(start, bytes, true);
    return bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets what was added after that length was read. */
  cutTo(length: number): void {
    this.#length = length;
  }

  /** What was added, in a buffer that is the arena's own until it is handed over; the arena is done then. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #addWide(text: string): void {
    this.addCount(text.length * 2 + 1);
    const start = this.#grow(text.length * 2);
    for (let index = 0; index < text.length; index += 1) {
      this.#view.setUint16(start + index * 2, text.charCodeAt(index), true);
    }
  }

  /** Makes room for so many bytes, and returns where they begin. */
  #grow(bytes: number): number {
    const start = this.#length;
    const end = start + bytes;
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.byteLength * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = end;
    return start;
  }
}

/** Reads values in the order in which they were added. */
export class ArenaReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
  }

  /** All was read, and no more than there is. */
  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.byteLength;
  }

  /** How much was read. */
  get offset(): number {
    return this.#offset;
  }

  /** What was read since then. */
  since(offset: number): Uint8Array {
    return this.#bytes.subarray(offset, this.#offset);
  }

  take(length: number): Uint8Array {
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  byte(): number {
    const byte = this.#bytes[this.#offset] ?? 0;
    this.#offset += 1;
    return byte;
  }

  count(): number {
    let count = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      count |= (byte & 0x7f) << shift;
      if (byte < 0x80) return count >>> 0;
    }
  }

  number(): number {
    const start = this.#offset;
    this.#offset += 8;
    return this.#bytes.readDoubleLE(start);
  }

  text(): string {
    const header = this.count();
    const length = header >>> 1;
    const isWide = (header & 1) === 1;
    const start = this.#offset;
    this.#offset += isWide ? length * 2 : length;
    return this.#bytes.toString(isWide ? 'utf16le' : 'latin1', start, this.#offset);
  }

  /** `undefined` for one of no bytes. */
  block(): Uint8Array | undefined {
    const bytes = this.#bytes.readUInt32LE(this.#offset);
    this.#offset += 4;
    return bytes === 0 ? undefined : this.take(bytes);
  }
}

function countBytes(count: number): number {
  let bytes = 1;
  for (let rest = count; rest > 0x7f; rest >>>= 7) bytes += 1;
  return bytes;
}

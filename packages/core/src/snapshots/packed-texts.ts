const chunkBytes = 64 * 1024;
const lengthBytes = 4;

/**
 * Very many short texts, as bytes in a few large buffers. A string each would live in the heap, where
 * what stays makes the collector set aside several times its size for what may come.
 */
export class PackedTexts {
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  /** Each text behind its length; the last chunk is filled. */
  readonly #chunks: Uint8Array[] = [];
  #used = chunkBytes;

  /** Returns where it is. */
  add(text: string): number {
    // A code unit takes three bytes at most.
    const mostBytes = lengthBytes + text.length * 3;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || this.#used + mostBytes > chunk.byteLength) {
      chunk = new Uint8Array(Math.max(chunkBytes, mostBytes));
      this.#chunks.push(chunk);
      this.#used = 0;
    }
    const offset = this.#used;
    const { written } = this.#encoder.encodeInto(text, chunk.subarray(offset + lengthBytes));
    viewOf(chunk).setUint32(offset, written);
    // What comes after a long text begins a chunk, so that every offset is below `chunkBytes`.
    const isLong = chunk.byteLength > chunkBytes;
    this.#used = isLong ? chunk.byteLength : offset + lengthBytes + written;
    return (this.#chunks.length - 1) * chunkBytes + offset;
  }

  at(place: number): string {
    const chunk = this.#chunks[Math.floor(place / chunkBytes)] ?? new Uint8Array(lengthBytes);
    const from = (place % chunkBytes) + lengthBytes;
    const length = viewOf(chunk).getUint32(from - lengthBytes);
    return this.#decoder.decode(chunk.subarray(from, from + length));
  }
}

const viewOf = ({ buffer }: Uint8Array): DataView => new DataView(buffer);

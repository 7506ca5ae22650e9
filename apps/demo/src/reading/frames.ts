/**
 * What goes between an ingest and its parse child: frames of
 *
 *   | u32 header bytes | u32 body bytes | header, JSON in UTF-8 | body, bytes |
 *
 * in little endian. Plain pipes and blocking writes keep the order, so the child's first answer that
 * is missing belongs to the file that it hung or died on.
 */
export interface Frame {
  readonly header: unknown;
  readonly body: Uint8Array;
}

/** A frame that has come. */
export interface ReadFrame extends Frame {
  /** The header as it was written: some other JSON may say the same. */
  readonly headerText: Uint8Array;
}

/** Where the child's answers leave it; its standard output is closed to what libraries print. */
export const answerDescriptor = 3;
/** Where its watchdog tells at which file it is: how many it has begun, a number a line. */
export const placeDescriptor = 4;

const prefixBytes = 8;

/** The frame as the pieces to write, in order; the body is not copied. */
export function encodeFrame(header: unknown, body: Uint8Array = empty): readonly Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.allocUnsafe(prefixBytes + json.length);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(body.length, 4);
  json.copy(head, prefixBytes);
  return body.length === 0 ? [head] : [head, body];
}

/** Puts frames together again from chunks of any size. */
export class FrameReader {
  readonly #maxFrameBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = prefixBytes;

  /** @param maxFrameBytes A longer frame is an error: the other side is not to be trusted. */
  constructor(maxFrameBytes = Number.POSITIVE_INFINITY) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** The frames that the chunk completes. @throws Error for an oversized frame or a broken header. */
  *push(chunk: Buffer): Generator<ReadFrame> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed) {
      // Joined only when enough has come, so a large frame is copied once.
      const joined = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      const bytes = joined ?? empty;
      const headerBytes = bytes.readUInt32LE(0);
      const total = prefixBytes + headerBytes + bytes.readUInt32LE(4);
      if (total > this.#maxFrameBytes) throw new Error(`A frame of ${total} bytes is too long.`);
      this.#chunks = [bytes];
      this.#needed = total;
      if (this.#bytes < total) return;
      const rest = bytes.subarray(total);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#bytes = rest.length;
      this.#needed = prefixBytes;
      const headerText = bytes.subarray(prefixBytes, prefixBytes + headerBytes);
      yield {
        header: JSON.parse(headerText.toString()),
        headerText,
        body: bytes.subarray(prefixBytes + headerBytes, total),
      };
    }
  }
}

const empty = Buffer.alloc(0);

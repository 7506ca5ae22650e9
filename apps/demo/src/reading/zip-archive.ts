import { inflateRawSync } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { protectedByPassword, UnreadableError } from './parsed-document.ts';

const maxEntries = 20_000;

/**
 * A ZIP archive in memory, read part by part. What an archive declares may be a lie, so what its parts
 * really unpack to is counted, over all that are read.
 */
export class ZipArchive {
  readonly #zip: ZipFile;
  readonly #bytes: Buffer;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #maxInflatedBytes: number;
  #inflatedBytes = 0;
  #byLowerCase: ReadonlyMap<string, Entry> | undefined;

  private constructor(
    zip: ZipFile,
    bytes: Buffer,
    entries: ReadonlyMap<string, Entry>,
    maxInflatedBytes: number,
  ) {
    this.#zip = zip;
    this.#bytes = bytes;
    this.#entries = entries;
    this.#maxInflatedBytes = maxInflatedBytes;
  }

  /** @throws UnreadableError `damaged`, `encrypted`, `too_large` */
  static async open(bytes: Uint8Array, maxInflatedBytes: number): Promise<ZipArchive> {
    const entries = new Map<string, Entry>();
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return orDamaged(async () => {
      const zip = await fromBufferPromise(buffer, { lazyEntries: true });
      for await (const entry of zip.eachEntry()) {
        if (entry.isEncrypted()) throw new UnreadableError('encrypted', protectedByPassword);
        if (entries.size >= maxEntries) {
          throw new UnreadableError('too_large', `it has more than ${maxEntries} parts`);
        }
        // The first of a name, as office programs have it.
        if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry);
      }
      return new ZipArchive(zip, buffer, entries, maxInflatedBytes);
    });
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /**
   * The bytes of a part; `undefined` where there is none.
   *
   * @throws UnreadableError `damaged`, `too_large`
   */
  async read(name: string): Promise<Buffer | undefined> {
    const entry = this.#find(name);
    if (entry === undefined || name.endsWith('/')) return undefined;
    this.#refuseMoreThan(this.#inflatedBytes + entry.uncompressedSize);
    return orDamaged(async () => {
      // In one go and in this thread, which has nothing else to do: a stream hands every piece to another
      // thread and back, and that takes longer than unpacking the parts of most documents.
      const { fileDataStart } = await this.#zip.readLocalFileHeaderPromise(entry, {
        minimal: true,
      });
      const packed = this.#bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize);
      const bytes = inflated(entry, packed);
      // A part that is longer or shorter than its archive says is not what was packed.
      if (bytes.length !== entry.uncompressedSize) throw new RangeError('Its size is another one.');
      this.#inflatedBytes += bytes.length;
      return bytes;
    });
  }

  /** Programs that take large and small letters for the same have written documents as well. */
  #find(name: string): Entry | undefined {
    const own = this.#entries.get(name);
    if (own !== undefined) return own;
    this.#byLowerCase ??= new Map(
      [...this.#entries].reverse().map(([each, entry]) => [each.toLowerCase(), entry]),
    );
    return this.#byLowerCase.get(name.toLowerCase());
  }

  #refuseMoreThan(bytes: number): void {
    if (bytes <= this.#maxInflatedBytes) return;
    throw new UnreadableError(
      'too_large',
      `it unpacks to more than ${Math.floor(this.#maxInflatedBytes / 1024 / 1024)} MB (a ZIP bomb, perhaps)`,
    );
  }
}

/** @throws Error where it is damaged, or is more than its archive says */
function inflated({ compressionMethod, uncompressedSize }: Entry, packed: Buffer): Buffer {
  if (compressionMethod === stored) return packed;
  if (compressionMethod !== deflated) throw new RangeError('It is packed in an unknown way.');
  return inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
}

const stored = 0;
const deflated = 8;

async function orDamaged<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof UnreadableError) throw cause;
    throw new UnreadableError('damaged', 'it is not a whole ZIP archive', { cause });
  }
}

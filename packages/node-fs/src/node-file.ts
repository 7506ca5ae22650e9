import type { FileHandle } from 'node:fs/promises';
import type { FileFacts, ReadableFile, WritableFile } from '@offstage/core';
import { factsOf } from './posix.ts';
import { coded } from './storage-error.ts';

const chunkBytes = 1024 * 1024;

/** One descriptor. `name` is the path relative to the root, for messages. */
export class NodeFile implements ReadableFile, WritableFile {
  readonly #handle: FileHandle;
  readonly #name: string;
  readonly #bytes: number;

  /** `bytes`: how many there are, as far as is known. */
  constructor(handle: FileHandle, name: string, bytes = 0) {
    this.#handle = handle;
    this.#name = name;
    this.#bytes = bytes;
  }

  facts(): Promise<FileFacts> {
    return coded(`look at ${this.#name}`, async () =>
      factsOf(await this.#handle.stat({ bigint: true })),
    );
  }

  write(chunk: Uint8Array): Promise<void> {
    return coded(`write ${this.#name}`, async () => {
      for (let offset = 0; offset < chunk.byteLength; ) {
        const { bytesWritten } = await this.#handle.write(chunk, offset);
        offset += bytesWritten;
      }
    });
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    // One more than there should be: a read that comes back short has met the end.
    const length = Math.min(chunkBytes, this.#bytes + 1);
    for (let position = 0; ; ) {
      // A buffer of its own for each chunk: readers may keep them.
      const { bytesRead, buffer } = await coded(`read ${this.#name}`, () =>
        this.#handle.read(new Uint8Array(length), 0, length, position),
      );
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      if (bytesRead < length) return;
      position += bytesRead;
    }
  }

  sync(): Promise<void> {
    return coded(`fsync ${this.#name}`, () => this.#handle.sync());
  }

  dataSync(): Promise<void> {
    return coded(`fdatasync ${this.#name}`, () => this.#handle.datasync());
  }

  close(): Promise<void> {
    return coded(`close ${this.#name}`, () => this.#handle.close());
  }
}

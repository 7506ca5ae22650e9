import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { FileFacts, ReadableFile, WritableFile } from '@offstage/core';
import { coded } from './storage-error.ts';

const chunkBytes = 256 * 1024;

/** One descriptor. `name` is the path relative to the root, for messages. */
export class NodeFile implements ReadableFile, WritableFile {
  readonly #handle: FileHandle;
  readonly #name: string;

  constructor(handle: FileHandle, name: string) {
    this.#handle = handle;
    this.#name = name;
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
    const { bytes } = await this.facts();
    const length = Math.max(1, Math.min(chunkBytes, bytes));
    for (let position = 0; ; ) {
      // A buffer of its own for each chunk: readers may keep them.
      const { bytesRead, buffer } = await coded(`read ${this.#name}`, () =>
        this.#handle.read(new Uint8Array(length), 0, length, position),
      );
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  sync(): Promise<void> {
    return coded(`fsync ${this.#name}`, () => this.#handle.sync());
  }

  close(): Promise<void> {
    return coded(`close ${this.#name}`, () => this.#handle.close());
  }
}

export function factsOf(stats: BigIntStats): FileFacts {
  return {
    kind: kindOf(stats),
    bytes: Number(stats.size),
    links: Number(stats.nlink),
    // ctime cannot be set by a program, so a file that was changed and dated back shows it.
    stamp: `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`,
  };
}

/** Of `Stats` and `Dirent` alike, neither of which follows links here. */
export function kindOf(entry: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileFacts['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'special';
}

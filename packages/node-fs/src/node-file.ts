import * as fs from 'node:fs';
import { promisify } from 'node:util';
import type { FileFacts, ReadableFile, WritableFile } from '@offstage/core/storage';
import { createFlags, errnoOf, factsOf, notAFile, readFlags } from './posix.ts';
import { coded } from './storage-error.ts';

// Descriptors are plain numbers here: a FileHandle weighs more than many of the files of a draft.
const open = promisify(fs.open);
const read = promisify(fs.read);
const write = promisify(fs.write);
const fstat = promisify(fs.fstat);
const fsync = promisify(fs.fsync);
const fdatasync = promisify(fs.fdatasync);
const close = promisify(fs.close);

const chunkBytes = 1024 * 1024;

/** One descriptor. `name` is the path relative to the root, for messages. */
export class NodeFile implements ReadableFile, WritableFile {
  readonly #fd: number;
  readonly #name: string;

  /** How many there were when it was opened. */
  readonly #bytes: number;

  private constructor(fd: number, name: string, bytes: number) {
    this.#fd = fd;
    this.#name = name;
    this.#bytes = bytes;
  }

  /** Rejects with the operating system's error. */
  static async create(path: string, name: string): Promise<NodeFile> {
    return new NodeFile(await open(path, createFlags, 0o666), name, 0);
  }

  /** `'unsafe'` when it is no regular file. Rejects with the operating system's error. */
  static async open(path: string, name: string): Promise<NodeFile | 'unsafe'> {
    let fd: number;
    try {
      fd = await open(path, readFlags);
    } catch (error) {
      if (notAFile.includes(errnoOf(error) ?? '')) return 'unsafe';
      throw error;
    }
    let file: NodeFile | undefined;
    try {
      const stats = await fstat(fd);
      file = stats.isFile() ? new NodeFile(fd, name, stats.size) : undefined;
      return file ?? 'unsafe';
    } finally {
      if (file === undefined) await close(fd);
    }
  }

  facts(): Promise<FileFacts> {
    return coded(`look at ${this.#name}`, async () =>
      factsOf(await fstat(this.#fd, { bigint: true })),
    );
  }

  write(chunk: Uint8Array): Promise<void> {
    return coded(`write ${this.#name}`, async () => {
      for (let offset = 0; offset < chunk.byteLength; ) {
        const { bytesWritten } = await write(this.#fd, chunk, offset, chunk.byteLength - offset);
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
        read(this.#fd, new Uint8Array(length), 0, length, position),
      );
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      if (bytesRead < length) return;
      position += bytesRead;
    }
  }

  sync(): Promise<void> {
    return coded(`fsync ${this.#name}`, () => fsync(this.#fd));
  }

  dataSync(): Promise<void> {
    return coded(`fdatasync ${this.#name}`, () => fdatasync(this.#fd));
  }

  close(): Promise<void> {
    return coded(`close ${this.#name}`, () => close(this.#fd));
  }
}

import { createHash } from 'node:crypto';
import { constants, lstatSync, mkdirSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Durability,
  type FileFacts,
  type Hasher,
  type Lease,
  type ListedName,
  OffstageError,
  type ReadableFile,
  type StorageDirectory,
  type WritableFile,
  type WriterLock,
} from '@offstage/core';
import { factsOf, kindOf, NodeFile } from './node-file.ts';
import { tryFileLock } from './node-lock.ts';
import { coded, codedExcept, errnoOf, storageError } from './storage-error.ts';

// Windows has neither: it opens no link here, and knows no device files.
const noFollow = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const isWindows = process.platform === 'win32';
// Windows flushes only descriptors that may write.
const readFlags = (isWindows ? constants.O_RDWR : constants.O_RDONLY) | noFollow;
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;

const missing: readonly string[] = ['ENOENT', 'ENOTDIR'];

/** The primitives of Node's file system, on one absolute path. */
export class NodeDirectory implements StorageDirectory {
  readonly label: string;
  readonly durability: Durability = isWindows ? 'process-exit' : 'power-loss';
  readonly #root: string;
  // By name, of this object's readers. Other processes do not see them.
  readonly #leases = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
    this.label = root;
  }

  createHash(): Hasher {
    const hash = createHash('sha256');
    return {
      update: (chunk) => void hash.update(chunk),
      digest: async () => hash.digest('hex'),
    };
  }

  createRoot(): Promise<void> {
    return coded(`create the folder ${this.#root}`, async () => {
      const first = await mkdir(this.#root, { recursive: true });
      if (first === undefined) return;
      // Each new folder's name is in the one above it.
      const top = dirname(first);
      for (let path = dirname(this.#root); ; path = dirname(path)) {
        await syncPath(path);
        if (path === top || path === dirname(path)) return;
      }
    });
  }

  lock(path: string): Promise<WriterLock | undefined> {
    return tryFileLock(this.resolve(path), path);
  }

  async lease(name: string): Promise<Lease> {
    this.#leases.set(name, (this.#leases.get(name) ?? 0) + 1);
    let released = false;
    return {
      release: async () => {
        if (released) return;
        released = true;
        const count = (this.#leases.get(name) ?? 1) - 1;
        if (count === 0) this.#leases.delete(name);
        else this.#leases.set(name, count);
      },
    };
  }

  async isLeased(name: string): Promise<boolean> {
    return this.#leases.has(name);
  }

  list(path: string): Promise<readonly ListedName[] | undefined> {
    return codedExcept(`list ${named(path)}`, missing, undefined, async () => {
      const entries = await readdir(this.resolve(path), { withFileTypes: true });
      return Promise.all(entries.map((entry) => this.#listed(path, entry)));
    });
  }

  stat(path: string): Promise<FileFacts | undefined> {
    return codedExcept(`look at ${named(path)}`, missing, undefined, async () =>
      factsOf(await lstat(this.resolve(path), { bigint: true })),
    );
  }

  makeDirectory(path: string): Promise<boolean> {
    return codedExcept(`create ${named(path)}`, ['EEXIST'], false, async () => {
      await mkdir(this.resolve(path));
      return true;
    });
  }

  resolve(path: string): string {
    return join(this.#root, path);
  }

  ensureDirectorySync(path: string): void {
    try {
      mkdirSync(this.resolve(path));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw storageError(error, `create ${path}`);
      if (lstatSync(this.resolve(path)).isDirectory()) return;
      throw new OffstageError('unsafe_entry', `"${path}" is no directory.`, { details: { path } });
    }
  }

  createFile(path: string): Promise<WritableFile | undefined> {
    return codedExcept(`create ${named(path)}`, ['EEXIST'], undefined, async () => {
      const handle = await open(this.resolve(path), createFlags, 0o666);
      return new NodeFile(handle, path);
    });
  }

  openFile(path: string): Promise<ReadableFile | 'unsafe' | undefined> {
    return codedExcept(`open ${named(path)}`, missing, undefined, () => this.#open(path));
  }

  syncDirectory(path: string): Promise<void> {
    return coded(`fsync ${named(path)}`, () => syncPath(this.resolve(path)));
  }

  rename(from: string, to: string): Promise<void> {
    return coded(`rename ${from} to ${to}`, () => rename(this.resolve(from), this.resolve(to)));
  }

  removeFile(path: string): Promise<void> {
    return codedExcept(`remove ${named(path)}`, missing, undefined, () =>
      unlink(this.resolve(path)),
    );
  }

  // Removes links themselves, never what they point at.
  removeTree(path: string): Promise<void> {
    return coded(`remove ${named(path)}`, () =>
      rm(this.resolve(path), { recursive: true, force: true }),
    );
  }

  async #open(path: string): Promise<ReadableFile | 'unsafe'> {
    try {
      const handle = await open(this.resolve(path), readFlags);
      const stats = await handle.stat();
      if (stats.isFile()) return new NodeFile(handle, path);
      await handle.close();
      return 'unsafe';
    } catch (error) {
      // A link (EMLINK on some BSDs), a directory that was to be written, a socket or a device.
      if (['ELOOP', 'EMLINK', 'EISDIR', 'ENXIO', 'ENODEV'].includes(errnoOf(error) ?? '')) {
        return 'unsafe';
      }
      throw error;
    }
  }

  // Some file systems do not tell the kind when they list.
  async #listed(
    above: string,
    entry: { readonly name: string } & Parameters<typeof kindOf>[0],
  ): Promise<ListedName> {
    const kind = kindOf(entry);
    if (kind !== 'special') return { name: entry.name, kind };
    const facts = await this.stat(above === '' ? entry.name : `${above}/${entry.name}`);
    return { name: entry.name, kind: facts?.kind ?? kind };
  }
}

async function syncPath(path: string): Promise<void> {
  if (isWindows) return;
  const handle = await open(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const named = (path: string): string => (path === '' ? 'the folder' : path);

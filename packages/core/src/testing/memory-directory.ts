import { OffstageError } from '../foundation/errors.ts';
import type {
  Examined,
  ExamineOptions,
  ExamineRequest,
  FileFacts,
  FileLock,
  ListedName,
  ReadableFile,
  StorageDirectory,
  WritableFile,
} from '../snapshots/directory.ts';
import type { Durability, Hasher, Lease } from '../snapshots/storage.ts';
import {
  bytesOf,
  change,
  type DirectoryNode,
  type DiskNode,
  everyNode,
  type FileNode,
  joined,
  newDirectory,
  newFile,
  sync,
} from './memory-disk.ts';
import {
  addNode,
  failed,
  findNode,
  type Machine,
  nativePrefix,
  placeOf,
  removeNode,
} from './memory-machine.ts';
import type {
  HeldByProcess,
  MemoryOperation,
  MemoryStorageOptions,
  MemorySync,
} from './memory-storage-types.ts';
import { knownSha256 } from './sha256.ts';

// What a name takes on a disk that can be full.
const nameBytes = 32;

interface LateSync {
  readonly nodes: readonly (FileNode | DirectoryNode)[];
  readonly until: (operation: MemoryOperation) => boolean;
  /** It takes effect before the next operation. */
  due: boolean;
}

/** The primitives of a file system, as one process of a simulated machine has them. */
export class MemoryDirectory implements StorageDirectory {
  readonly label: string;
  readonly syncTreeFrom: number;
  readonly #machine: Machine;
  readonly #hardLinks: boolean;
  readonly #reflinks: boolean;
  readonly #onOperation: (operation: MemoryOperation) => void;
  readonly #capacityBytes: number;
  readonly #changeHints: boolean;
  readonly #effectOf: NonNullable<MemoryStorageOptions['syncs']>;
  /** Syncs that take effect later than they said. */
  #late: readonly LateSync[] = [];
  readonly #locks = new Set<DiskNode>();
  readonly #handles = new Set<object>();
  // How often each path was synced.
  readonly #syncs = new Map<string, number>();
  /** Release the shared locks of this process. */
  readonly #shared = new Set<() => void>();
  #stopped = false;
  operations = 0;

  constructor(
    machine: Machine,
    options: MemoryStorageOptions,
    onOperation: (operation: MemoryOperation) => void,
  ) {
    this.#machine = machine;
    this.label = options.label ?? 'memory';
    this.syncTreeFrom = options.syncTreeFrom ?? Number.POSITIVE_INFINITY;
    this.#hardLinks = options.hardLinks ?? true;
    this.#reflinks = options.reflinks ?? false;
    this.#capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.#changeHints = options.changeHints ?? true;
    this.#effectOf = options.syncs ?? (() => 'durable');
    this.#onOperation = onOperation;
  }

  stop(): void {
    this.#stopped = true;
    for (const node of this.#locks) this.#unlock(node);
    for (const release of this.#shared) release();
  }

  held(): HeldByProcess {
    return {
      writerLocks: this.#locks.size,
      leases: this.#shared.size,
      openFiles: this.#handles.size,
    };
  }

  get usedBytes(): number {
    const { root } = this.#machine;
    if (root === undefined) return 0;
    const files = new Set<FileNode>();
    let names = 0;
    for (const node of everyNode(root)) {
      names += 1;
      if (node.kind === 'file') files.add(node);
    }
    return [...files].reduce((sum, file) => sum + bytesOf(file), names * nameBytes);
  }

  async durability(): Promise<Durability> {
    return 'durable';
  }

  createHash(): Hasher {
    const chunks: Uint8Array[] = [];
    return {
      // A copy: the caller may use its bytes again.
      update: (chunk) => void chunks.push(chunk.slice()),
      digest: async () => knownSha256(joined(chunks)),
    };
  }

  async createRoot(): Promise<void> {
    this.#begin('createRoot', '');
    this.#machine.root ??= newDirectory();
  }

  async lock(path: string): Promise<FileLock | undefined> {
    this.#begin('lock', path);
    const { locks } = this.#machine;
    if (findNode(this.#machine, path) === undefined) this.#create(path, newFile());
    const node = findNode(this.#machine, path);
    if (node?.kind !== 'file') throw failed(`Cannot lock ${path}: it is no file.`);
    if (locks.has(node)) return undefined;
    locks.set(node, this);
    this.#locks.add(node);
    return {
      isHeld: async () => locks.get(node) === this && findNode(this.#machine, path) === node,
      read: async () => {
        this.#begin('read', path);
        return joined(node.chunks);
      },
      write: async (content) => {
        this.#begin('write', path);
        this.#assertSpace(content.byteLength - bytesOf(node));
        node.chunks = [content.slice()];
        node.revision += 1;
        this.#begin('syncFile', path);
        this.#sync('syncFile', path, node);
      },
      release: async () => this.#unlock(node),
    };
  }

  async lockShared(path: string): Promise<Lease | undefined> {
    this.#begin('lockShared', path);
    const node = findNode(this.#machine, path);
    if (node?.kind !== 'file') return undefined;
    const holders = this.#machine.shared.get(node) ?? new Set<object>();
    this.#machine.shared.set(node, holders);
    const lock = {};
    holders.add(lock);
    const release = (): void => {
      holders.delete(lock);
      this.#shared.delete(release);
    };
    this.#shared.add(release);
    return { release: async () => release() };
  }

  async lockedShared(paths: readonly string[]): Promise<ReadonlySet<string>> {
    this.#begin('lockedShared', '');
    const isLocked = (path: string): boolean => {
      const node = findNode(this.#machine, path);
      return node !== undefined && (this.#machine.shared.get(node)?.size ?? 0) > 0;
    };
    return new Set(paths.filter(isLocked));
  }

  async list(path: string): Promise<readonly ListedName[] | undefined> {
    this.#begin('list', path);
    const node = findNode(this.#machine, path);
    if (node?.kind !== 'directory') return undefined;
    return [...node.entries].map(([name, { kind }]) => ({ name, kind }));
  }

  async stat(path: string): Promise<FileFacts | undefined> {
    this.#begin('stat', path);
    const node = findNode(this.#machine, path);
    return node && factsOf(node);
  }

  async statAll(paths: readonly string[]): Promise<readonly (FileFacts | undefined)[]> {
    return Promise.all(paths.map((path) => this.stat(path)));
  }

  async makeDirectory(path: string): Promise<boolean> {
    this.#begin('makeDirectory', path);
    return this.#create(path, newDirectory());
  }

  resolve(path: string): string {
    return `${nativePrefix}${path}`;
  }

  ensureDirectorySync(path: string): void {
    this.#begin('makeDirectory', path);
    if (this.#create(path, newDirectory()) || findNode(this.#machine, path)?.kind === 'directory')
      return;
    throw new OffstageError('unsafe_entry', `"${path}" is no directory.`, { details: { path } });
  }

  async createFile(path: string): Promise<WritableFile | undefined> {
    this.#begin('createFile', path);
    const node = newFile();
    if (!this.#create(path, node)) return undefined;
    const { facts, sync: syncFile, close } = this.#open(path, node);
    return {
      facts,
      sync: syncFile,
      dataSync: syncFile,
      close,
      write: async (chunk) => {
        this.#begin('write', path);
        this.#assertSpace(chunk.byteLength);
        node.chunks = [...node.chunks, chunk.slice()];
        node.revision += 1;
      },
    };
  }

  async openFile(path: string): Promise<ReadableFile | 'unsafe' | undefined> {
    this.#begin('openFile', path);
    const node = findNode(this.#machine, path);
    if (node === undefined) return undefined;
    if (node.kind !== 'file') return 'unsafe';
    const begin = (): void => this.#begin('read', path);
    return {
      ...this.#open(path, node),
      async *chunks() {
        for (let index = 0; ; index += 1) {
          begin();
          const chunk = node.chunks[index];
          if (chunk === undefined) return;
          yield chunk.slice();
        }
      },
    };
  }

  async examineFiles(
    requests: readonly ExamineRequest[],
    { sync: mustSync, signal }: ExamineOptions,
  ): Promise<readonly Examined[]> {
    const examined: Examined[] = [];
    for (const { path, hash } of requests) {
      signal?.throwIfAborted();
      const file = await this.openFile(path);
      if (file === undefined || file === 'unsafe') {
        examined.push(file ?? 'missing');
        continue;
      }
      try {
        const before = await file.facts();
        const hashed = hash ? await this.#hash(file) : undefined;
        if (mustSync) await file.sync();
        examined.push({ before, after: await file.facts(), hashed });
      } finally {
        await file.close();
      }
    }
    return examined;
  }

  async linkFile(from: string, to: string): Promise<boolean> {
    this.#begin('linkFile', `${from} -> ${to}`);
    const node = findNode(this.#machine, from);
    if (node?.kind !== 'file') throw failed(`Cannot link ${from}: there is no such file.`);
    if (!this.#hardLinks) return false;
    if (!this.#create(to, node, nameBytes))
      throw failed(`Cannot link to ${to}: there is something.`);
    node.links += 1;
    return true;
  }

  async cloneFile(from: string, to: string): Promise<boolean> {
    this.#begin('cloneFile', `${from} -> ${to}`);
    const node = findNode(this.#machine, from);
    if (node?.kind !== 'file') throw failed(`Cannot clone ${from}: there is no such file.`);
    if (!this.#reflinks) return false;
    if (!this.#create(to, newFile(node.chunks))) throw failed(`Cannot clone to ${to}.`);
    return true;
  }

  unlinkCopySync(path: string): void {
    this.#begin('unlinkCopy', path);
    const { above, name } = placeOf(this.#machine, path);
    const node = above.entries.get(name);
    if (node?.kind !== 'file') throw failed(`Cannot copy ${path}: there is no such file.`);
    this.#assertSpace(bytesOf(node));
    node.links -= 1;
    change(above, { removed: name, added: [name, newFile(node.chunks)] });
  }

  async syncTree(path: string): Promise<boolean> {
    this.#begin('syncTree', path);
    const { root } = this.#machine;
    if (root !== undefined) this.#sync('syncTree', path, ...everyNode(root));
    return true;
  }

  watch(onChange: () => void): (() => void) | undefined {
    if (!this.#changeHints) return undefined;
    this.#machine.watchers.add(onChange);
    return () => void this.#machine.watchers.delete(onChange);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#begin('syncDirectory', path);
    const node = findNode(this.#machine, path);
    if (node?.kind !== 'directory') throw failed(`Cannot fsync ${path}: no such directory.`);
    this.#sync('syncDirectory', path, node);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#begin('rename', `${from} -> ${to}`);
    const source = placeOf(this.#machine, from);
    const target = placeOf(this.#machine, to);
    const node = source.above.entries.get(source.name);
    if (node === undefined) throw failed(`Cannot rename ${from}: there is none.`);
    const replaced = target.above.entries.get(target.name);
    if (replaced?.kind === 'file') replaced.links -= 1;
    if (source.above === target.above) {
      change(source.above, { removed: source.name, added: [target.name, node] });
    } else {
      change(target.above, { added: [target.name, node] });
      change(source.above, { removed: source.name });
    }
    for (const watcher of this.#machine.watchers) watcher();
  }

  async removeFile(path: string): Promise<void> {
    this.#begin('removeFile', path);
    removeNode(this.#machine, path);
  }

  async removeTree(path: string): Promise<void> {
    const node = findNode(this.#machine, path);
    if (node?.kind === 'directory') {
      for (const name of [...node.entries.keys()]) await this.removeTree(`${path}/${name}`);
    }
    this.#begin('removeTree', path);
    removeNode(this.#machine, path);
  }

  async #hash(file: ReadableFile): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const hasher = this.createHash();
    let bytes = 0;
    for await (const chunk of file.chunks()) {
      hasher.update(chunk);
      bytes += chunk.byteLength;
    }
    return { bytes, sha256: await hasher.digest() };
  }

  #open(path: string, node: FileNode): Pick<ReadableFile, 'facts' | 'sync' | 'close'> {
    const handle = {};
    this.#handles.add(handle);
    return {
      facts: async () => {
        this.#begin('facts', path);
        return factsOf(node);
      },
      sync: async () => {
        this.#begin('syncFile', path);
        this.#sync('syncFile', path, node);
      },
      close: async () => void this.#handles.delete(handle),
    };
  }

  #begin(name: string, path: string): void {
    if (!this.#stopped) this.#tell({ index: this.operations++, name, path });
    if (this.#stopped) throw failed(`Cannot ${name} ${path}: the simulated process has ended.`);
  }

  #tell(operation: MemoryOperation): void {
    this.#onOperation(operation);
    if (this.#late.length === 0) return;
    for (const { nodes } of this.#late.filter(({ due }) => due)) nodes.forEach(sync);
    this.#late = this.#late.filter(({ due }) => !due);
    for (const late of this.#late) late.due = late.until(operation);
  }

  #sync(
    name: MemorySync['name'],
    path: string,
    ...nodes: readonly (FileNode | DirectoryNode)[]
  ): void {
    const nth = this.#syncs.get(path) ?? 0;
    this.#syncs.set(path, nth + 1);
    const effect = this.#effectOf({ name, path, nth });
    if (effect === 'durable') nodes.forEach(sync);
    else if (effect !== 'ignored') this.#late = [...this.#late, { nodes, ...effect, due: false }];
  }

  /** A new name for something new. False when it is taken. */
  #create(path: string, node: DiskNode, bytes = bytesOnDisk(node)): boolean {
    const { above, name } = placeOf(this.#machine, path);
    if (above.entries.has(name)) return false;
    this.#assertSpace(bytes);
    return addNode(this.#machine, path, node);
  }

  #assertSpace(bytes: number): void {
    if (this.#capacityBytes === Number.POSITIVE_INFINITY) return;
    if (this.usedBytes + bytes <= this.#capacityBytes) return;
    throw new OffstageError('storage_full', `There is no space left in ${this.label}.`);
  }

  #unlock(node: DiskNode): void {
    if (this.#machine.locks.get(node) === this) this.#machine.locks.delete(node);
    this.#locks.delete(node);
  }
}

const bytesOnDisk = (node: DiskNode): number =>
  nameBytes + (node.kind === 'file' ? bytesOf(node) : 0);

const factsOf = (node: DiskNode): FileFacts => ({
  kind: node.kind,
  bytes: node.kind === 'file' ? bytesOf(node) : 0,
  links: node.kind === 'file' ? node.links : 1,
  stamp: node.kind === 'file' ? `${node.id}:${node.revision}:${node.links}` : `${node.id}`,
});

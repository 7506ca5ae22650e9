import { OffstageError } from '../errors.ts';
import type {
  Examined,
  ExamineOptions,
  ExamineRequest,
  FileFacts,
  ListedName,
  ReadableFile,
  StorageDirectory,
  WritableFile,
} from '../snapshots/directory.ts';
import { directoryStorage } from '../snapshots/directory-storage.ts';
import type {
  Durability,
  Hasher,
  Lease,
  SnapshotStorage,
  WriterLock,
} from '../snapshots/storage.ts';
import {
  afterPowerLoss,
  bytesOf,
  change,
  copyDisk,
  type DirectoryNode,
  type DiskNode,
  type Fates,
  type FileNode,
  newDirectory,
  newFile,
  newOther,
  type PendingChange,
  pendingChanges,
  sync,
} from './memory-disk.ts';
import { sha256 } from './sha256.ts';
import type { SuiteFiles } from './storage-suite.ts';

export type { Fate, Fates, PendingChange } from './memory-disk.ts';

/** One primitive, about to happen. */
export interface MemoryOperation {
  /** 0, 1, 2 … per storage object. */
  readonly index: number;
  readonly name: string;
  /** Relative to the root; of a rename `from -> to`. */
  readonly path: string;
}

export interface MemoryStorageOptions {
  /** @default 'memory' */
  readonly label?: string;
  /** Called before each operation. What it throws is what the operation fails with. */
  readonly onOperation?: (operation: MemoryOperation, storage: MemoryStorage) => void;
  /** Whether files can have a second name, as on most file systems. @default true */
  readonly hardLinks?: boolean;
  /** Whether files can share blocks, as on Btrfs and XFS. @default false */
  readonly reflinks?: boolean;
  /**
   * From how many files on a draft is synced whole, in one call, as on Linux. @default Infinity
   */
  readonly syncTreeFrom?: number;
  /** Syncs for which it returns true do nothing and report success, as on a disk that lies. */
  readonly ignoreSync?: (sync: MemorySync) => boolean;
}

export interface MemorySync {
  readonly name: 'syncFile' | 'syncDirectory' | 'syncTree';
  readonly path: string;
  /** Which sync of that path it is: 0, 1, 2 … per storage object. */
  readonly nth: number;
}

/**
 * Snapshots in memory, on a simulated disk that loses what was not fsynced: the real protocol, and
 * crashes at will.
 *
 * @example
 * const storage = memoryStorage();
 * const store = new SnapshotStore({ storage, metadata });
 * // … publish, then pull the plug:
 * const after = new SnapshotStore({ storage: storage.afterPowerLoss('lost'), metadata });
 */
export interface MemoryStorage extends SnapshotStorage {
  /** How many operations were begun. */
  readonly operations: number;
  readonly files: SuiteFiles;
  /** From now on each operation fails, as in a process that has ended. Its lock and leases go. */
  stop(): void;
  /** The same disk as another process sees it, while this one goes on. */
  another(options?: MemoryStorageOptions): MemoryStorage;
  /** A copy of the disk as the next process finds it when this one is killed: nothing is lost. */
  afterKill(options?: MemoryStorageOptions): MemoryStorage;
  /** What a loss of power now would decide about. */
  pending(): readonly PendingChange[];
  /**
   * A copy of the disk as it is found after a loss of power: of each un-synced change by itself it is
   * decided whether it is lost, torn (content alone) or kept. @default 'lost'
   */
  afterPowerLoss(fates?: Fates, options?: MemoryStorageOptions): MemoryStorage;
}

export const memoryStorage = (options: MemoryStorageOptions = {}): MemoryStorage =>
  storageOn(newMachine(undefined), options);

/** What all processes of one machine see. */
interface Machine {
  root: DirectoryNode | undefined;
  lock: MemoryDirectory | undefined;
  /** The shared locks on each file. */
  readonly shared: Map<DiskNode, Set<object>>;
  readonly watchers: Set<() => void>;
}

const newMachine = (root: DirectoryNode | undefined): Machine => ({
  root,
  lock: undefined,
  shared: new Map(),
  watchers: new Set(),
});

function storageOn(machine: Machine, options: MemoryStorageOptions): MemoryStorage {
  const directory = new MemoryDirectory(machine, options, (operation) =>
    options.onOperation?.(operation, storage),
  );
  const on = (root: DirectoryNode | undefined, next: MemoryStorageOptions): MemoryStorage =>
    storageOn(newMachine(root), next);
  const storage: MemoryStorage = {
    ...directoryStorage(directory),
    get operations() {
      return directory.operations;
    },
    files: directory.files,
    stop: () => directory.stop(),
    another: (next = {}) => storageOn(machine, next),
    afterKill: (next = {}) => on(machine.root && copyDisk(machine.root), next),
    pending: () => (machine.root === undefined ? [] : pendingChanges(machine.root)),
    afterPowerLoss: (fates = 'lost', next = {}) =>
      on(machine.root && afterPowerLoss(machine.root, fates), next),
  };
  return storage;
}

const prefix = '/memory/';

class MemoryDirectory implements StorageDirectory {
  readonly label: string;
  readonly syncTreeFrom: number;
  readonly #machine: Machine;
  readonly #hardLinks: boolean;
  readonly #reflinks: boolean;
  readonly #onOperation: (operation: MemoryOperation) => void;
  readonly #ignoreSync: NonNullable<MemoryStorageOptions['ignoreSync']>;
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
    this.#ignoreSync = options.ignoreSync ?? (() => false);
    this.#onOperation = onOperation;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#machine.lock === this) this.#machine.lock = undefined;
    for (const release of this.#shared) release();
  }

  async durability(): Promise<Durability> {
    return 'durable';
  }

  createHash(): Hasher {
    const chunks: Uint8Array[] = [];
    return {
      // A copy: the caller may use its bytes again.
      update: (chunk) => void chunks.push(chunk.slice()),
      digest: async () => sha256(joined(chunks)),
    };
  }

  async createRoot(): Promise<void> {
    this.#begin('createRoot', '');
    this.#machine.root ??= newDirectory();
  }

  async lock(path: string): Promise<WriterLock | undefined> {
    this.#begin('lock', path);
    const { above, name } = this.#place(path);
    if (!above.entries.has(name)) change(above, { added: [name, newFile()] });
    if (this.#machine.lock !== undefined) return undefined;
    this.#machine.lock = this;
    const node = above.entries.get(name);
    return {
      isHeld: async () => this.#machine.lock === this && this.#find(path) === node,
      release: async () => {
        if (this.#machine.lock === this) this.#machine.lock = undefined;
      },
    };
  }

  async lockShared(path: string): Promise<Lease | undefined> {
    this.#begin('lockShared', path);
    const node = this.#find(path);
    if (node?.kind !== 'file') return undefined;
    const holders = this.#machine.shared.get(node) ?? new Set<object>();
    this.#machine.shared.set(node, holders);
    const lock = {};
    holders.add(lock);
    this.#shared.add(() => holders.delete(lock));
    return { release: async () => void holders.delete(lock) };
  }

  async lockedShared(paths: readonly string[]): Promise<ReadonlySet<string>> {
    this.#begin('lockedShared', '');
    const isLocked = (path: string): boolean => {
      const node = this.#find(path);
      return node !== undefined && (this.#machine.shared.get(node)?.size ?? 0) > 0;
    };
    return new Set(paths.filter(isLocked));
  }

  async list(path: string): Promise<readonly ListedName[] | undefined> {
    this.#begin('list', path);
    const node = this.#find(path);
    if (node?.kind !== 'directory') return undefined;
    return [...node.entries].map(([name, { kind }]) => ({ name, kind }));
  }

  async stat(path: string): Promise<FileFacts | undefined> {
    this.#begin('stat', path);
    const node = this.#find(path);
    return node && factsOf(node);
  }

  async statAll(paths: readonly string[]): Promise<readonly (FileFacts | undefined)[]> {
    return Promise.all(paths.map((path) => this.stat(path)));
  }

  async makeDirectory(path: string): Promise<boolean> {
    this.#begin('makeDirectory', path);
    return this.#add(path, newDirectory());
  }

  resolve(path: string): string {
    return `${prefix}${path}`;
  }

  ensureDirectorySync(path: string): void {
    this.#begin('makeDirectory', path);
    if (this.#add(path, newDirectory()) || this.#find(path)?.kind === 'directory') return;
    throw new OffstageError('unsafe_entry', `"${path}" is no directory.`, { details: { path } });
  }

  async createFile(path: string): Promise<WritableFile | undefined> {
    this.#begin('createFile', path);
    const node = newFile();
    if (!this.#add(path, node)) return undefined;
    const { facts, sync: syncFile, close } = this.#open(path, node);
    return {
      facts,
      sync: syncFile,
      dataSync: syncFile,
      close,
      write: async (chunk) => {
        this.#begin('write', path);
        node.chunks = [...node.chunks, chunk.slice()];
        node.revision += 1;
      },
    };
  }

  async openFile(path: string): Promise<ReadableFile | 'unsafe' | undefined> {
    this.#begin('openFile', path);
    const node = this.#find(path);
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
      const before = await file.facts();
      let hashed: { bytes: number; sha256: string } | undefined;
      if (hash) {
        const hasher = this.createHash();
        hashed = { bytes: 0, sha256: '' };
        for await (const chunk of file.chunks()) {
          hasher.update(chunk);
          hashed.bytes += chunk.byteLength;
        }
        hashed.sha256 = await hasher.digest();
      }
      if (mustSync) await file.sync();
      examined.push({ before, after: await file.facts(), hashed });
      await file.close();
    }
    return examined;
  }

  async linkFile(from: string, to: string): Promise<boolean> {
    this.#begin('linkFile', `${from} -> ${to}`);
    const node = this.#find(from);
    if (node?.kind !== 'file') throw failed(`Cannot link ${from}: there is no such file.`);
    if (!this.#hardLinks) return false;
    if (!this.#add(to, node)) throw failed(`Cannot link to ${to}: there is something.`);
    node.links += 1;
    return true;
  }

  async cloneFile(from: string, to: string): Promise<boolean> {
    this.#begin('cloneFile', `${from} -> ${to}`);
    const node = this.#find(from);
    if (node?.kind !== 'file') throw failed(`Cannot clone ${from}: there is no such file.`);
    if (!this.#reflinks) return false;
    if (!this.#add(to, newFile(node.chunks))) throw failed(`Cannot clone to ${to}.`);
    return true;
  }

  unlinkCopySync(path: string): void {
    this.#begin('unlinkCopy', path);
    const { above, name } = this.#place(path);
    const node = above.entries.get(name);
    if (node?.kind !== 'file') throw failed(`Cannot copy ${path}: there is no such file.`);
    node.links -= 1;
    change(above, { removed: name, added: [name, newFile(node.chunks)] });
  }

  async syncTree(path: string): Promise<boolean> {
    this.#begin('syncTree', path);
    const { root } = this.#machine;
    if (root !== undefined) this.#sync('syncTree', path, ...everyNode(root));
    return true;
  }

  watch(onChange: () => void): () => void {
    this.#machine.watchers.add(onChange);
    return () => void this.#machine.watchers.delete(onChange);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#begin('syncDirectory', path);
    const node = this.#find(path);
    if (node?.kind !== 'directory') throw failed(`Cannot fsync ${path}: no such directory.`);
    this.#sync('syncDirectory', path, node);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#begin('rename', `${from} -> ${to}`);
    const source = this.#place(from);
    const target = this.#place(to);
    const node = source.above.entries.get(source.name);
    if (node === undefined) throw failed(`Cannot rename ${from}: there is none.`);
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
    this.#unlink(path);
  }

  async removeTree(path: string): Promise<void> {
    const node = this.#find(path);
    if (node?.kind === 'directory') {
      for (const name of [...node.entries.keys()]) await this.removeTree(`${path}/${name}`);
    }
    this.#begin('removeTree', path);
    this.#unlink(path);
  }

  readonly files: SuiteFiles = {
    write: (path, content) => {
      const { above, name } = this.#place(path);
      const chunks = [new TextEncoder().encode(content)];
      const node = above.entries.get(name);
      if (node?.kind === 'file') {
        node.chunks = chunks;
        node.synced = [];
        node.revision += 1;
      } else {
        change(above, { added: [name, newFile(chunks)] });
      }
    },
    read: (path) => {
      const node = this.#find(path);
      return node?.kind === 'file' ? new TextDecoder().decode(joined(node.chunks)) : undefined;
    },
    makeDirectory: (path) => void this.#add(path, newDirectory()),
    link: (existing, path) => {
      const node = this.#find(existing);
      if (node?.kind !== 'file') throw failed(`${existing} is no file.`);
      node.links += 1;
      this.#add(path, node);
    },
    symlink: (path) => void this.#add(path, newOther('symlink')),
    special: (path) => void this.#add(path, newOther('special')),
    remove: (path) => {
      const { above, name } = this.#place(path);
      change(above, { removed: name });
    },
    list: (path) => {
      const node = this.#find(path);
      return node?.kind === 'directory' ? [...node.entries.keys()] : [];
    },
  };

  #open(path: string, node: FileNode): Pick<ReadableFile, 'facts' | 'sync' | 'close'> {
    return {
      facts: async () => {
        this.#begin('facts', path);
        return factsOf(node);
      },
      sync: async () => {
        this.#begin('syncFile', path);
        this.#sync('syncFile', path, node);
      },
      close: async () => undefined,
    };
  }

  #begin(name: string, path: string): void {
    if (!this.#stopped) this.#onOperation({ index: this.operations++, name, path });
    if (this.#stopped) throw failed(`Cannot ${name} ${path}: the simulated process has ended.`);
  }

  #sync(
    name: MemorySync['name'],
    path: string,
    ...nodes: readonly (FileNode | DirectoryNode)[]
  ): void {
    const nth = this.#syncs.get(path) ?? 0;
    this.#syncs.set(path, nth + 1);
    if (!this.#ignoreSync({ name, path, nth })) for (const node of nodes) sync(node);
  }

  #find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#machine.root;
    for (const part of partsOf(path)) {
      node = node?.kind === 'directory' ? node.entries.get(part) : undefined;
    }
    return node;
  }

  #place(path: string): { readonly above: DirectoryNode; readonly name: string } {
    const parts = partsOf(path);
    const above = this.#find(parts.slice(0, -1).join('/'));
    const name = parts.at(-1);
    if (above?.kind === 'directory' && name !== undefined) return { above, name };
    throw failed(`There is no directory above ${path}.`);
  }

  #add(path: string, node: DiskNode): boolean {
    const { above, name } = this.#place(path);
    if (above.entries.has(name)) return false;
    change(above, { added: [name, node] });
    return true;
  }

  #unlink(path: string): void {
    if (this.#find(path) === undefined) return;
    const { above, name } = this.#place(path);
    const node = above.entries.get(name);
    if (node?.kind === 'file') node.links -= 1;
    change(above, { removed: name });
  }
}

function* everyNode(root: DirectoryNode): Generator<FileNode | DirectoryNode> {
  yield root;
  for (const node of root.entries.values()) {
    if (node.kind === 'directory') yield* everyNode(node);
    else if (node.kind === 'file') yield node;
  }
}

const partsOf = (path: string): readonly string[] =>
  (path.startsWith(prefix) ? path.slice(prefix.length) : path).split('/').filter(Boolean);

const factsOf = (node: DiskNode): FileFacts => ({
  kind: node.kind,
  bytes: node.kind === 'file' ? bytesOf(node) : 0,
  links: node.kind === 'file' ? node.links : 1,
  stamp: node.kind === 'file' ? `${node.id}:${node.revision}:${node.links}` : `${node.id}`,
});

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

const failed = (message: string): OffstageError => new OffstageError('storage_failed', message);

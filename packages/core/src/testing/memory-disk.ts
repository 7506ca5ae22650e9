/**
 * A disk as the weakest reading of POSIX has it. A file's content and the names in a directory live
 * in memory until each is synced by itself; a loss of power decides about each un-synced change
 * alone. A rename within one directory is one change.
 */
export type DiskNode = FileNode | DirectoryNode | OtherNode;

export interface FileNode {
  readonly kind: 'file';
  readonly id: number;
  chunks: readonly Uint8Array[];
  synced: readonly Uint8Array[];
  links: number;
  /** Counts changes. */
  revision: number;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly id: number;
  entries: Map<string, DiskNode>;
  synced: Map<string, DiskNode>;
  /** What was changed since the last sync, in order. */
  changes: readonly NameChange[];
}

export interface OtherNode {
  readonly kind: 'symlink' | 'special';
  readonly id: number;
}

export interface NameChange {
  readonly removed?: string | undefined;
  readonly added?: readonly [name: string, node: DiskNode] | undefined;
}

/** An un-synced change: `content` may also be torn, a name is there or it is not. */
export interface PendingChange {
  readonly kind: 'content' | 'name';
  /** For a person: the path, and of a name what was done. */
  readonly what: string;
}

export type Fate = 'lost' | 'torn' | 'kept';
export type Fates = Fate | ((change: PendingChange, index: number) => Fate);

let ids = 0;

export const newDirectory = (): DirectoryNode => ({
  kind: 'directory',
  id: ++ids,
  entries: new Map(),
  synced: new Map(),
  changes: [],
});

export const newFile = (chunks: readonly Uint8Array[] = []): FileNode => ({
  kind: 'file',
  id: ++ids,
  chunks,
  synced: chunks.length === 0 ? chunks : [],
  links: 1,
  revision: 0,
});

export const newOther = (kind: OtherNode['kind']): OtherNode => ({ kind, id: ++ids });

export const bytesOf = (node: FileNode): number =>
  node.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);

/** Changes the names in a directory, un-synced. */
export function change(directory: DirectoryNode, what: NameChange): void {
  apply(directory.entries, what);
  directory.changes = [...directory.changes, what];
}

export function sync(node: FileNode | DirectoryNode): void {
  if (node.kind === 'file') {
    node.synced = node.chunks;
  } else {
    node.synced = new Map(node.entries);
    node.changes = [];
  }
}

/** Everything on the disk that a loss of power would decide about, in a stable order. */
export function pendingChanges(root: DirectoryNode): readonly PendingChange[] {
  const pending: PendingChange[] = [];
  restart(root, (what) => {
    pending.push(what);
    return 'kept';
  });
  return pending;
}

/** What is on the disk after a loss of power, all of it synced. The old disk stays as it is. */
export function afterPowerLoss(root: DirectoryNode, fates: Fates): DirectoryNode {
  let index = 0;
  const decide = typeof fates === 'function' ? fates : (): Fate => fates;
  return restart(root, (what) => decide(what, index++));
}

/** The same disk once more, with what is synced and what is not. */
export function copyDisk(root: DirectoryNode): DirectoryNode {
  const copies = new Map<DiskNode, DiskNode>();
  const copy = (node: DiskNode): DiskNode => {
    const known = copies.get(node);
    if (known !== undefined) return known;
    const fresh: DiskNode = { ...node };
    copies.set(node, fresh);
    if (fresh.kind === 'directory') copyNames(fresh, copy);
    return fresh;
  };
  const fresh: DirectoryNode = { ...root };
  copyNames(fresh, copy);
  return fresh;
}

function copyNames(directory: DirectoryNode, copy: (node: DiskNode) => DiskNode): void {
  const all = (entries: Map<string, DiskNode>): Map<string, DiskNode> =>
    new Map([...entries].map(([name, node]) => [name, copy(node)]));
  directory.entries = all(directory.entries);
  directory.synced = all(directory.synced);
  directory.changes = directory.changes.map(({ removed, added }) => ({
    removed,
    added: added && [added[0], copy(added[1])],
  }));
}

function restart(root: DirectoryNode, decide: (change: PendingChange) => Fate): DirectoryNode {
  const survivors = new Map<DiskNode, DiskNode>();
  const survive = (node: DiskNode, path: string): DiskNode => {
    const known = survivors.get(node);
    if (known !== undefined) return known;
    if (node.kind === 'directory') return surviveDirectory(node, path);
    const survivor = node.kind === 'file' ? surviveFile(node, path) : { ...node };
    survivors.set(node, survivor);
    return survivor;
  };
  const surviveFile = (node: FileNode, path: string): FileNode => {
    const fate = node.chunks === node.synced ? 'kept' : decide({ kind: 'content', what: path });
    const chunks = fate === 'kept' ? node.chunks : fate === 'lost' ? node.synced : torn(node);
    return { ...node, chunks, synced: chunks };
  };
  const surviveDirectory = (node: DirectoryNode, path: string): DirectoryNode => {
    const names = new Map(node.synced);
    for (const what of node.changes) {
      const fate = decide({ kind: 'name', what: describe(path, what) });
      if (fate === 'kept') apply(names, what);
    }
    const fresh: DirectoryNode = { ...node, entries: new Map(), synced: new Map(), changes: [] };
    survivors.set(node, fresh);
    for (const [name, child] of names) fresh.entries.set(name, survive(child, `${path}/${name}`));
    fresh.synced = new Map(fresh.entries);
    return fresh;
  };
  return surviveDirectory(root, '');
}

// The size is there, and of what was not synced only the first half.
function torn(node: FileNode): readonly Uint8Array[] {
  const kept = node.chunks.slice(0, node.synced.length);
  const rest = node.chunks.slice(node.synced.length).map((chunk) => {
    const half = new Uint8Array(chunk.byteLength);
    half.set(chunk.subarray(0, chunk.byteLength >> 1));
    return half;
  });
  return [...kept, ...rest];
}

function apply(entries: Map<string, DiskNode>, { removed, added }: NameChange): void {
  if (removed !== undefined) entries.delete(removed);
  if (added !== undefined) entries.set(added[0], added[1]);
}

const describe = (path: string, { removed, added }: NameChange): string =>
  [removed && `- ${path}/${removed}`, added && `+ ${path}/${added[0]}`].filter(Boolean).join(' ');

/**
 * A disk as the weakest reading of POSIX has it. What a process sees of it is in memory; a file's
 * content and the names in a directory each become durable by a sync of their own, and by nothing
 * else. Until then a loss of power decides about each change alone, in whatever order it was made.
 *
 * **What is modelled**
 * - Content: until its file is synced, a loss of power leaves the old content, none, the first half of
 *   the new, the new size with zeros in its second half, or the new content. A new file's old content
 *   is empty. A reflink is a new file with un-synced content, as FICLONE promises no more.
 * - Names: each creation, removal and rename is a change of its directory, and any subset of those
 *   that were not synced is kept. A rename within one directory is one change. One between two
 *   directories is two, so that the file may have both names afterwards, or none.
 * - A sync of a file makes its content durable and not its name; a sync of a directory makes its names
 *   durable and not what they lead to, and not its own name in the directory above. So a directory
 *   whose name was lost is gone with all that was synced in it.
 * - The removal of a tree is a removal of each name by itself: any part of it may be back.
 * - Link counts are what the surviving names say, as after a check of the file system.
 * - Locks of the operating system and watchers end with the machine. The file that a lock is on is a
 *   file like any other: its name is not synced, and may be lost.
 *
 * **What is not**
 * - Sectors that change by themselves, a disk that reports a flush that it did not make (that is
 *   `syncs`), writes that land in other files.
 * - A write that is torn in other places than in the middle: half, zeros and nothing stand for all
 *   contents that the digest tells from the whole.
 * - The directories above the root, and the root's own name.
 * - The name that a copy made for `draft.path()` has before it takes its place: it is in a draft.
 * - Ownership, permissions and times: nothing here depends on them.
 *
 * Real file systems lose less: ext4, XFS and Btrfs order much of this. What holds here holds there.
 *
 * @see POSIX.1-2024, `fsync`, `rename` and "Synchronized I/O File Integrity Completion":
 * https://pubs.opengroup.org/onlinepubs/9799919799/functions/fsync.html
 * @see Pillai et al., All File Systems Are Not Created Equal: On the Complexity of Crafting
 * Crash-Consistent Applications, OSDI 2014 (ALICE), whose abstract persistence model this follows:
 * https://www.usenix.org/conference/osdi14/technical-sessions/presentation/pillai
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

/**
 * What becomes of an un-synced change: `lost`, a content is the old one; `kept`; and of a content
 * also `empty`, `half` (the first half of what is new, and no more) and `torn` (the new size, with
 * zeros in the second half of what is new).
 */
export type Fate = 'lost' | 'empty' | 'half' | 'torn' | 'kept';

/** An un-synced change. */
export interface PendingChange {
  readonly kind: 'content' | 'name';
  /** For a person: the path, and of a name what was done. */
  readonly what: string;
  /** What may become of it. */
  readonly fates: readonly Fate[];
}

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

export const bytesOf = (node: FileNode): number => bytesIn(node.chunks);

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

/**
 * What is on the disk after a loss of power, all of it synced. The old disk stays as it is. What only
 * a lost name led to is not asked about.
 */
export function afterPowerLoss(root: DirectoryNode, fates: Fates): DirectoryNode {
  let index = 0;
  const decide = typeof fates === 'function' ? fates : (): Fate => fates;
  const survivor = restart(root, (what) => decide(what, index++));
  countLinks(survivor);
  return survivor;
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

/** All files and directories, each once for every name that it has. */
export function* everyNode(root: DirectoryNode): Generator<FileNode | DirectoryNode> {
  yield root;
  for (const node of root.entries.values()) {
    if (node.kind === 'directory') yield* everyNode(node);
    else if (node.kind === 'file') yield node;
  }
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
    const fates = node.chunks === node.synced ? undefined : contentFates(node);
    const fate = fates && decide({ kind: 'content', what: path, fates });
    const chunks = fate === undefined ? node.chunks : contentAfter(node, fate);
    return { ...node, chunks, synced: chunks };
  };
  const surviveDirectory = (node: DirectoryNode, path: string): DirectoryNode => {
    const names = new Map(node.synced);
    for (const what of node.changes) {
      const fate = decide({ kind: 'name', what: describe(path, what), fates: nameFates });
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

const nameFates: readonly Fate[] = ['kept', 'lost'];

// Those that differ.
function contentFates(node: FileNode): readonly Fate[] {
  const fates: Fate[] = ['kept', 'lost'];
  if (bytesIn(node.synced) > 0) fates.push('empty');
  if (bytesOf(node) - bytesIn(unchanged(node)) > 1) fates.push('half');
  if (bytesOf(node) - bytesIn(unchanged(node)) > 0) fates.push('torn');
  return fates;
}

function contentAfter(node: FileNode, fate: Fate): readonly Uint8Array[] {
  if (fate === 'kept') return node.chunks;
  if (fate === 'lost') return node.synced;
  if (fate === 'empty') return [];
  const old = unchanged(node);
  const fresh = joined(node.chunks.slice(old.length));
  const half = fresh.slice(0, fresh.byteLength >> 1);
  if (fate === 'half') return [...old, half];
  const torn = new Uint8Array(fresh.byteLength);
  torn.set(half);
  return [...old, torn];
}

/** What was synced and is there still: all of it where something was appended. */
function unchanged({ chunks, synced }: FileNode): readonly Uint8Array[] {
  return synced.every((chunk, index) => chunk === chunks[index]) ? synced : [];
}

function countLinks(root: DirectoryNode): void {
  const counts = new Map<FileNode, number>();
  for (const node of everyNode(root)) {
    if (node.kind === 'file') counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  for (const [node, links] of counts) node.links = links;
}

function apply(entries: Map<string, DiskNode>, { removed, added }: NameChange): void {
  if (removed !== undefined) entries.delete(removed);
  if (added !== undefined) entries.set(added[0], added[1]);
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bytesIn(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

const bytesIn = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);

const describe = (path: string, { removed, added }: NameChange): string =>
  [removed && `- ${path}/${removed}`, added && `+ ${path}/${added[0]}`].filter(Boolean).join(' ');

import { OffstageError } from '../foundation/errors.ts';
import { change, type DirectoryNode, type DiskNode } from './memory-disk.ts';

/** What all processes of one simulated machine see. */
export interface Machine {
  root: DirectoryNode | undefined;
  /** Which process holds the writer's lock on each file. */
  readonly locks: Map<DiskNode, object>;
  /** The shared locks on each file. */
  readonly shared: Map<DiskNode, Set<object>>;
  readonly watchers: Set<() => void>;
}

export const newMachine = (root: DirectoryNode | undefined): Machine => ({
  root,
  locks: new Map(),
  shared: new Map(),
  watchers: new Set(),
});

export function findNode(machine: Machine, path: string): DiskNode | undefined {
  let node: DiskNode | undefined = machine.root;
  for (const part of partsOf(path)) {
    node = node?.kind === 'directory' ? node.entries.get(part) : undefined;
  }
  return node;
}

/** The directory that the name is or would be in. */
export function placeOf(
  machine: Machine,
  path: string,
): { readonly above: DirectoryNode; readonly name: string } {
  const parts = partsOf(path);
  const above = findNode(machine, parts.slice(0, -1).join('/'));
  const name = parts.at(-1);
  if (above?.kind === 'directory' && name !== undefined) return { above, name };
  throw failed(`There is no directory above ${path}.`);
}

/** False when the name is taken. */
export function addNode(machine: Machine, path: string, node: DiskNode): boolean {
  const { above, name } = placeOf(machine, path);
  if (above.entries.has(name)) return false;
  change(above, { added: [name, node] });
  return true;
}

export function removeNode(machine: Machine, path: string): void {
  if (findNode(machine, path) === undefined) return;
  const { above, name } = placeOf(machine, path);
  const node = above.entries.get(name);
  if (node?.kind === 'file') node.links -= 1;
  change(above, { removed: name });
}

export const nativePrefix = '/memory/';

const partsOf = (path: string): readonly string[] =>
  (path.startsWith(nativePrefix) ? path.slice(nativePrefix.length) : path)
    .split('/')
    .filter(Boolean);

export const failed = (message: string): OffstageError =>
  new OffstageError('storage_failed', message);

import { type DirectoryNode, type DiskNode, type FileNode, joined } from './memory-disk.ts';

/**
 * A string that two disks have in common exactly when nothing that runs on them can tell them apart,
 * now or after a loss of power: names, contents, which names share a file, and all of that which was
 * not synced yet. Stamps are not in it.
 */
export function fingerprint(root: DirectoryNode | undefined): string {
  if (root === undefined) return '-';
  const numbers = new Map<DiskNode, number>();
  const of = (node: DiskNode): string => {
    const known = numbers.get(node);
    if (known !== undefined) return `#${known}`;
    numbers.set(node, numbers.size);
    if (node.kind === 'file') return ofFile(node);
    return node.kind === 'directory' ? ofDirectory(node, of) : node.kind;
  };
  return of(root);
}

function ofFile({ chunks, synced, links }: FileNode): string {
  const content = String(numberOf(chunks));
  const pending = chunks === synced ? '' : `~${numberOf(synced)}`;
  return `${content}${pending}${links === 1 ? '' : `*${links}`}`;
}

function ofDirectory(
  { entries, synced, changes }: DirectoryNode,
  of: (node: DiskNode) => string,
): string {
  const names = (all: ReadonlyMap<string, DiskNode>): string =>
    [...all]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, node]) => `${name}=${of(node)}`)
      .join(',');
  if (changes.length === 0) return `{${names(entries)}}`;
  const pending = changes.map(
    ({ removed = '', added }) => `-${removed}+${added ? `${added[0]}=${of(added[1])}` : ''}`,
  );
  return `{${names(entries)}|${names(synced)}|${pending.join(',')}}`;
}

// Contents are never changed in place, so each list of chunks is read once.
const numbers = new WeakMap<readonly Uint8Array[], number>();
const interned = new Map<string, number>();
const decoder = new TextDecoder('latin1');

function numberOf(chunks: readonly Uint8Array[]): number {
  const known = numbers.get(chunks);
  if (known !== undefined) return known;
  const text = decoder.decode(joined(chunks));
  const number = interned.get(text) ?? interned.size;
  interned.set(text, number);
  numbers.set(chunks, number);
  return number;
}

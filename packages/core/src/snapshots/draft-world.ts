import { OffstageError } from '../errors.ts';
import type { StorageDirectory } from './directory.ts';
import { PathSet, pathProblem, unsafeEntry } from './entry-path.ts';

/** Everything in a draft, by relative path. */
export interface World {
  /** Sorted. */
  readonly files: readonly string[];
  /** Those below others first. */
  readonly directories: readonly string[];
}

/**
 * Lists a draft.
 *
 * @throws OffstageError `unsafe_entry` naming what is neither a file nor a directory.
 */
export async function lookAround(directory: StorageDirectory, root: string): Promise<World> {
  const files: string[] = [];
  const directories: string[] = [];
  const ahead = [''];
  for (let above = ahead.pop(); above !== undefined; above = ahead.pop()) {
    const listed = await directory.list(above === '' ? root : `${root}/${above}`);
    if (listed === undefined) throw unsafeEntry(above, 'it went away while it was sealed');
    for (const { name, kind } of listed) {
      const path = above === '' ? name : `${above}/${name}`;
      if (kind === 'file') {
        files.push(path);
      } else if (kind === 'directory') {
        directories.push(path);
        ahead.push(path);
      } else if (kind === 'symlink') {
        throw unsafeEntry(path, 'it is a symbolic link: copy what it points at');
      } else {
        throw unsafeEntry(path, 'it is neither a file nor a directory');
      }
    }
  }
  return { files: files.sort(), directories: directories.sort().reverse() };
}

/** That everything has a name that it can have on every system (S3). @throws OffstageError `unsafe_entry` */
export function checkWorld({ files, directories }: World): void {
  const names = new PathSet();
  for (const path of [...directories, ...files]) {
    const problem = pathProblem(path);
    if (problem !== undefined) throw unsafeEntry(path, problem);
  }
  for (const path of files) addTo(names, path);
}

/** That nothing came or went between two looks. @throws OffstageError `unsafe_entry` */
export function assertSameWorld(before: World, now: World): void {
  const added = firstNotIn(now.files, before.files);
  if (added !== undefined) throw unsafeEntry(added, 'it was added while the draft was sealed');
  const gone = firstNotIn(before.files, now.files);
  if (gone !== undefined) throw changedEntry(gone);
  if (now.directories.join('\n') !== before.directories.join('\n')) {
    throw unsafeEntry('', 'directories were added or removed while the draft was sealed');
  }
}

/** Of two sorted lists. */
function firstNotIn(names: readonly string[], others: readonly string[]): string | undefined {
  let index = 0;
  return names.find((name) => {
    while (index < others.length && (others[index] ?? '') < name) index += 1;
    return others[index] !== name;
  });
}

export const changedEntry = (path: string): OffstageError =>
  unsafeEntry(path, 'it changed after it was written or while it was sealed: close it first');

function addTo(names: PathSet, path: string): void {
  try {
    names.add(path);
  } catch (error) {
    const problem = OffstageError.isInstance(error) ? String(error.details.problem) : '';
    throw unsafeEntry(path, problem);
  }
}

import { OffstageError } from '../foundation/errors.ts';
import type { StorageDirectory } from './directory.ts';
import { PathSet, pathProblem, unsafeEntry, wentAway } from './entry-path.ts';

/** Everything in a draft, by relative path. */
export interface DraftContents {
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
export async function lookAround(
  directory: StorageDirectory,
  root: string,
): Promise<DraftContents> {
  const files: string[] = [];
  const directories = await walk(directory, root, (path) => void files.push(path));
  return { files: files.sort(), directories };
}

/**
 * That everything has a name that it can have on every system (S3).
 *
 * @param wasChecked whether a path was found good before, beside all others of which that is so.
 * @throws OffstageError `unsafe_entry`
 */
export function checkContents(
  { files, directories }: DraftContents,
  wasChecked: (path: string) => boolean,
): void {
  const isNew = !files.every(wasChecked);
  for (const path of isNew ? [...directories, ...files] : directories) {
    const problem = pathProblem(path);
    if (problem !== undefined) throw unsafeEntry(path, problem);
  }
  // All names once more would take much memory.
  if (!isNew) return;
  const names = new PathSet();
  for (const path of files) addTo(names, path);
}

/**
 * Lists it once more: nothing came or went since. Keeps none of the names, of which there may be very
 * many.
 *
 * @throws OffstageError `unsafe_entry`
 */
export async function assertSameContents(
  directory: StorageDirectory,
  root: string,
  before: DraftContents,
): Promise<void> {
  const isThere = new Uint8Array(before.files.length);
  let last = -1;
  const directories = await walk(directory, root, (path) => {
    // Most systems list in that order.
    const index = before.files[last + 1] === path ? last + 1 : indexIn(before.files, path);
    if (index === undefined) throw unsafeEntry(path, 'it was added while the draft was sealed');
    isThere[index] = 1;
    last = index;
  });
  const gone = before.files[isThere.indexOf(0)];
  if (gone !== undefined) throw changedEntry(gone);
  const there = new Set(directories);
  const known = new Set(before.directories);
  const moved =
    directories.find((path) => !known.has(path)) ??
    before.directories.find((path) => !there.has(path));
  if (moved !== undefined) throw unsafeEntry(moved, 'it was added or removed while it was sealed');
}

/** Tells of each file, and returns the directories, those below others first. */
async function walk(
  directory: StorageDirectory,
  root: string,
  onFile: (path: string) => void,
): Promise<readonly string[]> {
  const directories: string[] = [];
  const ahead = [''];
  for (let above = ahead.pop(); above !== undefined; above = ahead.pop()) {
    const listed = await directory.list(above === '' ? root : `${root}/${above}`);
    if (listed === undefined && above === '') throw draftGone();
    if (listed === undefined) throw wentAway(above);
    for (const { name, kind } of listed) {
      // Joined, the path is one string; a template would keep its parts as well.
      const path = above === '' ? name : [above, name].join('/');
      if (kind === 'file') {
        onFile(path);
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
  return directories.sort().reverse();
}

/** In a sorted list. */
function indexIn(names: readonly string[], name: string): number | undefined {
  let from = 0;
  let to = names.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((names[middle] ?? '') < name) from = middle + 1;
    else to = middle;
  }
  return names[from] === name ? from : undefined;
}

export const changedEntry = (path: string): OffstageError =>
  unsafeEntry(path, 'it changed after it was written or while it was sealed: close it first');

/** Whoever takes a whole draft away takes its writer's place, as who takes the lock file does. */
const draftGone = (): OffstageError =>
  new OffstageError(
    'fenced',
    'The folder of the draft was removed while this writer worked, so that nothing of it is left to publish: begin again.',
  );

function addTo(names: PathSet, path: string): void {
  try {
    names.add(path);
  } catch (error) {
    const problem = OffstageError.isInstance(error) ? String(error.details.problem) : '';
    throw unsafeEntry(path, problem);
  }
}

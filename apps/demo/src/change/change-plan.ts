import type { FileRow } from '../search/search-index.ts';
import type { StagedFile } from './change-work.ts';

/** A file that is to be read, under the name that it will have. */
export interface PlannedFile {
  readonly staged: StagedFile;
  readonly name: string;
  /** A document of that name goes. */
  readonly replaces: boolean;
}

export interface ChangePlan {
  readonly files: readonly PlannedFile[];
  /** Uploads whose content the corpus has, or an earlier upload of the same change. */
  readonly duplicates: readonly StagedFile[];
  /** Rows of the base that are removed because somebody asked for it. */
  readonly removed: readonly FileRow[];
  /** Rows of the base that could not be read, and are read again because somebody asked for it. */
  readonly retried: readonly FileRow[];
}

export interface AskedChange {
  readonly add: readonly StagedFile[];
  /** Ids of documents, as in `retry`. */
  readonly remove?: readonly string[];
  readonly retry?: readonly string[];
}

/**
 * Decides what a change does, file by file:
 *
 * - A name that the corpus has, with the same content: a duplicate. With another content, or where the
 *   file failed before: it replaces the one that is there.
 * - A new name with a content that stays in the corpus, or that came earlier in the same change: a
 *   duplicate.
 * - Two files of one name and different contents in the same change: both are kept, the second one as
 *   `name (2).md`.
 *
 * So names and contents are unique in a corpus, and dropping a folder once more changes what has changed.
 */
export function planChange(
  base: readonly FileRow[],
  { add, remove = [], retry = [] }: AskedChange,
): ChangePlan {
  const asked = new Set(remove);
  const removed = base.filter((row) => asked.has(documentIdOf(row)));
  const gone = new Set(removed.map(({ path }) => path));
  const byName = new Map<string, FileRow>();
  for (const row of base) if (!gone.has(row.path)) byName.set(row.path, row);

  // A file that takes a document's place takes its content away, whatever the order of the files; where
  // one of several files of that name is what is there already, the document stays.
  const sent = new Map<string, StagedFile[]>();
  for (const file of add) {
    const same = sent.get(file.name);
    if (same === undefined) sent.set(file.name, [file]);
    else same.push(file);
  }
  const leaving = new Set<string>();
  for (const [name, files] of sent) {
    const row = byName.get(name);
    if (row !== undefined && !files.some((file) => isSame(row, file))) leaving.add(name);
  }
  const contents = new Set<string>();
  for (const row of byName.values()) {
    if (row.indexed && row.sha256 !== null && !leaving.has(row.path)) contents.add(row.sha256);
  }

  const taken = new Set(byName.keys());
  const files: PlannedFile[] = [];
  const duplicates: StagedFile[] = [];
  for (const staged of add) {
    const replaces = leaving.delete(staged.name);
    if (!replaces && contents.has(staged.sha256)) {
      duplicates.push(staged);
      continue;
    }
    const isFree = replaces || !taken.has(staged.name);
    // A number must not make the name of another file of this change either.
    const name = isFree
      ? staged.name
      : numbered(staged.name, (other) => taken.has(other) || sent.has(other));
    taken.add(name);
    contents.add(staged.sha256);
    files.push({ staged, name, replaces });
  }
  const again = new Set(retry);
  const replaced = new Set(files.flatMap(({ name, replaces }) => (replaces ? [name] : [])));
  const retried = base.filter(
    (row) =>
      !row.indexed &&
      again.has(documentIdOf(row)) &&
      !gone.has(row.path) &&
      !replaced.has(row.path),
  );
  return { files, duplicates, removed, retried };
}

const isSame = (row: FileRow, file: StagedFile): boolean =>
  row.indexed && row.sha256 === file.sha256;

/** What pages call a document. Those of a folder that was ingested in a terminal have no id of their own. */
export const documentIdOf = ({
  document,
  path,
}: {
  readonly document: string | null;
  readonly path: string;
}): string => document ?? `path:${path}`;

/** The name with the first number behind it that is free. */
export function numbered(name: string, isTaken: (name: string) => boolean): string {
  const dot = name.lastIndexOf('.');
  const hasExtension = dot > name.lastIndexOf('/') + 1;
  const [stem, extension] = hasExtension ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let number = 2; ; number += 1) {
    const candidate = `${stem} (${number})${extension}`;
    if (!isTaken(candidate)) return candidate;
  }
}

import { PublicError } from '@offstage/core';
import { countOutdated, openIndex } from '../search/search-index.ts';
import { corpusSettings } from '../search/settings.ts';
import { type Collection, collect, readFound } from './collect.ts';
import { type CorpusMetadata, configHash } from './corpus-metadata.ts';

/** How the folder and the settings differ from what a version was made of (D4). */
export interface Staleness {
  readonly stale: boolean;
  readonly settingsChanged: boolean;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Files that were read by former versions of their readers. */
  readonly outdated: number;
  /** The folder cannot be listed now; it may be gone. Counts are then 0. */
  readonly folderMissing: boolean;
}

/**
 * Compares a version with the folder it was made of. Contents are read only where a file's time is
 * another than it was: a copy or a checkout of the same documents is not stale.
 *
 * @param indexPath The version's index.
 */
export function staleness(
  metadata: CorpusMetadata,
  indexPath: string,
  options: { readonly dataFolder?: string; readonly maxFileBytes?: number } = {},
): Staleness {
  const { dataFolder, maxFileBytes = 64 * 1024 * 1024 } = options;
  const passageLength =
    dataFolder === undefined ? undefined : corpusSettings(dataFolder).passageLength;
  const settingsChanged = metadata.configHash !== configHash(passageLength);
  const outdated = outdatedIn(indexPath);
  const none = { settingsChanged, added: 0, changed: 0, removed: 0, outdated };
  // Made of uploads, which it keeps itself.
  if (metadata.source === null) {
    return { ...none, stale: settingsChanged || outdated > 0, folderMissing: false };
  }
  const found = tryCollect(metadata.source, dataFolder);
  if (found === undefined) return { ...none, stale: true, folderMissing: true };

  const known = knownFiles(indexPath);
  let added = 0;
  let changed = 0;
  const note = (path: string, isSame: (before: KnownFile) => boolean): void => {
    const before = known.get(path);
    known.delete(path);
    if (before === undefined) added += 1;
    else if (!isSame(before)) changed += 1;
  };
  for (const file of found.files) {
    note(file.path, (before) => {
      const now = readFound(file, maxFileBytes, { unlessModifiedAt: before.modifiedAt });
      if ('unchanged' in now) return true;
      return ('failure' in now ? null : now.sha256) === before.sha256;
    });
  }
  for (const { path } of found.refused) note(path, ({ sha256 }) => sha256 === null);
  const removed = known.size;
  const stale = settingsChanged || added + changed + removed + outdated > 0;
  return { stale, settingsChanged, added, changed, removed, outdated, folderMissing: false };
}

function outdatedIn(indexPath: string): number {
  using database = openIndex(indexPath);
  return countOutdated(database).all;
}

interface KnownFile {
  readonly sha256: string | null;
  readonly modifiedAt: number | null;
}

/** Those of the folder: what was uploaded is in the version itself. */
function knownFiles(indexPath: string): Map<string, KnownFile> {
  using database = openIndex(indexPath);
  const known = new Map<string, KnownFile>();
  for (const row of database
    .prepare('SELECT path, sha256, modified_at FROM files WHERE document IS NULL')
    .iterate()) {
    known.set(String(row.path), {
      sha256: row.sha256 === null ? null : String(row.sha256),
      modifiedAt: row.modified_at === null ? null : Number(row.modified_at),
    });
  }
  return known;
}

function tryCollect(folder: string, except: string | undefined): Collection | undefined {
  try {
    return collect(folder, { except });
  } catch (error) {
    if (PublicError.isInstance(error)) return undefined;
    throw error;
  }
}

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  OffstageError,
  type SnapshotStorage,
  SnapshotStore,
  type StandardSchema,
  type Version,
  type VersionSummary,
} from '@offstage/core';
import { nodeStorage } from '../node-storage.ts';
import { errnoOf, missing } from '../posix.ts';
import { storageError } from '../storage-error.ts';

/** A folder with snapshots of which only the layout is known. */
export interface SnapshotFolder {
  /** Absolute. */
  readonly folder: string;
  readonly storage: SnapshotStorage;
  readonly store: SnapshotStore<typeof anyMetadata>;
}

/** Whatever the application's schema is, what it stored is shown as it is. */
const anyMetadata: StandardSchema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'offstage', validate: (value) => ({ value }) },
};

/**
 * Creates nothing.
 *
 * @throws OffstageError `not_found` when there is no such folder; `storage_denied`.
 */
export async function openFolder(path: string): Promise<SnapshotFolder> {
  const folder = resolve(path);
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(folder)).isDirectory();
  } catch (error) {
    if (!missing.includes(errnoOf(error) ?? '')) throw storageError(error, `look at ${folder}`);
    throw new OffstageError('not_found', `There is no folder ${folder}.`);
  }
  if (!isDirectory) throw new OffstageError('not_found', `${folder} is no folder.`);
  const storage = nodeStorage(folder);
  // How many versions an application keeps is its own affair: nothing here removes any, unless it is
  // asked to by name.
  const retain = Number.MAX_SAFE_INTEGER;
  return {
    folder,
    storage,
    store: new SnapshotStore({ storage, metadata: anyMetadata, retain }),
  };
}

/**
 * All versions that are kept, newest first.
 *
 * @throws OffstageError `not_found` when no store was ever initialised there; `corrupt`.
 */
export async function listVersions({
  folder,
  storage,
  store,
}: SnapshotFolder): Promise<readonly VersionSummary[]> {
  const versions = await store.list();
  if (versions.length > 0 || (await storage.readCurrent()) !== undefined) return versions;
  throw new OffstageError(
    'not_found',
    `${folder} holds no snapshots. Name the folder that the application gave to nodeStorage().`,
  );
}

/** @throws OffstageError `not_found` */
export function findVersion(
  { folder }: SnapshotFolder,
  versions: readonly VersionSummary[],
  gen: number | undefined,
): VersionSummary {
  const found = gen === undefined ? versions[0] : versions.find((known) => known.gen === gen);
  if (found !== undefined) return found;
  throw new OffstageError(
    'not_found',
    gen === undefined
      ? `Nothing was published in ${folder} yet.`
      : `${folder} keeps no version of generation ${gen}. Those that it keeps are in: offstage-snapshots <dir> list`,
    gen === undefined ? {} : { details: { gen } },
  );
}

/** Under a lease where one is to be had: no writer can be at work on this machine where none is. */
export async function openToRead({ store }: SnapshotFolder, gen: number): Promise<Version> {
  try {
    return await store.open(gen, { verify: 'off' });
  } catch (error) {
    if (!OffstageError.isInstance(error) || error.code !== 'lock_unsupported') throw error;
    return store.open(gen, { verify: 'off', lease: false });
  }
}

/** The generation that a content was published as: another one than its own after a rollback. */
export const contentGen = ({ content }: VersionSummary): number => Number.parseInt(content, 10);

/** Where the files of a version are. */
export const versionPath = ({ storage }: SnapshotFolder, { content }: VersionSummary): string =>
  dirname(manifestPath(storage, content));

/**
 * Which contents somebody reads right now, by their leases. `undefined` where that cannot be told:
 * without write access, as a lease shows by a lock that it refuses, and where there are no locks.
 */
export async function leaseStates(
  { storage }: SnapshotFolder,
  versions: readonly VersionSummary[],
): Promise<(version: VersionSummary) => boolean | undefined> {
  const contents = [...new Set(versions.map(({ content }) => content))];
  const known = new Set<string>();
  for (const content of contents) {
    const writable = await access(manifestPath(storage, content), constants.W_OK).then(
      () => true,
      () => false,
    );
    if (writable) known.add(content);
  }
  try {
    const leased = await storage.leased([...known]);
    return ({ content }) => (known.has(content) ? leased.has(content) : undefined);
  } catch (error) {
    if (!OffstageError.isInstance(error) || error.code !== 'lock_unsupported') throw error;
    return () => undefined;
  }
}

export interface ContentSize {
  readonly files: number;
  readonly bytes: number;
}

/**
 * What a version's manifest says of its size, or `undefined` when that cannot be read. Compares no
 * digest: that is for `verify`.
 */
export async function contentSize(
  { storage }: SnapshotFolder,
  { content }: VersionSummary,
): Promise<ContentSize | undefined> {
  try {
    const stored = await storage.readManifest(content);
    if (stored === undefined) return undefined;
    const manifest: unknown = JSON.parse(new TextDecoder().decode(stored));
    const entries: unknown = Reflect.get(Object(manifest), 'entries');
    return Array.isArray(entries) ? sizeOf(entries) : undefined;
  } catch {
    return undefined;
  }
}

export function sizeOf(entries: ReadonlyArray<{ readonly bytes?: unknown }>): ContentSize {
  let bytes = 0;
  for (const entry of entries) bytes += Number(entry.bytes) || 0;
  return { files: entries.length, bytes };
}

const manifestPath = (storage: SnapshotStorage, content: string): string =>
  storage.nativePath(content, 'manifest.json');

import { OffstageError } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { asyncDispose } from './async-dispose.ts';
import { nameOf, type VersionRef } from './current.ts';
import { manifestName } from './layout.ts';
import { readPointer } from './recovery.ts';
import type { SnapshotStorage } from './storage.ts';
import { Version, type VersionReport } from './version.ts';

/** What a scrub found. */
export interface ScrubReport {
  /** No version has a problem. */
  readonly ok: boolean;
  /**
   * Newest first. A manifest that is damaged, and a version that cannot be read, are a problem of the path
   * `manifest.json`.
   */
  readonly versions: readonly VersionReport[];
}

interface ScrubOptions {
  readonly signal?: AbortSignal | undefined;
  readonly lease?: boolean | undefined;
}

/** Compares every file of every version that is kept with its digest (S14). */
export async function scrub(
  storage: SnapshotStorage,
  { signal, lease = true }: ScrubOptions,
): Promise<ScrubReport> {
  const pointer = await readPointer(storage);
  const seen = new Set<string>();
  const versions: VersionReport[] = [];
  for (const ref of pointer?.versions ?? []) {
    signal?.throwIfAborted();
    // After a rollback two commits share their content.
    if (seen.has(ref.content)) continue;
    seen.add(ref.content);
    const report = await scrubVersion(storage, ref, { signal, lease });
    if (report !== undefined) versions.push(report);
  }
  return { ok: versions.every(({ problems }) => problems.length === 0), versions };
}

/** `undefined` when a writer has removed the version meanwhile. */
async function scrubVersion(
  storage: SnapshotStorage,
  ref: VersionRef,
  { signal, lease }: ScrubOptions & { readonly lease: boolean },
): Promise<VersionReport | undefined> {
  const damaged = (problem: string): VersionReport => ({
    version: nameOf(ref),
    gen: ref.gen,
    files: 0,
    bytes: 0,
    problems: [{ path: manifestName, problem }],
  });
  const isNamed = async (): Promise<boolean> => {
    const pointer = await readPointer(storage);
    return pointer?.versions.some(({ content }) => content === ref.content) ?? false;
  };
  const problemOf = (error: unknown): VersionReport => {
    if (!OffstageError.isInstance(error)) throw error;
    const { code, message } = error;
    if (code === 'corrupt') return damaged('is damaged');
    // Of this version alone: the others are looked at all the same.
    const isUnreadable = code === 'storage_denied' || code === 'storage_failed';
    if (isUnreadable) return damaged(`cannot be read: ${message}`);
    throw error;
  };
  let version: Version | undefined;
  try {
    version = await Version.load(storage, anyMetadata, ref, { verify: 'off', lease });
  } catch (error) {
    return problemOf(error);
  }
  if (version === undefined) return (await isNamed()) ? damaged('is missing') : undefined;
  try {
    return (await isNamed()) ? await version.verify({ signal }).catch(problemOf) : undefined;
  } finally {
    await version[asyncDispose]();
  }
}

// A scrub compares bytes; whether a schema still takes the metadata is for those who open them.
const anyMetadata: StandardSchema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'offstage', validate: (value) => ({ value }) },
};

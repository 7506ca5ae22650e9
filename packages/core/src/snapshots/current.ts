import { OffstageError } from '../foundation/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { layoutFormat, parseName, versionName } from './layout.ts';
import { digestOf } from './manifest.ts';
import { repairAdvice } from './repair-advice.ts';
import type { Hasher } from './storage.ts';
import { isCount, isObject, isSha256, parseStored, type StoredObject } from './stored-json.ts';

/** One commit, by what it published. */
export interface VersionRef {
  /** Counts commits: 1, 2, 3 … A rollback has one of its own. */
  readonly gen: number;
  readonly id: string;
  /**
   * The name of the directory with the content: `<gen>-<id>` of this commit, or of the older one
   * that it rolled back to.
   */
  readonly content: string;
  readonly manifestSha256: string;
  /** When it was committed, in milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** What it was published under, if under anything: no other is published under the same. */
  readonly key?: string | undefined;
}

/** What CURRENT says: which version is current, and which older ones are kept. */
export interface CurrentPointer {
  /** 0 in a store that was initialised and in which nothing was published yet. */
  readonly gen: number;
  /** Tells this replacement of CURRENT from every other. */
  readonly commitId: string;
  /** Newest first. The first one is current; empty only while `gen` is 0. */
  readonly versions: readonly VersionRef[];
}

export const emptyPointer = (commitId: string): CurrentPointer => ({
  gen: 0,
  commitId,
  versions: [],
});

export async function encodeCurrent(
  pointer: CurrentPointer,
  storage: { createHash(): Hasher },
): Promise<Uint8Array> {
  const [current = null, ...retained] = pointer.versions;
  const { gen, commitId } = pointer;
  const body = { format: layoutFormat, gen, commitId, current, retained };
  const checksum = await digestOf(utf8(canonicalJson(body)), storage);
  return utf8(`${canonicalJson({ ...body, checksum })}\n`);
}

/** @throws OffstageError `corrupt`, or `unsupported_format` when a newer release wrote it. */
export async function decodeCurrent(
  bytes: Uint8Array,
  storage: { createHash(): Hasher; readonly label: string },
): Promise<CurrentPointer> {
  const { checksum, ...body } = parseCurrent(bytes, storage.label);
  if (!isStoredPointer(body)) throw brokenCurrent(storage.label);
  const { gen, commitId, current, retained } = body;
  const versions = current === null ? [] : [current, ...retained];
  const ordered = versions.every((ref, index) => ref.gen < (versions[index - 1]?.gen ?? Infinity));
  const whole =
    ordered &&
    gen === (current?.gen ?? 0) &&
    (current !== null || retained.length === 0) &&
    checksum === (await digestOf(utf8(canonicalJson(body)), storage));
  if (!whole) throw brokenCurrent(storage.label);
  return { gen, commitId, versions };
}

/** The name that people and `finalize` use for a commit. */
export const nameOf = (ref: VersionRef): string => versionName(ref.gen, ref.id);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

interface StoredPointer {
  readonly format: number;
  readonly gen: number;
  readonly commitId: string;
  readonly current: VersionRef | null;
  readonly retained: readonly VersionRef[];
}

function isStoredPointer(value: unknown): value is StoredPointer {
  return (
    isObject(value) &&
    value.format === layoutFormat &&
    isCount(value.gen) &&
    typeof value.commitId === 'string' &&
    (value.current === null || isRef(value.current)) &&
    Array.isArray(value.retained) &&
    value.retained.every(isRef)
  );
}

function isRef(value: unknown): value is VersionRef {
  return (
    isObject(value) &&
    isCount(value.gen) &&
    value.gen > 0 &&
    typeof value.id === 'string' &&
    typeof value.content === 'string' &&
    parseName(value.content)?.kind === 'version' &&
    isSha256(value.manifestSha256) &&
    isCount(value.createdAt) &&
    (value.key === undefined || typeof value.key === 'string')
  );
}

function parseCurrent(bytes: Uint8Array, label: string): StoredObject {
  try {
    return parseStored(bytes, `CURRENT of ${label}`);
  } catch (error) {
    if (OffstageError.isInstance(error) && error.code === 'corrupt') {
      throw brokenCurrent(label, error);
    }
    throw error;
  }
}

const brokenCurrent = (label: string, cause?: unknown): OffstageError =>
  new OffstageError('corrupt', `CURRENT of ${label} is damaged. ${repairAdvice}`, {
    cause,
    details: { reason: 'broken' },
  });

import * as z from 'zod/mini';
import { OffstageError } from '../errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { layoutFormat, parseName, versionName } from './layout.ts';
import { countSchema, digestOf, parseStored, sha256Schema } from './manifest.ts';
import type { Hasher } from './storage.ts';

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

const contentSchema = z
  .string()
  .check(z.refine((name: string) => parseName(name)?.kind === 'version'));

const refSchema = z.object({
  gen: z.int().check(z.positive()),
  id: z.string(),
  content: contentSchema,
  manifestSha256: sha256Schema,
  createdAt: countSchema,
});

const currentSchema = z.object({
  format: z.literal(layoutFormat),
  gen: countSchema,
  commitId: z.string(),
  current: z.nullable(refSchema),
  retained: z.array(refSchema),
  checksum: sha256Schema,
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
  const value = parseStored(bytes, `CURRENT of ${storage.label}`);
  const parsed = currentSchema.safeParse(value);
  if (!parsed.success) throw brokenCurrent(storage.label, parsed.error);
  const { checksum, ...body } = parsed.data;
  const { gen, commitId, current, retained } = body;
  const versions = current === null ? [] : [current, ...retained];
  const ordered = versions.every((ref, index) => ref.gen < (versions[index - 1]?.gen ?? Infinity));
  const whole =
    ordered &&
    gen === (current?.gen ?? 0) &&
    (current !== null || retained.length === 0) &&
    checksum === (await digestOf(utf8(canonicalJson(body)), storage));
  if (!whole) throw brokenCurrent(storage.label, undefined);
  return { gen, commitId, versions };
}

/** The name that people and `finalize` use for a commit. */
export const nameOf = (ref: VersionRef): string => versionName(ref.gen, ref.id);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const brokenCurrent = (label: string, cause: unknown): OffstageError =>
  new OffstageError(
    'corrupt',
    `CURRENT of ${label} is damaged. Nothing was changed or deleted: restore CURRENT from a copy.`,
    { cause, details: { reason: 'broken' } },
  );

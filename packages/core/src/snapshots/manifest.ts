import * as z from 'zod/mini';
import { OffstageError } from '../errors.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { layoutFormat } from './layout.ts';
import type { Hasher } from './storage.ts';

/** One file of a version. */
export interface ManifestEntry {
  /** Relative, POSIX (S3). */
  readonly path: string;
  readonly bytes: number;
  /** 64 hexadecimal digits in lower case. */
  readonly sha256: string;
  readonly mediaType?: string | undefined;
}

/** What a version consists of, as stored in its `manifest.json`. Immutable. */
export interface Manifest {
  readonly format: number;
  /** The generation that the content was published as; a later rollback to it does not change it. */
  readonly gen: number;
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** As it was given to `finalize`, before the schema's defaults and transforms. */
  readonly metadata: Json;
  /** Sorted by path, by code unit. */
  readonly entries: readonly ManifestEntry[];
}

export const sha256Schema = z.string().check(z.regex(/^[0-9a-f]{64}$/));
export const countSchema = z.int().check(z.nonnegative());

const manifestSchema = z.object({
  format: z.literal(layoutFormat),
  gen: countSchema,
  id: z.string(),
  createdAt: countSchema,
  metadata: z.json(),
  entries: z.array(
    z.object({
      path: z.string(),
      bytes: countSchema,
      sha256: sha256Schema,
      mediaType: z.optional(z.string()),
    }),
  ),
});

/** The canonical form: one manifest, one sequence of bytes. */
export const encodeManifest = (manifest: Manifest): Uint8Array =>
  new TextEncoder().encode(`${canonicalJson(manifest, 'manifest')}\n`);

/**
 * Reads what `encodeManifest` wrote, once its digest was found right.
 *
 * @throws OffstageError `corrupt`, or `unsupported_format` when a newer release wrote it.
 */
export function decodeManifest(bytes: Uint8Array, version: string): Manifest {
  const value = parseStored(bytes, `The manifest of version ${version}`);
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OffstageError('corrupt', `The manifest of version ${version} is not one.`, {
    cause: parsed.error,
    details: { version },
  });
}

/** JSON with a `format` that this release knows. `what` begins the message. */
export function parseStored(bytes: Uint8Array, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OffstageError('corrupt', `${what} cannot be read: it is no JSON.`, { cause });
  }
  const format: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'format') : undefined;
  if (typeof format === 'number' && format > layoutFormat) {
    throw new OffstageError(
      'unsupported_format',
      `${what} has format ${format}, and this release reads up to ${layoutFormat}: use a newer release.`,
      { details: { format } },
    );
  }
  return value;
}

export function digestOf(bytes: Uint8Array, storage: { createHash(): Hasher }): Promise<string> {
  const hasher = storage.createHash();
  hasher.update(bytes);
  return hasher.digest();
}

import { OffstageError } from '../foundation/errors.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { layoutFormat } from './layout.ts';
import type { Hasher } from './storage.ts';
import { isCount, isObject, isSha256, parseStored } from './stored-json.ts';

/** One file of a version. */
export interface ManifestEntry {
  /** Relative, POSIX. */
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
  /** What it was published under, if under anything. */
  readonly key?: string | undefined;
  /** As it was given to `finalize`, before the schema's defaults and transforms. */
  readonly metadata: Json;
  /** Sorted by path, by code unit. */
  readonly entries: readonly ManifestEntry[];
}

/**
 * The canonical form, in pieces: one manifest, one sequence of bytes. The entries are written by hand
 * and in portions, as there may be very many.
 */
export function* encodeManifest(manifest: Manifest): Generator<Uint8Array, void, undefined> {
  const { entries } = manifest;
  const frame = canonicalJson({ ...manifest, entries: [] }, 'manifest');
  // The first key is `createdAt`, a number, so that this is the manifest's own and nothing of metadata.
  const [head = '', ...rest] = frame.split('"entries":[]');
  const encoder = new TextEncoder();
  let text = `${head}"entries":[`;
  for (let from = 0; from < entries.length; from += portionEntries) {
    if (from > 0) {
      yield encoder.encode(text);
      text = ',';
    }
    text += entries
      .slice(from, from + portionEntries)
      .map(encodeEntry)
      .join(',');
  }
  yield encoder.encode(`${text}]${rest.join('"entries":[]')}\n`);
}

const portionEntries = 256;

function encodeEntry({ path, bytes, sha256, mediaType }: ManifestEntry): string {
  const media = mediaType === undefined ? '' : `"mediaType":${JSON.stringify(mediaType)},`;
  return `{"bytes":${bytes},${media}"path":${JSON.stringify(path)},"sha256":"${sha256}"}`;
}

/**
 * Reads what `encodeManifest` wrote, once its digest was found right.
 *
 * @throws OffstageError `corrupt`, or `unsupported_format` when a newer release wrote it.
 */
export function decodeManifest(bytes: Uint8Array, version: string): Manifest {
  const value = parseStored(bytes, `The manifest of version ${version}`);
  if (isManifest(value)) return value;
  throw new OffstageError('corrupt', `The manifest of version ${version} is not one.`, {
    details: { version },
  });
}

// JSON.parse gave it, so its metadata are JSON.
function isManifest(value: unknown): value is Manifest {
  return (
    isObject(value) &&
    value.format === layoutFormat &&
    isCount(value.gen) &&
    typeof value.id === 'string' &&
    isCount(value.createdAt) &&
    (value.key === undefined || typeof value.key === 'string') &&
    value.metadata !== undefined &&
    Array.isArray(value.entries) &&
    value.entries.every(isEntry)
  );
}

function isEntry(value: unknown): value is ManifestEntry {
  return (
    isObject(value) &&
    typeof value.path === 'string' &&
    isCount(value.bytes) &&
    isSha256(value.sha256) &&
    (value.mediaType === undefined || typeof value.mediaType === 'string')
  );
}

export function digestOf(bytes: Uint8Array, storage: { createHash(): Hasher }): Promise<string> {
  const hasher = storage.createHash();
  hasher.update(bytes);
  return hasher.digest();
}

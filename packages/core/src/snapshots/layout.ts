/**
 * Every name on disk and its parser. Nothing else in the library spells one.
 *
 * ```
 * <root>/
 *   LOCK            never removed; an OS lock on it is the one writer. Holds the highest generation that
 *                   was ever current, so that an older CURRENT that was put back is told
 *   CURRENT         the pointer; replaced whole, and replacing it is the commit point
 *   CURRENT.tmp     the next pointer, on its way
 *   _tmp-<id>/      a draft
 *   <gen>-<id>/     a version: manifest.json and its payload; readers hold a shared OS lock on the
 *                   manifest, which keeps the version from being removed
 *   _del-<id>/      a version on its way out
 * ```
 *
 * What does not parse is not ours, and is left alone (S16).
 */
export const lockName = 'LOCK';
export const currentName = 'CURRENT';
export const currentTempName = 'CURRENT.tmp';
export const manifestName = 'manifest.json';

const notedGenPattern = /^(\d{16}) (\d{16})\n$/;

/** The content of LOCK: twice the same number, so that one that was torn is told. */
export function encodeRecordedGen(gen: number): Uint8Array {
  const text = String(gen).padStart(16, '0');
  return new TextEncoder().encode(`${text} ${text}\n`);
}

/** `undefined` when it holds none, as a new one does. */
export function decodeRecordedGen(content: Uint8Array): number | undefined {
  const [, first, second] = notedGenPattern.exec(new TextDecoder().decode(content)) ?? [];
  return first !== undefined && first === second ? Number(first) : undefined;
}

/** The format of CURRENT and of manifests that this code writes, and the newest that it reads. */
export const layoutFormat = 1;

export type LayoutName =
  | { readonly kind: 'draft'; readonly id: string }
  | { readonly kind: 'version'; readonly gen: number; readonly id: string }
  | { readonly kind: 'doomed'; readonly id: string };

export const draftName = (id: string): string => `_tmp-${id}`;
export const doomedName = (id: string): string => `_del-${id}`;
export const versionName = (gen: number, id: string): string => `${gen}-${id}`;

/** Ids are 16 characters that no file system folds into one another; 80 bits. */
export const idPattern = /^[0-9a-hjkmnp-tv-z]{16}$/;

const named = /^(_tmp|_del|[1-9]\d{0,14})-([0-9a-hjkmnp-tv-z]{16})$/;

/** What a directory of that name in the root is, or `undefined` when it is none of ours. */
export function parseName(name: string): LayoutName | undefined {
  const match = named.exec(name);
  const [, kind, id] = match ?? [];
  if (kind === undefined || id === undefined) return undefined;
  if (kind === '_tmp') return { kind: 'draft', id };
  if (kind === '_del') return { kind: 'doomed', id };
  return { kind: 'version', gen: Number(kind), id };
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A fresh, unguessable id. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => alphabet.charAt(byte & 31)).join('');
}

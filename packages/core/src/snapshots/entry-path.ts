import { textOf } from '../foundation/bounded-text.ts';
import { OffstageError } from '../foundation/errors.ts';
import { manifestName } from './layout.ts';

/** In bytes of UTF-8: one part of a path, and all of it (S3). */
export const maxPartBytes = 200;
export const maxPathBytes = 1000;

/**
 * What is wrong with `path` as the name of a payload file, or `undefined` when it is fine on every
 * system that we know: relative, POSIX, and not a name that means something else somewhere (S3).
 */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'it is no string';
  if (path.length <= maxPartBytes && plain.test(path) && !maySpecial.test(path)) return undefined;
  if (path === '') return 'it is empty';
  if (!path.isWellFormed()) return 'it is not well-formed Unicode';
  if (path.includes('\0')) return 'it contains NUL';
  if (path.includes('\\')) return 'it contains a backslash: separate parts by "/"';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[a-z]:/iu.test(path)) return 'it begins with a drive';
  if (isLonger(path, maxPathBytes)) return `it is longer than ${maxPathBytes} bytes`;
  const parts = path.split('/');
  for (const part of parts) {
    const problem = partProblem(part);
    if (problem !== undefined) return problem;
  }
  if (foldPart(parts[0] ?? '') === foldPart(manifestName)) {
    return `"${manifestName}" is the name of the manifest`;
  }
  return undefined;
}

/** @throws OffstageError `invalid_path` (S3). */
export function checkPath(path: string): string {
  const problem = pathProblem(path);
  if (problem === undefined) return path;
  throw invalidPath(path, problem);
}

/** The names of a draft so far, and which of them would be one name on some file system (S3). */
export class PathSet {
  // The path of each file, and of each directory above one with a "/" at its end, by its folded path.
  // Strings alone, as there may be very many.
  readonly #names = new Map<string, string>();
  /** The directory that a file was added to last, with all above it; most files follow others there. */
  #lastAbove = '';

  /** Whether the very path was added as a file. */
  has(path: string): boolean {
    return this.#names.get(foldPath(path)) === path;
  }

  /** @throws OffstageError `invalid_path` when the path collides with another one. */
  add(path: string): void {
    const last = path.slice(0, path.lastIndexOf('/') + 1);
    const above = last === this.#lastAbove ? [] : parentsOf(path);
    for (const directory of above) this.#check(path, `${directory}/`);
    this.#check(path, path);
    for (const directory of above) this.#names.set(foldPath(directory), `${directory}/`);
    this.#names.set(foldPath(path), path);
    this.#lastAbove = last;
  }

  /** Takes a file back; the directories above it stay. */
  delete(path: string): void {
    this.#names.delete(foldPath(path));
  }

  clear(): void {
    this.#names.clear();
    this.#lastAbove = '';
  }

  #check(path: string, named: string): void {
    const name = withoutSlash(named);
    const known = this.#names.get(foldPath(name));
    if (known === undefined || known === named) return;
    throw invalidPath(
      path,
      withoutSlash(known) === name
        ? `"${name}" is a ${known === name ? 'file' : 'directory'} already`
        : `"${name}" and "${withoutSlash(known)}" are one name where case or Unicode form do not count`,
    );
  }
}

/** The directories above a path, the outermost first. */
export function parentsOf(path: string): readonly string[] {
  if (!path.includes('/')) return [];
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

const withoutSlash = (name: string): string => (name.endsWith('/') ? name.slice(0, -1) : name);

export const invalidPath = (path: unknown, problem: string): OffstageError =>
  new OffstageError('invalid_path', `The path ${quote(path)} cannot be used: ${problem}.`, {
    details: { path, problem },
  });

/** What stands in a draft and cannot be published (S6). */
export const unsafeEntry = (path: string, problem: string): OffstageError =>
  new OffstageError('unsafe_entry', `${quote(path)} cannot be published: ${problem}.`, {
    details: { path, problem },
  });

/** What was listed a moment ago and is not to be had by the name that it was listed under. */
export const wentAway = (path: string): OffstageError =>
  unsafeEntry(
    path,
    // What cannot be decoded is listed so, and nothing is found under that.
    path.includes('\ufffd')
      ? 'its name is no valid UTF-8, or it went away while it was sealed: give it another name'
      : 'it went away while it was sealed',
  );

// Windows opens devices by these names in every directory, with any extension and case, and takes
// the superscript digits for digits.
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])$/iu;

// White space of all scripts, controls, and what parts or directs text without being seen. An emoji may
// end in a variation selector, and some scripts in a joiner.
const invisibleEnd =
  /[\p{White_Space}\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]$/u;

function partProblem(part: string): string | undefined {
  if (part === '') return 'it has an empty part';
  if (part === '..') return 'it contains ".."';
  if (/^\.+$/u.test(part)) return 'it has a part of dots alone';
  // Windows drops them, and whoever reads the name does not see them.
  if (/\.$/u.test(part)) return 'a part ends in a dot';
  if (invisibleEnd.test(part)) return 'a part is blank or ends in a blank';
  if (part.includes(':')) return 'it contains a colon, which names a stream of a file on Windows';
  if (isLonger(part, maxPartBytes)) return `a part is longer than ${maxPartBytes} bytes`;
  const stem = part.split(/[.:]/u)[0]?.trimEnd() ?? '';
  if (device.test(stem)) return `"${part}" is the name of a device`;
  return undefined;
}

// What most names are, and nothing can be wrong with, but for the names of devices and the manifest.
// There may be very many, and each is looked at twice.
const plain = /^[a-z0-9_-]+(?:[./][a-z0-9_-]+)*$/i;
const maySpecial = /^manifest|(?:^|\/)(?:con|prn|aux|nul|com|lpt)/i;

// The case foldings and normal forms of APFS, NTFS, HFS+ and ext4 with casefold, together; Windows
// also drops dots and spaces at the end. HFS+ and ext4 pass over what has no width, and a capital sharp s
// folds in two steps: to the small one, and that to "ss".
const foldPart = (part: string): string =>
  part
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFC')
    .toUpperCase()
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
    .replace(/[. ]+$/u, '');

// What folds to itself, which most names do.
const folded = /^[a-z0-9_/-]*(?:\.[a-z0-9_-][a-z0-9_/-]*)*$/;

const foldPath = (path: string): string =>
  folded.test(path) ? path : path.split('/').map(foldPart).join('/');

const isLonger = (text: string, maxBytes: number): boolean =>
  // A code unit takes three bytes at most.
  text.length * 3 > maxBytes && new TextEncoder().encode(text).byteLength > maxBytes;

/** For an error's message, whatever was given as a path. */
export function quote(path: unknown): string {
  if (typeof path !== 'string') return textOf(path, 100);
  return path.length > 100 ? `${JSON.stringify(path.slice(0, 100))}…` : JSON.stringify(path);
}

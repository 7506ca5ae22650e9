import { OffstageError } from '../foundation/errors.ts';
import { concatBytes } from './bytes.ts';
import type { Examined, ExamineRequest, ReadableFile, StorageDirectory } from './directory.ts';
import { manifestName } from './layout.ts';
import type { ExaminedEntry } from './storage.ts';

/** A new file of those pieces, its content durable unless `sync` is false. */
export async function writeNew(
  directory: StorageDirectory,
  path: string,
  pieces: Iterable<Uint8Array>,
  { sync = true }: { readonly sync?: boolean } = {},
): Promise<void> {
  const file = await directory.createFile(path);
  if (file === undefined) {
    throw new OffstageError('storage_failed', `The file ${path} is there already.`);
  }
  try {
    for (const piece of pieces) await file.write(piece);
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The whole content, or `undefined` when there is no such file. For small files: one that has more than
 * `maxBytes` is read no further, and damaged.
 *
 * @throws OffstageError `corrupt`
 */
export async function readWhole(
  directory: StorageDirectory,
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Uint8Array | undefined> {
  const file = await directory.openFile(path);
  if (file === undefined) return undefined;
  if (file === 'unsafe') {
    throw new OffstageError('corrupt', `${path} in ${directory.label} is no regular file.`);
  }
  try {
    const content = await readAll(file, maxBytes);
    if (content !== undefined) return content;
    throw new OffstageError('corrupt', `${path} in ${directory.label} is far too long.`);
  } finally {
    await file.close();
  }
}

/** Everything in a version but its manifest, hashed. Sorted by path. */
export async function examineContent(
  directory: StorageDirectory,
  content: string,
  signal?: AbortSignal,
): Promise<readonly ExaminedEntry[]> {
  const found: ExaminedEntry[] = [];
  const files: string[] = [];
  const ahead = [''];
  for (let above = ahead.pop(); above !== undefined; above = ahead.pop()) {
    for (const { name, kind } of (await directory.list(join(content, above))) ?? []) {
      const path = join(above, name);
      if (kind === 'directory') ahead.push(path);
      else if (kind !== 'file') found.push({ path, problem: 'is no regular file' });
      else if (path !== manifestName) files.push(path);
    }
  }
  const requests = files.map((path) => ({ path: join(content, path), hash: true }));
  const examined = await examineEach(directory, requests, signal);
  for (const [index, path] of files.entries()) {
    const file = examined[index];
    if (OffstageError.isInstance(file)) found.push({ path, problem: 'cannot be read' });
    else if (file === 'unsafe') found.push({ path, problem: 'is no regular file' });
    else if (typeof file === 'object' && file.hashed !== undefined) {
      found.push({ path, ...file.hashed });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

// All at once is the fast way. A file that cannot be read ends it, so then each is tried by itself.
async function examineEach(
  directory: StorageDirectory,
  requests: readonly ExamineRequest[],
  signal: AbortSignal | undefined,
): Promise<readonly (Examined | OffstageError)[]> {
  const options = { sync: false, signal };
  try {
    return await directory.examineFiles(requests, options);
  } catch (error) {
    if (!OffstageError.isInstance(error)) throw error;
    const each: (Examined | OffstageError)[] = [];
    for (const request of requests) {
      const one = await directory.examineFiles([request], options).catch((failure: unknown) => {
        if (OffstageError.isInstance(failure)) return [failure];
        throw failure;
      });
      each.push(...one);
    }
    return each;
  }
}

const join = (above: string, name: string): string =>
  above === '' || name === '' ? above + name : `${above}/${name}`;

async function readAll(file: ReadableFile, maxBytes: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of file.chunks()) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) return undefined;
    pieces.push(piece);
  }
  return pieces[0] !== undefined && pieces.length === 1 ? pieces[0] : concatBytes(pieces);
}

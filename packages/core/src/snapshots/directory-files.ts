import { OffstageError } from '../errors.ts';
import type { ReadableFile, StorageDirectory } from './directory.ts';

/** A new file with that content, its content durable. */
export async function writeNew(
  directory: StorageDirectory,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await directory.createFile(path);
  if (file === undefined) {
    throw new OffstageError('storage_failed', `The file ${path} is there already.`);
  }
  try {
    await file.write(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The whole content, or `undefined` when there is no such file. For small files. */
export async function readWhole(
  directory: StorageDirectory,
  path: string,
): Promise<Uint8Array | undefined> {
  const file = await directory.openFile(path);
  if (file === undefined) return undefined;
  if (file === 'unsafe') {
    throw new OffstageError('corrupt', `${path} in ${directory.label} is no regular file.`);
  }
  try {
    return await concat(file);
  } finally {
    await file.close();
  }
}

async function concat(file: ReadableFile): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of file.chunks()) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
  }
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

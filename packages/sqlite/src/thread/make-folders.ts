import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those that lead to it. Answers the first that was not there, if any was not.
 *
 * `recursive` of Node's own mkdir never ends where a folder is there and says that a new one in it has no
 * place to be, as /proc does; it holds the thread for good, and the process cannot exit.
 */
export function makeFolders(path: string): string | undefined {
  const error = refusal(path);
  if (error === undefined) return path;
  if (Reflect.get(Object(error), 'code') !== 'ENOENT') {
    if (isFolder(path)) return undefined;
    throw error;
  }
  const above = dirname(path);
  if (above === path) throw error;
  const first = makeFolders(above);
  const again = refusal(path);
  // Somebody else may have made it meanwhile.
  if (again !== undefined && !isFolder(path)) throw again;
  return first ?? path;
}

/** Makes the names in a folder durable. Windows keeps their order, and has no call for it. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function refusal(path: string): unknown {
  try {
    mkdirSync(path);
    return undefined;
  } catch (error) {
    return error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

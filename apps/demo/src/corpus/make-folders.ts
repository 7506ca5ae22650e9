import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder of the application's own, and those that lead to it, for this user alone. Does nothing where
 * there is one.
 *
 * `recursive` of Node's own mkdir never ends where a folder is there and says that a new one in it has no
 * place to be, as /proc does; it holds the thread for good.
 */
export function makeFolders(folder: string): void {
  const error = refusal(folder);
  if (error === undefined || isFolder(folder)) return;
  const above = path.dirname(folder);
  if (Reflect.get(Object(error), 'code') !== 'ENOENT' || above === folder) throw error;
  makeFolders(above);
  const again = refusal(folder);
  // Somebody else may have made it meanwhile.
  if (again !== undefined && !isFolder(folder)) throw again;
}

function refusal(folder: string): unknown {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return undefined;
  } catch (error) {
    return error;
  }
}

const isFolder = (folder: string): boolean =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;

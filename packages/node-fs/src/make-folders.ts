import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those that lead to it. Answers the first that was not there, if any was not.
 *
 * `recursive` of Node's own mkdir never ends where a folder is there and says that a new one in it has no
 * place to be, as /proc does; it holds a thread for good, and the process cannot exit.
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  const error = await refusal(path);
  if (error === undefined) return path;
  if (Reflect.get(Object(error), 'code') !== 'ENOENT') {
    if (await isFolder(path)) return undefined;
    throw error;
  }
  const above = dirname(path);
  if (above === path) throw error;
  const first = await makeFolders(above);
  const again = await refusal(path);
  // Somebody else may have made it meanwhile.
  if (again !== undefined && !(await isFolder(path))) throw again;
  return first ?? path;
}

const refusal = (path: string): Promise<unknown> =>
  mkdir(path).then(
    () => undefined,
    (error: unknown) => error,
  );

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls back soon after a name in the folder changed, by the operating system's file watching.
 * `undefined` where that is not to be had; hints that cease are for the caller's polling to make up.
 */
export function watchNames(folder: string, onChange: () => void): (() => void) | undefined {
  let watcher: FSWatcher;
  try {
    watcher = watch(folder, { persistent: false }, onChange);
  } catch {
    // No such folder yet, no more watches for this user, a file system that cannot tell.
    return undefined;
  }
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}

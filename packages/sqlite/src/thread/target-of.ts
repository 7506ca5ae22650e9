import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The file that a path leads to, there or not. SQLite keeps its other files beside that one.
 *
 * @throws what the file system says of a folder that is missing, and of links in a circle.
 */
export function targetOf(path: string): string {
  let target = path;
  for (let links = 0; ; links += 1) {
    target = join(realpathSync(dirname(target)), basename(target));
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target;
    // More than any system follows.
    if (links === 100) return realpathSync(target);
    target = resolve(dirname(target), readlinkSync(target));
  }
}

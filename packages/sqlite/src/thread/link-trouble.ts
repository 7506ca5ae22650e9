import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, linkToNothing } from '../shared/journal-error.ts';

/** What is the matter with a link on the way to a path, or at its end; the innermost that leads nowhere. */
export function linkTrouble(path: string): unknown {
  for (let name = path; ; name = dirname(name)) {
    const trouble = isLink(name) ? refusalOf(name) : undefined;
    if (trouble !== undefined) {
      return errnoOf(trouble) === 'ENOENT' ? linkToNothing(path, name, trouble) : trouble;
    }
    if (dirname(name) === name) return undefined;
  }
}

function isLink(name: string): boolean {
  try {
    return lstatSync(name).isSymbolicLink();
  } catch {
    return false;
  }
}

function refusalOf(name: string): unknown {
  try {
    statSync(name);
    return undefined;
  } catch (error) {
    return error;
  }
}

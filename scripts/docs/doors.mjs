// Every door of every package, as its `exports` name it: what the reference describes.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

/** `{ name: '@offstage/core/testing', source: 'packages/core/src/testing/index.ts' }` and all others. */
export function doors() {
  return readdirSync(path.join(root, 'packages'))
    .sort(firstCore)
    .flatMap((folder) => {
      const { name, exports } = JSON.parse(
        readFileSync(path.join(root, 'packages', folder, 'package.json'), 'utf8'),
      );
      return Object.entries(exports)
        .filter(([, conditions]) => conditions['@offstage/source'] !== undefined)
        .map(([door, conditions]) => ({
          name: path.posix.join(name, door),
          source: path.posix.join('packages', folder, conditions['@offstage/source']),
        }));
    });
}

function firstCore(a, b) {
  return Number(b === 'core') - Number(a === 'core') || a.localeCompare(b);
}

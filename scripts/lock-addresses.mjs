// The lock file names no registry, so that it holds wherever it is used; npm then asks the registry for the address
// of each package, which takes as long as all the rest. Where a registry keeps its files is known beforehand.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Calls `install` while the lock file lies there with addresses as well, under the name that npm looks for
 * first, and returns what it does. `undefined` where nothing can be said of addresses.
 */
export function withAddresses(root, npm, install) {
  const addressed = path.join(root, 'npm-shrinkwrap.json');
  const { stdout } = spawnSync(npm.command, ['config', 'get', 'registry'], {
    cwd: root,
    encoding: 'utf8',
    shell: npm.shell,
  });
  const registry = stdout?.trim().replace(/\/*$/, '/') ?? '';
  if (!URL.canParse(registry)) return undefined;
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  // Ctrl-C is npm's to answer. This process would leave the file behind.
  const wait = () => {};
  process.on('SIGINT', wait);
  try {
    writeFileSync(addressed, JSON.stringify(addAddresses(lock, registry)));
    return install();
  } finally {
    rmSync(addressed, { force: true });
    process.off('SIGINT', wait);
  }
}

/** The same lock, with the address of each package that comes from the registry. */
export function addAddresses(lock, registry) {
  const packages = Object.entries(lock.packages).map(([place, entry]) => {
    const name = entry.name ?? place.split('node_modules/').at(-1);
    const isOwn = !place.includes('node_modules/') || entry.link === true;
    if (isOwn || entry.resolved !== undefined || entry.inBundle === true) return [place, entry];
    const file = `${name.split('/').at(-1)}-${entry.version}.tgz`;
    return [place, { ...entry, resolved: `${registry}${name}/-/${file}` }];
  });
  return { ...lock, packages: Object.fromEntries(packages) };
}

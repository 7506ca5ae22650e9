// Serves the Documents app from the sources as they stand: `npm start`. Sees to the set-up, builds the
// pages where they are older than their sources, and says where it is.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { environment, findNode, installPackages, root } from './setup.mjs';

installPackages();
const node = findNode();

// Turbo knows by their content whether the pages are what a build of these sources makes.
const turbo = path.join(root, 'node_modules', 'turbo', 'bin', 'turbo');
const build = spawnSync(
  node,
  [turbo, 'run', 'build', '--filter=@offstage/demo', '--output-logs=errors-only', '--ui=stream'],
  { cwd: root, env: environment(node), encoding: 'utf8' },
);
if (build.status !== 0) {
  process.stderr.write(`${build.stdout ?? ''}${build.stderr ?? ''}`);
  process.stderr.write('The pages could not be built. The output above says why.\n');
  process.exit(1);
}

// A password in an address is for nobody who lists processes.
const at = process.argv.findIndex((argument) => /^--redis(?:=|$)/.test(argument));
const [option = '', next] = at === -1 ? [] : process.argv.slice(at, at + 2);
const address = option.includes('=') ? option.slice(option.indexOf('=') + 1) : next;
if (address !== undefined) {
  process.env.OFFSTAGE_REDIS = address;
  process.argv.splice(at, option.includes('=') ? 1 : 2);
}

process.argv.splice(2, 0, 'apps/demo/src/server/start.ts');
await import('./run.mjs');

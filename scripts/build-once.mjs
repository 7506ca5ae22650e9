import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { environment, findNode, root } from './setup.mjs';

/** Builds a package, and those it needs, where they are not what a build of the sources would make. */
export function buildOnce(name) {
  // The runner of all checks has seen to it, and what others read just now is not written again.
  if (process.env.OFFSTAGE_BUILT === '1') return;
  const node = findNode();
  const turbo = path.join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const { status, stdout, stderr } = spawnSync(
    node,
    [turbo, 'run', 'build', `--filter=${name}`, '--output-logs=errors-only', '--ui=stream'],
    { cwd: root, env: environment(node), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${name} could not be built.\n${stdout}${stderr}`);
}

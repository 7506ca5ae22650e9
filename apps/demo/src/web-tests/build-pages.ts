import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { environment, findNode, root } from '../../../../scripts/setup.mjs';

/** Before the suite: builds the pages where they are not what a build of the sources would make. */
export function setup(): void {
  const node = findNode();
  const turbo = path.join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const { status, stdout, stderr } = spawnSync(
    node,
    [turbo, 'run', 'build', '--filter=@offstage/demo', '--output-logs=errors-only', '--ui=stream'],
    { cwd: root, env: environment(node), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The pages could not be built.\n${stdout}${stderr}`);
}

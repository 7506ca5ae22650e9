// Publishes what `changeset version` has given a new version: `npm run release`. In the repository's workflow
// alone, where npm states with each package which commit it was built from.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

const waiting = readdirSync(path.join(root, '.changeset')).filter(
  (name) => name.endsWith('.md') && name !== 'README.md',
);
if (waiting.length > 0) {
  console.error(
    `${waiting.length} notes wait in .changeset: run \`npm run release:version\` and commit first.`,
  );
  process.exit(1);
}

run('turbo', ['run', 'build', '--filter=./packages/*', '--output-logs=errors-only']);
for (const folder of readdirSync(path.join(root, 'packages'))) {
  if (existsSync(path.join(root, 'packages', folder, 'dist'))) continue;
  console.error(`packages/${folder} was not built.`);
  process.exit(1);
}
run('changeset', ['publish']);

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  if (error) console.error(error.message);
  process.exit(status ?? 1);
}

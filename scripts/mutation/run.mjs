// Breaks the sources of jobs in small ways, and shows which of the breaks no test notices:
//   npm run mutation -- packages/core/src/jobs/job-state.ts packages/core/src/jobs/keys.ts
// Slow (a minute for some ninety mutants), so it is run by name, and its tool is no dependency: 134
// packages that nothing else needs are installed beside the others, without a word in package.json.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

const version = '10.1.1';
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('Name the files to be broken: npm run mutation -- packages/core/src/jobs/keys.ts');
  process.exit(1);
}

const windows = process.platform === 'win32';
const run = (command, ...args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: windows });
  if (status !== 0) process.exit(status ?? 1);
};
const tools = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${version}`);
run(windows ? 'npm.cmd' : 'npm', 'install', '--no-save', '--no-audit', '--no-fund', ...tools);

const config = path.join(root, 'node_modules', '.cache', 'stryker.config.json');
writeFileSync(
  config,
  JSON.stringify({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: false },
    mutate: files,
    reporters: ['clear-text'],
    clearTextReporter: { allowColor: process.stdout.isTTY, logTests: false },
    tempDirName: 'node_modules/.cache/stryker',
    cleanTempDir: 'always',
    concurrency: 2,
    checkers: [],
  }),
);
run('stryker', 'run', config);

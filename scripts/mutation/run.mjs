// Breaks the sources of jobs in small ways, and shows which of the breaks no test notices:
//   npm run mutation -- packages/core/src/jobs/job-state.ts packages/core/src/jobs/keys.ts
// Slow (a minute for some ninety mutants), so it is run by name, and its tool is no dependency: 134
// packages that nothing else needs are installed in a place of their own, as an install beside the others
// would take out what package.json does not name.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, runtimeOptions } from '../setup.mjs';

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
const cache = path.join(root, 'node_modules', '.cache');
const toolsRoot = path.join(cache, 'mutation');
mkdirSync(toolsRoot, { recursive: true });
writeFileSync(path.join(toolsRoot, 'package.json'), '{ "private": true }');
// Its peer, vitest, is the one of this repository.
const quietly = ['--no-audit', '--no-fund', '--legacy-peer-deps'];
run(windows ? 'npm.cmd' : 'npm', 'install', '--prefix', toolsRoot, ...quietly, ...tools);

const config = path.join(cache, 'stryker.config.json');
writeFileSync(
  config,
  JSON.stringify({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    // Sources run as they stand: nothing checks their types.
    disableTypeChecks: false,
    // Its threads inherit them.
    testRunnerNodeArgs: runtimeOptions,
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
run(path.join(toolsRoot, 'node_modules', '.bin', 'stryker'), 'run', config);

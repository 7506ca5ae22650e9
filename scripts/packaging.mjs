// Packs the packages as they would be published, installs them in an empty project, and uses them
// there on every supported Node.js, on Bun and on Deno.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findRedis } from './redis.mjs';
import { root } from './setup.mjs';

const packages = [
  'core',
  'node-worker',
  'node-fs',
  'sqlite',
  'bullmq',
  'http',
  'react',
  'svelte',
  'vue',
  'solid',
];
const redis = findRedis();
if (redis === undefined) console.log('left out bullmq.mjs: there is no redis-server');
else process.env.REDIS_SERVER_PATH = redis;
/** What is run in the empty project. */
const programs = [
  'main.mjs',
  'journal.mjs',
  'http.mjs',
  'cancel.mjs',
  'locks.mjs',
  'react.mjs',
  'svelte.mjs',
  'vue.mjs',
  'solid.mjs',
  ...(redis === undefined ? [] : ['bullmq.mjs']),
];
const runtimes = ['22', '24', '26'];
/** What other runtimes run, and how they are told to. Deno cannot load the addon that `main.mjs` needs. */
const otherRuntimes = [
  {
    name: 'bun',
    version: '1',
    options: [],
    programs: ['main.mjs', 'http.mjs', 'cancel.mjs', 'locks.mjs'],
  },
  {
    name: 'deno',
    version: '2',
    options: ['run', '-A'],
    programs: ['http.mjs', 'cancel.mjs', 'locks.mjs'],
  },
];

// What was fetched once, for the repository itself say, is not asked for again.
const install = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-packaging-'));
const consumer = path.join(scratch, 'consumer');
const packed = process.env.OFFSTAGE_TARBALLS ?? path.join(scratch, 'tarballs');
let failures = 0;
try {
  main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

function main() {
  mkdirSync(packed, { recursive: true });
  const tarballs = pack();
  if (tarballs === undefined) return;
  for (const name of packages) {
    run(`publint ${name}`, 'publint', ['run', path.join(root, 'packages', name), '--strict']);
    const format = ['--no-emoji', '--format', 'ascii'];
    run(`types of ${name}`, 'attw', [tarballs[name], '--profile', 'esm-only', ...format]);
  }

  cpSync(path.join(root, 'scripts', 'consumer'), consumer, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(consumer, 'package.json'), 'utf8'));
  for (const name of packages) {
    manifest.dependencies[`@offstage/${name}`] = `file:${tarballs[name]}`;
  }
  writeFileSync(path.join(consumer, 'package.json'), JSON.stringify(manifest));
  if (run('install in an empty project', 'npm', install, consumer) === undefined) return;
  for (const compiler of ['typescript', 'typescript-7']) {
    const tsc = path.join(root, 'node_modules', compiler, 'bin', 'tsc');
    run(`types in an empty project, by ${compiler}`, 'node', [tsc, '-p', consumer]);
  }
  const quickStart = writeQuickStart();
  for (const version of runtimes) {
    const node = installRuntime('node', version);
    if (node === undefined) continue;
    for (const program of programs) {
      run(`run ${program} on Node.js ${version}`, node, [program], consumer);
    }
    run(`run the quick start on Node.js ${version}`, node, ['main.ts'], quickStart);
    run(
      `run paint.ts with tsx on Node.js ${version}`,
      node,
      ['--import', 'tsx', 'paint.ts'],
      consumer,
    );
  }
  for (const { name, version, options, programs } of otherRuntimes) {
    const runtime = installRuntime(name, version);
    if (runtime === undefined) continue;
    for (const program of programs) {
      run(`run ${program} on ${name} ${version}`, runtime, [...options, program], consumer);
    }
  }
}

/** All at once, since npm takes longer to start than to pack: the file of each by the package's name. */
function pack() {
  const workspaces = packages.map((name) => `--workspace=packages/${name}`);
  const packing = ['pack', '--json', `--pack-destination=${packed}`, ...workspaces];
  const told = run('pack', 'npm', packing);
  if (told === undefined) return undefined;
  // npm prints a list or, from version 12 on, an object keyed by package.
  const files = Object.values(JSON.parse(told)).map(({ name, filename }) => [
    name.replace('@offstage/', ''),
    path.join(packed, filename),
  ]);
  return Object.fromEntries(files);
}

/** The files of the README's quick start, as printed. */
function writeQuickStart() {
  const folder = path.join(consumer, 'quick-start');
  mkdirSync(folder);
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  for (const [, name, code] of readme.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)) {
    writeFileSync(path.join(folder, name), code);
  }
  return folder;
}

/** A runtime that npm has, in a folder of its own, or this one. */
function installRuntime(name, version) {
  if (name === 'node' && process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const directory = path.join(scratch, `${name}-${version}`);
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'package.json'), '{}');
  const done = run(
    `fetch ${name} ${version}`,
    'npm',
    [...install, `${name}@${version}`],
    directory,
  );
  return done && path.join(directory, 'node_modules', '.bin', name);
}

/** The command's output, or `undefined` after saying what went wrong. */
function run(title, command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status === 0) {
    console.log(`ok      ${title}`);
    return stdout;
  }
  failures += 1;
  console.log(`FAILED  ${title}\n${stdout}${stderr}${error?.message ?? ''}`);
  return undefined;
}

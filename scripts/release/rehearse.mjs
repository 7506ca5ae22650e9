// A whole release, to a registry on this machine: `npm run release:rehearse`. In a copy of the repository the notes
// become versions, `npm run release` builds and publishes them, and an empty project installs and imports every door.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { doors } from '../docs/doors.mjs';
import { root } from '../setup.mjs';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-release-'));
const copy = path.join(scratch, 'repository');
const consumer = path.join(scratch, 'consumer');
let registry;
try {
  const address = await startRegistry();
  copyRepository();
  const environment = {
    ...process.env,
    npm_config_registry: address,
    npm_config_provenance: 'false',
  };
  // Anyone may publish there, but npm asks for a name first.
  const token = `${address.replace('http:', '')}/:_authToken=rehearsal\nregistry=${address}\n`;
  writeFileSync(path.join(copy, '.npmrc'), token);

  run('changeset', ['version'], copy, environment);
  commit('Version');
  const { version } = manifestOf('core');
  run('npm', ['run', 'release'], copy, environment);

  mkdirSync(consumer);
  writeFileSync(path.join(consumer, 'package.json'), '{ "type": "module", "private": true }');
  const names = packages().map((folder) => manifestOf(folder).name);
  run(
    'npm',
    ['install', '--no-audit', '--no-fund', ...names, 'react', 'react-dom', 'svelte'],
    consumer,
    environment,
  );
  for (const name of names) {
    const file = path.join(consumer, 'node_modules', name, 'package.json');
    const installed = JSON.parse(readFileSync(file, 'utf8')).version;
    if (installed !== version) throw new Error(`${name} is ${installed}, and not ${version}.`);
  }
  // A door for threads refuses to be opened elsewhere, so those are only found.
  const script = doors()
    .map(({ name }) => `import.meta.resolve('${name}');`)
    .concat("await import('@offstage/core'); await import('@offstage/node-worker');")
    .join('\n');
  run('node', ['--input-type=module', '--eval', script], consumer, environment);
  console.log(`Released ${names.length} packages as ${version}, installed and imported.`);
} finally {
  registry?.kill();
  rmSync(scratch, { recursive: true, force: true });
}

/** The files of the repository as they stand, and the packages that are installed for it. */
function copyRepository() {
  const { stdout } = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  for (const file of new Set(stdout.split('\0').filter((name) => name !== ''))) {
    cpSync(path.join(root, file), path.join(copy, file), { force: true });
  }
  for (const folder of ['', ...packages().map((name) => path.join('packages', name))]) {
    linkModules(path.join(root, folder, 'node_modules'), path.join(copy, folder, 'node_modules'));
  }
  // Those of the repository lead to its packages, which are not the ones that are released here.
  const own = path.join(copy, 'node_modules', '@offstage');
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  for (const name of packages())
    symlinkSync(path.join(copy, 'packages', name), path.join(own, name));
  run('git', ['init', '--quiet', '--initial-branch=main'], copy);
  commit('Repository');
}

function linkModules(from, to) {
  let names;
  try {
    names = readdirSync(from);
  } catch {
    return; // A package without any of its own.
  }
  mkdirSync(to, { recursive: true });
  for (const name of names) symlinkSync(path.join(from, name), path.join(to, name));
}

function commit(message) {
  const author = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost'];
  run('git', ['add', '--all'], copy);
  run('git', [...author, 'commit', '--quiet', '--allow-empty', '--message', message], copy);
}

/** Its own packages are kept here; what they depend on is fetched from where npm would. */
async function startRegistry() {
  const folder = path.join(scratch, 'registry');
  mkdirSync(folder);
  // One of its dependencies is named by a tag that not every mirror has.
  writeFileSync(
    path.join(folder, 'package.json'),
    '{ "private": true, "overrides": { "node-fetch": "^2.7.0" } }',
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', 'verdaccio@6'], folder);
  const upstream = spawnSync('npm', ['config', 'get', 'registry'], {
    cwd: folder,
    encoding: 'utf8',
  }).stdout.trim();
  const config = path.join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      storage: path.join(folder, 'storage'),
      auth: { htpasswd: { file: path.join(folder, 'htpasswd'), max_users: -1 } },
      uplinks: { npm: { url: upstream } },
      packages: {
        '@offstage/*': { access: '$all', publish: '$all' },
        '**': { access: '$all', proxy: 'npm' },
      },
      log: { type: 'stdout', level: 'error' },
    }),
  );
  const port = await freePort();
  const program = path.join(folder, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
  registry = spawn(
    process.execPath,
    [program, '--config', config, '--listen', `127.0.0.1:${port}`],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const address = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries += 1) {
    try {
      if ((await fetch(`${address}/-/ping`)).ok) return address;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The registry did not start.');
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function packages() {
  return readdirSync(path.join(root, 'packages'));
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(path.join(copy, 'packages', folder, 'package.json'), 'utf8'));
}

function run(command, args, cwd, env = process.env) {
  console.log(`$ ${[command, ...args].join(' ').slice(0, 120)}`);
  const { status, error } = spawnSync(command, args, {
    cwd,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw error ?? new Error(`${command} ended with ${status}.`);
}

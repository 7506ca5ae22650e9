// What a fresh clone needs before any command can run: the packages of the lock file and the pinned
// Node.js among them. Written for any Node.js from 20 on, with nothing installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withAddresses } from './lock-addresses.mjs';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** How Node.js runs the sources as they stand. */
export const runtimeOptions = [
  '--conditions=@offstage/source',
  '--disable-warning=ExperimentalWarning',
  // Threads strip types with one WebAssembly module, and V8 may crash when one of them replaces a
  // wrapper of its calls while another ends (seen in 24.21: ThreadIsolation::UnregisterWasmAllocation).
  // With a budget out of reach the wrappers stay as they are.
  '--wasm-wrapper-tiering-budget=1000000000',
];

const windows = process.platform === 'win32';
/** Installs what the lock file names, unless it is all there. */
export function installPackages() {
  if (isInstalled()) return;
  process.stderr.write('Installing packages (once)…\n');
  const ended = withAddresses(root, npm, install);
  const isStopped = ended !== undefined && (ended.signal !== null || ended.status > 128);
  // A registry may keep its files elsewhere; then npm asks it for each.
  const { status, error } = ended?.status === 0 || isStopped ? ended : install();
  if (status !== 0) {
    fail(
      `npm install did not succeed${error ? ` (${error.message})` : ''}. Its output above says why.`,
    );
  }
}

const npm = { command: windows ? 'npm.cmd' : 'npm', shell: windows };

function install() {
  // Not `npm ci`, which refuses a lock file that lacks the builds of a tool for other systems. What
  // the lock file names is installed as it says, and the file stays as it is.
  return spawnSync(
    npm.command,
    // Errors alone: what npm thinks of engines and of old names is no matter of who runs a command.
    ['install', '--no-save', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'],
    // Standard output belongs to the command that the user asked for.
    { cwd: root, stdio: ['ignore', 2, 2], shell: npm.shell },
  );
}

// npm leaves a second lock file in node_modules that tells what is really there.
function isInstalled() {
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  const present = readPackages(path.join(root, 'node_modules', '.package-lock.json'));
  if (present === undefined) return false;
  return Object.entries(wanted ?? {}).every(
    ([place, { version, optional, link }]) =>
      !place.startsWith('node_modules/') ||
      optional === true ||
      link === true ||
      present[place]?.version === version,
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The Node.js that runs the sources: the pinned one, or this one where it is new enough. */
export function findNode() {
  const pinned = path.join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 24) return process.execPath;
  return fail(
    `This repository runs on Node.js 24, and the copy that npm installs could not be used here. Install Node.js 24 or later (this is ${process.version}) and run the command again.`,
  );
}

/** The environment in which `node` and the installed commands are the repository's own. */
export function environment(node) {
  const bins = [path.dirname(node), path.join(root, 'node_modules', '.bin')];
  return {
    // What was compiled once, types stripped, is not compiled again by each process that starts.
    NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'node-compile'),
    ...process.env,
    PATH: [...bins, process.env.PATH ?? ''].join(path.delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
  };
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

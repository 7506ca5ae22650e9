// What the examples share: commands that are run to their end, and servers that are started and stopped.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';

const quiet = { NEXT_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' };

/** The command's output. Rejects with all that it said where it does not succeed. */
export function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...quiet, CI: '1' },
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`));
    });
  });
}

/**
 * Starts a script of a `package.json` as it stands there (`NAME=value program argument …`), without the
 * shell and npm between, so that signals reach it. Resolves once `address` answers.
 */
export async function startServer(folder, command, port) {
  const words = command.split(' ');
  const isSetting = (word) => /^[A-Z_]+=/.test(word);
  const settings = words.filter(isSetting).map((word) => word.split('='));
  const [program, ...args] = words.filter((word) => !isSetting(word));
  const bins = path.join(folder, 'node_modules', '.bin');
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${bins}${path.delimiter}${process.env.PATH}`,
      PORT: String(port),
      HOST: '127.0.0.1',
      ...quiet,
      ...Object.fromEntries(settings),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a development server has children.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  // Not `close`: a child of the server may outlive it, and hold what it writes to.
  const ended = new Promise((resolve) => {
    child.on('exit', resolve);
    child.on('error', resolve);
  });
  const server = {
    address: `http://localhost:${port}`,
    get output() {
      return output;
    },
    /** By a signal to the server alone; what it leaves behind is ended after it. */
    async stop(signal) {
      child.kill(signal);
      await ended;
      endGroup(child.pid);
    },
  };
  const isUp = await answers(server.address, () => child.exitCode === null && child.pid);
  if (isUp) return server;
  await server.stop('SIGKILL');
  throw new Error(`Nothing answers at ${server.address}.\n${output}`);
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended by itself.
  }
}

async function answers(address, isAlive) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && isAlive()) {
    const response = await fetch(address).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

export function freePort() {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

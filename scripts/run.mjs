// Runs one file of the repository, TypeScript or not, after seeing to its set-up:
//   node scripts/run.mjs apps/demo/src/cli/ingest.ts corpus
import { spawn } from 'node:child_process';
import path from 'node:path';
import { environment, findNode, installPackages, root, runtimeOptions } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);

installPackages();
const node = findNode();
const child = spawn(
  node,
  [...runtimeOptions, path.join(root, file), ...args],
  // Paths on the command line are meant from where the user stands.
  { cwd: process.env.INIT_CWD ?? process.cwd(), stdio: 'inherit', env: environment(node) },
);

// A signal may come to this process alone (from npm) or to the whole group (from a terminal). The
// child decides what it means; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

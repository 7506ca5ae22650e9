// The long form of server/crash.test.ts: a server is killed twenty times in an ingest of 500 files.
//   npm run crash:documents -w apps/demo
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--root', root, '--project', 'demo', 'src/server/crash.test.ts'],
  { stdio: 'inherit', env: { ...process.env, OFFSTAGE_LONG: '1' } },
);
process.exitCode = status ?? 1;

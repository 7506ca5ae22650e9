// npm run bench                all measures, side by side with peers, as tables
// npm run bench -- core        those whose file name contains a word
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { asPublished } from './as-published.ts';

const here = import.meta.dirname;
const words = process.argv.slice(2);
const files = globSync('**/*.bench.ts', { cwd: here })
  .sort()
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`No bench is named ${words.join(' or ')}.`);
  process.exit(1);
}

console.log(`Node.js ${process.version}, ${process.platform} ${process.arch}\n`);
for (const file of files) {
  // A process each: what one leaves in the heap or in the event loop is not measured by the next.
  const script = /^(?:snapshots|journal)/.test(file) ? asPublished(file) : path.join(here, file);
  const { status } = spawnSync(process.execPath, [...process.execArgv, script], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

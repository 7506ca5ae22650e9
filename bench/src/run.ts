// npm run bench                all measures, side by side with peers, as a table
// npm run bench -- core        those whose file name contains a word
import { globSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './row.ts';
import { printRows } from './table.ts';

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
  const { default: bench }: { default: Bench } = await import(
    pathToFileURL(path.join(here, file)).href
  );
  console.log(`## ${bench.name}\n`);
  printRows(await bench.run());
}
process.exit();

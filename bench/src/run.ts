// npm run bench                all measures, side by side with peers, as tables
// npm run bench -- core        those whose file name contains a word
// npm run bench -- --charts    and writes them as charts and tables into the documents
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { asPublished } from './as-published.ts';
import { readMeasured, writeCharts } from './charts.ts';

const here = import.meta.dirname;
const asked = process.argv.slice(2);
const words = asked.filter((word) => word !== '--charts');
const files = globSync('**/*.bench.ts', { cwd: here })
  .sort()
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`No bench is named ${words.join(' or ')}.`);
  process.exit(1);
}

const machine = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${os.availableParallelism()} processors`;
const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
const rows = path.join(scratch, 'rows.jsonl');
console.log(`${machine}\n`);
for (const file of files) {
  // A process each: what one leaves in the heap or in the event loop is not measured by the next.
  const script = /^(?:snapshots|journal)/.test(file) ? asPublished(file) : path.join(here, file);
  const { status } = spawnSync(process.execPath, [...process.execArgv, script], {
    stdio: 'inherit',
    env: { ...process.env, OFFSTAGE_BENCH_ROWS: rows, OFFSTAGE_BENCH_GROUP: path.dirname(file) },
  });
  if (status !== 0) process.exitCode = 1;
}
if (asked.includes('--charts')) {
  const day = new Date().toISOString().slice(0, 10);
  writeCharts(readMeasured(rows), `Measured on ${day}: ${machine}.`);
}
rmSync(scratch, { recursive: true, force: true });

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { Scratch } from './scratch.ts';

const limitMiB = 200;
const type = path.extname(import.meta.filename);
const publisher = path.join(import.meta.dirname, `memory.publisher${type}`);

/** MiB that a process of its own had resident at most, from its start to after the publish. */
function peakOf(scratch: Scratch, shape: 'files' | 'bytes', count: number): number {
  const output = execFileSync(
    process.execPath,
    [...process.execArgv, publisher, scratch.fresh(), shape, String(count)],
    { encoding: 'utf8' },
  );
  return Number(output);
}

async function run(): Promise<Row[]> {
  using scratch = new Scratch();
  const row = (measure: string, peak: number, smaller: number, what: string): Row => ({
    measure,
    ours: `${peak.toFixed(0)} MiB at most`,
    peer: `${smaller.toFixed(0)} MiB with ${what}`,
    ratio: null,
    target: `< ${limitMiB} MiB`,
    pass: peak < limitMiB,
  });
  return [
    row(
      'memory while publishing 100,000 files',
      peakOf(scratch, 'files', 100_000),
      peakOf(scratch, 'files', 1000),
      '1,000',
    ),
    row(
      'memory while publishing one file of 10 GiB',
      peakOf(scratch, 'bytes', 10 * 1024),
      peakOf(scratch, 'bytes', 64),
      '64 MiB',
    ),
  ];
}

const bench: Bench = { name: 'memory of a publish', run };
export default bench;
await runAlone(import.meta, bench);

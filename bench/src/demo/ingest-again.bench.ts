import { execFile } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { notePath, noteText, writeNotes } from './notes-corpus.ts';

// npm run bench -- again                            5,000 files
// OFFSTAGE_LONG=1 npm run bench -- again            100,000 files
const files = process.env.OFFSTAGE_LONG === '1' ? 100_000 : 5000;
const rounds = 3;
const command = fileURLToPath(import.meta.resolve('@offstage/demo/cli/ingest.ts'));

/** Milliseconds of the whole command, its start included. */
async function ingest(folder: string, data: string, ended: 'published' | 'unchanged') {
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, command, folder, '--data', data, '--json'],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const took = performance.now() - startedAt;
  const last: { event?: unknown; documents?: unknown } = JSON.parse(
    stdout.trimEnd().split('\n').at(-1) ?? '',
  );
  if (last.event !== ended || last.documents !== files) {
    throw new Error(`It ended otherwise: ${JSON.stringify(last).slice(0, 500)}`);
  }
  return took;
}

/** One in a hundred: half of them edited, the rest replaced by new ones or moved. */
function changeSome(folder: string, edition: number): void {
  for (let number = edition; number < files; number += 400) {
    writeFileSync(path.join(folder, notePath(number)), noteText(number, edition + 1));
  }
  for (let number = edition + 100; number < files; number += 400) {
    writeFileSync(path.join(folder, notePath(number)), noteText(number, edition + 1));
  }
  for (let number = edition + 200; number < files; number += 400) {
    const file = path.join(folder, notePath(number));
    unlinkSync(file);
    writeFileSync(`${file.slice(0, -3)}-new.md`, noteText(number + files, edition));
  }
  for (let number = edition + 300; number < files; number += 400) {
    const file = path.join(folder, notePath(number));
    renameSync(file, `${file.slice(0, -3)}-moved.md`);
  }
}

async function run(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  try {
    const folder = path.join(scratch, 'notes');
    writeNotes(folder, files);
    const first: number[] = [];
    const nothing: number[] = [];
    const some: number[] = [];
    const checksums: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const data = path.join(scratch, `data-${round}`);
      first.push(await ingest(folder, data, 'published'));
      nothing.push(await ingest(folder, data, 'unchanged'));
      changeSome(folder, round);
      some.push(await ingest(folder, data, 'published'));
    }
    const data = path.join(scratch, `data-${rounds - 1}`);
    checksums.push(await ingestChecksum(folder, data));
    const count = files.toLocaleString('en');
    const row = (what: string, times: readonly number[], limit: number | null): Row => {
      const ratio = median(times.map((took, round) => took / (first[round] ?? Number.NaN)));
      return {
        measure: `npm run ingest of ${count} notes again, ${what}`,
        ours: `${median(times).toFixed(0)} ms`,
        peer: `${median(first).toFixed(0)} ms, the first time`,
        ratio,
        target: limit === null ? 'to be seen' : `at most ${limit}`,
        pass: limit === null ? null : ratio <= limit,
      };
    };
    return [
      row('nothing changed', nothing, files < 100_000 ? null : 0.15),
      row('1 % changed', some, files < 100_000 ? null : 0.25),
      row('nothing changed, --checksum', checksums, null),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function ingestChecksum(folder: string, data: string): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, [
    ...[...process.execArgv, command, folder, '--data', data, '--checksum', '--json'],
  ]);
  return performance.now() - startedAt;
}

const bench: Bench = { name: 'Ingest again (apps/demo)', run };
export default bench;

await runAlone(import.meta, bench);

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { collect } from '@offstage/demo/corpus/collect.ts';
import { parseFile } from '@offstage/demo/reading/parse-file.ts';
import { SearchIndexWriter } from '@offstage/demo/search/search-index.ts';

/**
 * What one would write without this library: one loop in one thread over the same parser and the
 * same index, with nothing around it. No progress, no cancel, no snapshot, no fsync, no isolation.
 *
 * @param existing The index holds other documents already, and gets these in place.
 * @returns milliseconds
 */
export async function plainLoop(
  folder: string,
  indexPath: string,
  { existing = false }: { readonly existing?: boolean } = {},
): Promise<number> {
  const startedAt = performance.now();
  using index = new SearchIndexWriter(indexPath, { existing });
  for (const { path: relative, absolute } of collect(folder).files) {
    const bytes = readFileSync(absolute);
    const file = { path: relative, bytes: bytes.length, sha256: null, modifiedAt: null };
    index.addDocument(file, await parseFile(bytes, path.extname(relative)));
  }
  index.finish();
  return performance.now() - startedAt;
}

/** The same in a process started for it, as a script is run. @returns milliseconds, the start included */
export async function runPlainLoop(folder: string, indexPath: string): Promise<number> {
  const startedAt = performance.now();
  await run(indexPath, folder);
  return performance.now() - startedAt;
}

/**
 * The same in a process of its own that has put other documents into the index before, by the same loop: as
 * warm as whoever else has just done so, and with as much to add to. @returns milliseconds, for `folder` alone
 */
export async function runSecondPlainLoop(
  others: string,
  folder: string,
  indexPath: string,
): Promise<number> {
  return Number(await run(indexPath, others, folder));
}

async function run(indexPath: string, ...folders: readonly string[]): Promise<string> {
  const script = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, script, indexPath, ...folders];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout;
}

if (import.meta.main) {
  const [, , indexPath = '', ...folders] = process.argv;
  let last = 0;
  for (const [at, folder] of folders.entries()) {
    last = await plainLoop(folder, indexPath, { existing: at > 0 });
  }
  process.stdout.write(`${last}\n`);
}

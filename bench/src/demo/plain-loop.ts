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
 * @returns milliseconds
 */
export async function plainLoop(folder: string, indexPath: string): Promise<number> {
  const startedAt = performance.now();
  using index = new SearchIndexWriter(indexPath);
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
  const script = fileURLToPath(import.meta.url);
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, [...process.execArgv, script, folder, indexPath]);
  return performance.now() - startedAt;
}

if (import.meta.main) {
  const [, , folder = '', indexPath = ''] = process.argv;
  await plainLoop(folder, indexPath);
}

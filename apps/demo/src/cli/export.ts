import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { OffstageError, PublicError } from '@offstage/core';
import { openSnapshots } from '../corpus/snapshots.ts';
import { exportVersion } from '../export/export-version.ts';
import { UsageError } from './arguments.ts';
import { type ExportArguments, exportUsage, readExportArguments } from './export-arguments.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { count, formatBytes, styler, visible } from './terminal-text.ts';

async function main(): Promise<number> {
  try {
    const args = readExportArguments(process.argv.slice(2));
    if (args !== 'help') return await run(args);
    console.log(exportUsage);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${exportUsage}`);
    else console.error(`${styler(process.stderr)('red', 'Failed')}: ${visible(reasonOf(error))}`);
    return 1;
  }
}

async function run(args: ExportArguments): Promise<number> {
  const { file, dataFolder, format, force } = args;
  if (file === undefined && process.stdout.isTTY) {
    throw new UsageError('An archive is not for a terminal: name a file, or pipe it on.');
  }
  if (file !== undefined && !force && existsSync(file)) {
    throw new UsageError('There is such a file already: --force replaces it.');
  }
  const version = await openVersion(dataFolder, args.version);
  const ending = new AbortController();
  const stop = stopOnSignal({ cancel: () => ending.abort(), endAtOnce: () => undefined });
  // Beside its place, so that there is a whole archive or none.
  const part = file && `${file}.${process.pid}.part`;
  let bytes = 0;
  try {
    await pipeline(
      exportVersion(version, format),
      async function* (source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          bytes += chunk.length;
          yield chunk;
        }
      },
      part === undefined ? process.stdout : createWriteStream(part, { flags: 'wx', mode: 0o600 }),
      { signal: ending.signal },
    );
    if (file !== undefined && part !== undefined) renameSync(part, file);
  } catch (error) {
    if (part !== undefined) rmSync(part, { force: true });
    if (!ending.signal.aborted) throw error;
    console.error('Canceled. Nothing was written.');
    return stop.exitCode();
  } finally {
    stop.disarm();
  }
  const { documents, failed } = version.metadata;
  const left = failed === 0 ? '' : `, ${count(failed, 'file')} left out`;
  const what = `version ${version.version}: ${count(documents, 'document')}${left}`;
  console.error(`Exported ${what}, ${formatBytes(bytes)}`);
  return 0;
}

async function openVersion(dataFolder: string, name: string | undefined) {
  const store = openSnapshots(dataFolder);
  if (name === undefined) {
    const current = await store.current();
    if (current !== undefined) return current;
    throw new PublicError('no_snapshot', 'Nothing is published here yet. Run an ingest first.');
  }
  const known = await store.list();
  const found = known.find(({ version, gen }) => version === name || String(gen) === name);
  if (found !== undefined) return store.open(found.gen);
  const names = known.map(({ version }) => version).join(', ');
  throw new PublicError('not_found', `There is no such version here; there are: ${names}.`);
}

function reasonOf(error: unknown): string {
  if (PublicError.isInstance(error) || OffstageError.isInstance(error)) {
    return `${error.message} [${error.code}]`;
  }
  const code = error instanceof Error ? String(Reflect.get(error, 'code')) : 'unknown';
  return `${writeReasons[code] ?? 'The archive cannot be written.'} [${code}]`;
}

const writeReasons: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such folder to write to.',
  ENOTDIR: 'A part of its path is a file.',
  EISDIR: 'This is a folder: name a file.',
  EACCES: 'Permission to write there is denied.',
  EPERM: 'Permission to write there is denied.',
  EROFS: 'That disk can only be read.',
  ENOSPC: 'That disk is full. Nothing was written.',
  EPIPE: 'Whoever reads the archive has gone.',
};

// Last, for everything above is to be there when it runs.
process.exitCode = await main();

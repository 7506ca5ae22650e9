#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { OffstageError } from '@offstage/core';
import { type Command, readArguments, UsageError, usage } from './arguments.ts';
import { gc } from './gc.ts';
import { list } from './list.ts';
import { type Output, processOutput } from './output.ts';
import { repair } from './repair.ts';
import { rollback } from './rollback.ts';
import { show } from './show.ts';
import { openFolder } from './snapshot-folder.ts';
import { type SignalStop, stopOnSignal } from './stop-on-signal.ts';
import { visible } from './text.ts';
import { verify } from './verify.ts';
import { watch } from './watch.ts';

async function main(args: readonly string[], output: Output): Promise<number> {
  const stop = stopOnSignal();
  try {
    const command = readArguments(args);
    if (command === 'help') output.print(usage);
    else if (command === 'version') output.print(ownVersion());
    else return await run(command, output, stop.signal);
    return 0;
  } catch (error) {
    return report(error, args, output, stop);
  }
}

async function run(command: Command, output: Output, signal: AbortSignal): Promise<number> {
  const at = await openFolder(command.folder);
  switch (command.name) {
    case 'list':
      return list(at, command, output);
    case 'show':
      return show(at, command, output);
    case 'verify':
      return verify(at, command, output, signal);
    case 'rollback':
      return rollback(at, command, output, signal);
    case 'watch':
      return watch(at, command, output, signal);
    case 'gc':
      return gc(at, command, output, signal);
    case 'repair':
      return repair(at, command, output, signal);
  }
}

function report(
  error: unknown,
  args: readonly string[],
  output: Output,
  { signal, exitCode }: SignalStop,
): number {
  if (signal.aborted && error === signal.reason) return exitCode() ?? 1;
  const isUsage = error instanceof UsageError;
  const code = isUsage ? 'usage' : OffstageError.isInstance(error) ? error.code : 'unexpected';
  const message = error instanceof Error ? error.message : String(error);
  // Also when the arguments could not be read.
  if (args.includes('--json')) output.document({ error: { code, message } });
  else if (isUsage) output.note(`${visible(message)}\nMore: offstage-snapshots --help`);
  else output.note(`Failed: ${visible(message)} [${code}]`);
  return isUsage ? 2 : 1;
}

function ownVersion(): string {
  const file = createRequire(import.meta.url).resolve('@offstage/node-fs/package.json');
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}

// Last, for everything above is to be there when it runs.
process.exitCode = await main(process.argv.slice(2), processOutput());

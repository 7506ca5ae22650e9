import { OffstageError } from '@offstage/core';
import type { GcCommand } from './arguments.ts';
import type { Output } from './output.ts';
import { listVersions, type SnapshotFolder } from './snapshot-folder.ts';
import { count, visible } from './text.ts';

export async function gc(
  at: SnapshotFolder,
  { json, retain, minAgeMs, lockTimeoutMs }: GcCommand,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  // A recovery initialises what is no store yet.
  await listVersions(at);
  const cleanup =
    retain === undefined
      ? await at.store.recover({ lockTimeoutMs, signal })
      : await at.store.prune({ retain, minAgeMs, lockTimeoutMs, signal });
  const removed = cleanup.removed.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const kept = await at.store.list();
  const failed = cleanup.failed.map(({ name, error }) => ({ name, message: messageOf(error) }));
  if (json) output.document({ removed, failed, kept: kept.map(({ version }) => version) });
  else output.print(asLines(removed, failed, kept.length));
  return failed.length === 0 ? 0 : 1;
}

function asLines(
  removed: readonly string[],
  failed: readonly { readonly name: string; readonly message: string }[],
  kept: number,
): readonly string[] {
  const isVersion = (name: string): boolean => !name.startsWith('_');
  const versions = removed.filter(isVersion).length;
  const rest = removed.length - versions;
  const parts = [
    ...(versions > 0 ? [count(versions, 'version')] : []),
    ...(rest > 0 ? [count(rest, 'leftover')] : []),
  ];
  return [
    ...removed.map((name) => `removed      ${name}`),
    ...failed.map(({ name, message }) => `NOT removed  ${visible(name)}: ${visible(message)}`),
    `${removed.length === 0 ? 'Nothing to remove' : `Removed ${parts.join(' and ')}`}; ${count(kept, 'version')} kept.`,
  ];
}

const messageOf = (error: unknown): string =>
  OffstageError.isInstance(error) || error instanceof Error ? error.message : String(error);

import type { ManifestEntry } from '@offstage/core';
import type { ShowCommand } from './arguments.ts';
import { describeDurability } from './durability-text.ts';
import type { Output } from './output.ts';
import {
  contentGen,
  findVersion,
  leaseStates,
  listVersions,
  openToRead,
  type SnapshotFolder,
  sizeOf,
  versionPath,
} from './snapshot-folder.ts';
import { count, formatBytes, formatCount, localTime, table, utcTime, visible } from './text.ts';

const firstFiles = 20;
const shortDigest = 12;

export async function show(
  at: SnapshotFolder,
  { json, gen, files }: ShowCommand,
  output: Output,
): Promise<number> {
  const summary = findVersion(at, await listVersions(at), gen);
  // Before it is opened, which takes a lease.
  const leased = (await leaseStates(at, [summary]))(summary);
  await using version = await openToRead(at, summary.gen);
  const { entries, metadata } = version.manifest;
  const size = sizeOf(entries);
  const path = versionPath(at, summary);
  const durability = await at.storage.durability();
  if (json) {
    output.document({
      gen: summary.gen,
      version: summary.version,
      current: summary.current,
      createdAt: utcTime(summary.createdAt),
      content: summary.content,
      path,
      files: size.files,
      bytes: size.bytes,
      leased: leased ?? null,
      durability,
      metadata,
      entries,
    });
    return 0;
  }
  const facts: [string, string][] = [
    ['version', `${summary.version}${summary.current ? ' (current)' : ''}`],
    ['published', localTime(summary.createdAt)],
    ['path', path],
    ['files', `${formatCount(size.files)}, ${formatBytes(size.bytes)}`],
    ['in use', leased === undefined ? 'cannot be told here' : leased ? 'yes' : 'no'],
    ['durability', describeDurability(durability)],
  ];
  if (summary.content !== summary.version) {
    facts.splice(2, 0, ['content', `of generation ${contentGen(summary)}, by a rollback`]);
  }
  const title = (text: string): string => output.style('dim', text);
  output.print(facts.map(([name, value]) => `${title(name.padEnd(10))}  ${visible(value)}`));
  const stored = JSON.stringify(metadata, undefined, 2).split('\n').map(visible);
  output.print([title('metadata'), ...stored.map((line) => `  ${line}`)]);
  if (entries.length > 0) output.print(title('contents'));
  output.print(fileLines(files ? entries : entries.slice(0, firstFiles), files).map(indented));
  const more = entries.length - firstFiles;
  if (!files && more > 0) output.print(`  and ${count(more, 'more file')}: --files shows all`);
  return 0;
}

const indented = (line: string): string => `  ${line}`;

function fileLines(entries: readonly ManifestEntry[], whole: boolean): readonly string[] {
  const rows = entries.map(({ path, bytes, sha256, mediaType }) => [
    formatBytes(bytes),
    whole ? sha256 : `${sha256.slice(0, shortDigest)}…`,
    visible(path) + (mediaType === undefined ? '' : ` (${visible(mediaType)})`),
  ]);
  const columns = [{ title: '', align: 'right' as const }, { title: '' }, { title: '' }];
  return table(columns, rows).slice(1);
}

import { createInterface } from 'node:readline/promises';
import { OffstageError, type RepairProposal, type RepairResult } from '@offstage/core';
import type { RepairCommand } from './arguments.ts';
import type { Output } from './output.ts';
import { contentGen, type SnapshotFolder } from './snapshot-folder.ts';
import { count, localTime, table, utcTime, visible } from './text.ts';

export async function repair(
  at: SnapshotFolder,
  { json, gen, yes, lockTimeoutMs }: RepairCommand,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  await assertStore(at);
  const confirm = async (proposal: RepairProposal): Promise<boolean> => {
    if (!json) output.print(asLines(proposal));
    return yes || (!json && (await ask(signal)));
  };
  const result = await at.store.repair({ confirm, gen, lockTimeoutMs, signal });
  if (json) output.document(asDocument(result));
  else output.print(outcome(result));
  return result.repaired || result.problem === 'none' ? 0 : 1;
}

// A lock would make a file in a folder that is no store.
async function assertStore({ folder, storage }: SnapshotFolder): Promise<void> {
  if ((await storage.names()).length > 0) return;
  const hasCurrent = await storage.readCurrent().then(
    (bytes) => bytes !== undefined,
    () => true,
  );
  if (hasCurrent) return;
  throw new OffstageError(
    'not_found',
    `${folder} holds no snapshots. Name the folder that the application gave to nodeStorage().`,
  );
}

const problems: Readonly<Record<RepairProposal['problem'], string>> = {
  none: 'CURRENT is whole, and the newest one that is known.',
  missing: 'CURRENT is missing.',
  broken: 'CURRENT is damaged.',
  backwards: 'CURRENT is an older one that was put back: newer versions are there.',
};

function asLines({ problem, versions, leftOut }: RepairProposal): readonly string[] {
  const columns = [
    { title: '' },
    { title: 'gen', align: 'right' as const },
    { title: 'version' },
    { title: 'published' },
    { title: '' },
  ];
  const rows = versions.map((version) => [
    version.current ? '*' : '',
    String(version.gen),
    version.version,
    version.current ? 'now' : localTime(version.createdAt),
    version.content === version.version ? '' : `content of ${contentGen(version)}`,
  ]);
  return [
    problems[problem],
    'From their manifests, these versions would be named, * as the current one:',
    '',
    ...table(columns, rows),
    '',
    ...leftOut.map(({ name, reason }) => `left out  ${visible(name)}: ${visible(reason)}`),
    ...(leftOut.length > 0 ? ['The next writer removes what is left out.'] : []),
  ];
}

function outcome({ problem, versions, repaired }: RepairResult): string {
  if (problem === 'none') return `${problems.none} Nothing to repair.`;
  if (repaired) return `CURRENT was written; ${count(versions.length, 'version')} named.`;
  return 'Nothing was changed. To write this CURRENT: --yes';
}

/** False where nobody can be asked. */
async function ask(signal: AbortSignal): Promise<boolean> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question('Write it? [y/N] ', { signal })).trim());
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    terminal.close();
  }
}

const asDocument = ({ problem, versions, leftOut, repaired }: RepairResult) => ({
  problem,
  repaired,
  versions: versions.map(({ gen, version, current, createdAt, content }) => ({
    gen,
    version,
    current,
    createdAt: utcTime(createdAt),
    content,
  })),
  leftOut,
});

import { OffstageError } from '@offstage/core';
import type { RollbackCommand } from './arguments.ts';
import { describeDurability } from './durability-text.ts';
import type { Output } from './output.ts';
import { contentGen, findVersion, listVersions, type SnapshotFolder } from './snapshot-folder.ts';
import { localTime, table, utcTime } from './text.ts';
import { verifyVersion } from './verify.ts';

export async function rollback(
  at: SnapshotFolder,
  { json, gen, verify, lockTimeoutMs }: RollbackCommand,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const before = await listVersions(at);
  const target = findVersion(at, before, gen);
  if (target.current) {
    throw new OffstageError(
      'conflict',
      `Generation ${gen} is the current one already. Nothing was changed.`,
    );
  }
  if (verify) {
    const report = await verifyVersion(at, target, output, signal);
    const [problem] = report?.problems ?? [];
    if (problem !== undefined) {
      throw new OffstageError(
        'corrupt',
        `Version ${target.version} is damaged: ${problem.path} ${problem.problem}. Nothing was changed.`,
      );
    }
  }
  const published = await at.store.rollback(gen, { lockTimeoutMs, signal });
  const after = await at.store.list();
  const now = after.find((version) => version.gen === published.gen);
  // What was current when the lock was held, which may be newer than what was seen before.
  const was = [...before, ...after].find((version) => version.gen === published.gen - 1);
  const { durability } = published;
  if (json) {
    output.document({
      was: was && { gen: was.gen, version: was.version, createdAt: utcTime(was.createdAt) },
      now: { gen: published.gen, version: published.version, content: target.content },
      durability,
    });
    return 0;
  }
  const rows = [
    ...(was === undefined ? [] : [['was', String(was.gen), was.version, localTime(was.createdAt)]]),
    ['now', String(published.gen), published.version, now ? localTime(now.createdAt) : ''],
  ];
  const columns = [{ title: '' }, { title: '', align: 'right' as const }, { title: '' }];
  output.print([
    ...table([...columns, { title: '' }], rows).slice(1),
    `with the content of generation ${contentGen(target)} (${target.content})`,
    describeDurability(durability),
  ]);
  return 0;
}

import type { WatchCommand } from './arguments.ts';
import type { Output } from './output.ts';
import { contentGen, type SnapshotFolder } from './snapshot-folder.ts';
import { localTime, utcTime } from './text.ts';

export async function watch(
  { store }: SnapshotFolder,
  { json, after, once }: WatchCommand,
  output: Output,
  stop: AbortSignal,
): Promise<number> {
  const [current] = await store.list();
  const gen = after ?? current?.gen ?? 0;
  const signal = AbortSignal.any([stop, output.gone]);
  if (!json) {
    output.note(`Watching for what comes after generation ${gen}. Ctrl-C ends.`);
  }
  try {
    for await (const version of store.watch({ after: gen, signal })) {
      const { content, createdAt } = version;
      if (json) {
        output.document({
          gen: version.gen,
          version: version.version,
          createdAt: utcTime(createdAt),
          content,
        });
      } else {
        const of = content === version.version ? '' : `  content of ${contentGen(version)}`;
        output.print(`${localTime(createdAt)}  ${version.version}${of}`);
      }
      if (once) return 0;
    }
  } catch (error) {
    if (output.gone.aborted && !stop.aborted) return 0;
    throw error;
  }
  return 0;
}

import type { Clock } from '@offstage/core';
import { FolderHints } from './folder-hints.ts';
import { FolderLoop, type FolderLoopOptions } from './folder-loop.ts';

export interface WatchFolderOptions
  extends Pick<FolderLoopOptions, 'look' | 'onWaiting' | 'onTaken'> {
  /** Absolute. */
  readonly folder: string;
  /** The data folder, which may lie inside. */
  readonly dataFolder: string;
  /** Told once where the system does not tell what happens in the folder, with its code. */
  readonly onDeaf: (code: string) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** How often a folder is looked at of which nothing is heard, in milliseconds. */
const deafRescanMs = 10_000;

/**
 * Watches a folder until the signal is aborted: looks at it at once, and again whenever something has
 * happened in it and settled, or now and then, for nobody can promise that all is heard.
 */
export async function watchFolder(options: WatchFolderOptions): Promise<void> {
  const { folder, dataFolder, look, onDeaf, signal, ...others } = options;
  let looks = 0;
  const hints = new FolderHints({
    folder,
    except: dataFolder,
    onHint: () => loop.hint(),
    onDeaf: (code) => {
      loop.rescanEvery(deafRescanMs);
      onDeaf(code);
    },
  });
  const loop = new FolderLoop({
    ...others,
    look: async (asked) => {
      looks += 1;
      // Now and then whether or not a folder is known to have come: that may not have been heard either.
      await hints.sync({ all: looks % 20 === 0 });
      return look(asked);
    },
  });
  try {
    await loop.run(signal);
  } finally {
    hints.close();
  }
}

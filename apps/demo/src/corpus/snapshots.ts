import { readdirSync } from 'node:fs';
import path from 'node:path';
import { OffstageError, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { corpusMetadata } from './corpus-metadata.ts';

/** How long an ingest waits for another one on the same data folder, before it says so. */
const lockTimeoutMs = 1000;

/** How many versions are kept; the oldest ones go. */
export const keptVersions = 5;

/** The snapshots in a data folder, which need not be there yet. */
export const openSnapshots = (dataFolder: string) =>
  new SnapshotStore({
    storage: nodeStorage(path.join(dataFolder, 'snapshots')),
    metadata: corpusMetadata,
    retain: keptVersions,
    lockTimeoutMs,
  });

/**
 * Removes what an ingest left behind that was killed. Writing a version does so by itself; this is for whoever
 * found nothing to write. What somebody at work has there is let be.
 */
export async function sweep(dataFolder: string): Promise<void> {
  if (!readdirSync(path.join(dataFolder, 'snapshots')).some((name) => name.startsWith('_'))) return;
  try {
    await using draft = await openSnapshots(dataFolder).begin({ lockTimeoutMs: 0 });
    await draft.discard();
  } catch (error) {
    if (!OffstageError.isInstance(error)) throw error;
  }
}

import { SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { corpusMetadata } from './corpus-metadata.ts';

/** How long an ingest waits for another one on the same data folder, before it says so. */
const lockTimeoutMs = 1000;

/** The snapshots in a data folder. */
export const openSnapshots = (dataFolder: string) =>
  new SnapshotStore({
    storage: nodeStorage(dataFolder),
    metadata: corpusMetadata,
    retain: 5,
    lockTimeoutMs,
  });

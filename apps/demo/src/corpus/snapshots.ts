import path from 'node:path';
import { SnapshotStore } from '@offstage/core';
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

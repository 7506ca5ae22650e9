import { InlineExecutor, type JobClient, JobManager, type TerminalJobView } from '@offstage/core';
import { onTestFinished } from 'vitest';
import { createIngestHandler } from '../change/ingest-handler.ts';
import { type IngestResult, ingest } from '../change/ingest-job.ts';
import { ChildPool } from '../reading/child-pool.ts';

// Parsers that are loaded go on with what the next test reads, as they do in a server from change to change.
const sharedPool = new ChildPool();

/** A manager whose jobs run in this thread; their parsers run in processes as ever. */
export function inlineJobs(pool = sharedPool): JobClient {
  const manager = new JobManager({ executor: new InlineExecutor([createIngestHandler(pool)]) });
  onTestFinished(async () => {
    await manager.shutdown();
  });
  return manager.forOwner('test');
}

/** Ingests to the end, whatever it is. */
export async function settleIngest(
  folder: string,
  dataFolder: string,
  options: { fileTimeoutMs?: number; memoryLimitMb?: number } = {},
  pool?: ChildPool,
): Promise<TerminalJobView<IngestResult>> {
  const jobs = inlineJobs(pool);
  const { id } = await jobs.start(ingest, { folder, dataFolder, ...options });
  return jobs.wait(id);
}

/** Ingests and publishes. */
export async function runIngest(
  folder: string,
  dataFolder: string,
  pool?: ChildPool,
): Promise<IngestResult> {
  const end = await settleIngest(folder, dataFolder, {}, pool);
  if (end.status !== 'succeeded') throw new Error(`The ingest ended as ${end.status}.`);
  return end.result;
}

import { type JobClient, type JobId, JobManager, type ProgressEvent } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import type { IngestResult } from '../change/ingest-job.ts';
import type { IngestArguments } from './arguments.ts';
import { type IngestDisplay, jsonDisplay, textDisplay } from './ingest-display.ts';

/** Runs ingests, one after another in the same thread. */
export function ingestManager(): JobManager {
  const manager = new JobManager({
    executor: new WorkerExecutor({ entry: new URL('../change/ingest.worker.ts', import.meta.url) }),
    progressCapacity: 1000,
  });
  manager.on('error', ({ error, reference }) => {
    // The failure tells what it may; who runs this on their own machine may see the rest.
    if (process.env.OFFSTAGE_DEBUG) console.error(reference, error);
  });
  return manager;
}

export const inputOf = (args: IngestArguments) => {
  const { folder, dataFolder, fileTimeoutMs, memoryLimitMb, checksum, fresh } = args;
  return { folder, dataFolder, fileTimeoutMs, memoryLimitMb, checksum, fresh };
};

export const displayFor = (args: IngestArguments): IngestDisplay =>
  args.json ? jsonDisplay() : textDisplay({ searchCommand: searchCommand(args) });

const pollMs = 100;

/** Shows a job's progress until it ends. */
export async function follow(
  jobs: JobClient,
  id: JobId<IngestResult>,
  display: { progress(events: readonly ProgressEvent[], missed: number): void },
) {
  let after = 0;
  const look = async (): Promise<void> => {
    const { events, cursor, missed } = await jobs.poll(id, { after, limit: 1000 });
    after = cursor;
    if (events.length > 0 || missed > 0) display.progress(events, missed);
  };
  const timer = setInterval(() => void look(), pollMs);
  const end = await jobs.wait(id);
  clearInterval(timer);
  await look();
  return end;
}

function searchCommand({ dataOption }: IngestArguments): string {
  if (dataOption === undefined) return 'npm run search -- "words"';
  const plain = /^[\w./:\\-]+$/.test(dataOption);
  const data = ` --data ${plain ? dataOption : JSON.stringify(dataOption)}`;
  return `npm run search -- "words"${data}`;
}

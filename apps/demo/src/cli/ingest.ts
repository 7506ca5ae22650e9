import { type JobClient, type JobId, JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { type IngestResult, ingest } from '../change/ingest-job.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { type IngestArguments, ingestUsage, readIngestArguments, UsageError } from './arguments.ts';
import { type IngestDisplay, jsonDisplay, textDisplay } from './ingest-display.ts';
import { stopOnSignal } from './stop-on-signal.ts';

// Who reads the output may stop reading; the ingest goes on.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

async function main(): Promise<number> {
  try {
    const args = readIngestArguments(process.argv.slice(2));
    if (args !== 'help') return await run(args);
    console.log(ingestUsage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${ingestUsage}`);
    return 1;
  }
}

async function run(args: IngestArguments): Promise<number> {
  const display = args.json ? jsonDisplay() : textDisplay({ searchCommand: searchCommand(args) });
  const manager = new JobManager({
    executor: new WorkerExecutor({ entry: new URL('../change/ingest.worker.ts', import.meta.url) }),
    progressCapacity: 1000,
  });
  manager.on('error', ({ error, reference }) => {
    // The failure tells what it may; who runs this on their own machine may see the rest.
    if (process.env.OFFSTAGE_DEBUG) console.error(reference, error);
  });
  const jobs = manager.forOwner('terminal');
  const { folder, dataFolder, fileTimeoutMs, memoryLimitMb, checksum, fresh } = args;
  const startedAt = performance.now();
  const { id } = await jobs.start(
    ingest,
    { folder, dataFolder, fileTimeoutMs, memoryLimitMb, checksum, fresh },
    { exclusivityKey: dataFolder },
  );
  display.started(id);
  const stop = stopOnSignal({
    cancel: () => {
      display.canceling();
      void jobs.cancel(id);
    },
    endAtOnce: () => display.stoppedAtOnce(),
  });

  const end = await follow(jobs, id, display);
  stop.disarm();
  await manager.shutdown();
  switch (end.status) {
    case 'succeeded':
      display[end.result.published ? 'published' : 'unchanged'](
        end.result,
        performance.now() - startedAt,
      );
      return 0;
    case 'failed':
      display.failed(end.failure);
      return 1;
    case 'canceled':
      display.canceled(await currentVersion(dataFolder));
      return stop.exitCode();
  }
}

const pollMs = 100;

/** Shows a job's progress until it ends. */
async function follow(jobs: JobClient, id: JobId<IngestResult>, display: IngestDisplay) {
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

async function currentVersion(dataFolder: string): Promise<string | undefined> {
  try {
    await using version = await openSnapshots(dataFolder).current();
    return version?.version;
  } catch {
    return undefined; // what is wrong with it, the next ingest or search will say
  }
}

function searchCommand({ dataOption }: IngestArguments): string {
  if (dataOption === undefined) return 'npm run search -- "words"';
  const plain = /^[\w./:\\-]+$/.test(dataOption);
  const data = ` --data ${plain ? dataOption : JSON.stringify(dataOption)}`;
  return `npm run search -- "words"${data}`;
}

// Last, for everything above is to be there when it runs.
process.exitCode = await main();

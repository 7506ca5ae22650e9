import { ingest } from '../change/ingest-job.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { type IngestArguments, ingestUsage, readIngestArguments, UsageError } from './arguments.ts';
import { displayFor, follow, ingestManager, inputOf } from './run-ingest.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { watchInTerminal } from './watch.ts';

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

const run = (args: IngestArguments): Promise<number> =>
  args.watch ? watchInTerminal(args) : ingestOnce(args);

async function ingestOnce(args: IngestArguments): Promise<number> {
  const display = displayFor(args);
  const manager = ingestManager();
  const jobs = manager.forOwner('terminal');
  const { dataFolder } = args;
  const startedAt = performance.now();
  const { id } = await jobs.start(ingest, inputOf(args), { exclusivityKey: dataFolder });
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

async function currentVersion(dataFolder: string): Promise<string | undefined> {
  try {
    await using version = await openSnapshots(dataFolder).current();
    return version?.version;
  } catch {
    return undefined; // what is wrong with it, the next ingest or search will say
  }
}

// Last, for everything above is to be there when it runs.
process.exitCode = await main();

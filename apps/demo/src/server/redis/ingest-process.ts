// A worker process of Documents: runs changes that wait in Redis, in a thread. The server starts it.
import { serveBullJobs } from '@offstage/bullmq';
import { WorkerExecutor } from '@offstage/node-worker';
import { changeWork } from '../../change/change-work.ts';
import { describe, newReference } from '../logs/logger.ts';
import type { WorkerNews, WorkerOrder, WorkerSetup } from './worker-setup.ts';

const { OFFSTAGE_WORKER = '', OFFSTAGE_DEBUG, ...env } = process.env;
// The server wrote it.
const setup = JSON.parse(OFFSTAGE_WORKER) as WorkerSetup;
delete process.env.OFFSTAGE_WORKER;

const served = serveBullJobs({
  connection: { url: setup.url },
  queueName: setup.queueName,
  definitions: [changeWork],
  lockMs: setup.lockMs,
  executor: new WorkerExecutor({
    entry: new URL('../changes/documents.worker.ts', import.meta.url),
    threads: 1,
    name: 'documents',
    env: { ...env, OFFSTAGE_PARSED: setup.parsed, ...(setup.stub && { OFFSTAGE_STUB: '1' }) },
  }),
});

function tell(news: WorkerNews): void {
  if (process.connected) process.send?.(news, () => undefined);
}

served.on('error', ({ error, reference, jobId }) => {
  tell({ type: 'error', line: { event: 'error', reference, jobId, ...describe(error) } });
  if (OFFSTAGE_DEBUG !== undefined) console.error(reference, error);
});

let isEnding = false;

/** What obeys within the grace goes back to the line, for the next worker. */
function end(graceMs = 5000): void {
  if (isEnding) return;
  isEnding = true;
  served.shutdown({ graceMs }).then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

// A Ctrl-C comes to all processes of a terminal, and the server tells this one as well.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end());
process.on('message', ({ graceMs }: WorkerOrder) => end(graceMs));
// The server is gone, and nobody would ever end this one.
process.on('disconnect', () => end());

served.ready().then(
  () => tell({ type: 'ready' }),
  (error) => {
    const reference = newReference();
    tell({ type: 'error', line: { event: 'error', reference, ...describe(error) } });
    end(0);
  },
);

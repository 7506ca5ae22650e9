import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { type JobClient, JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { collect, interleave, median, pairedRatio, perSecond } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { flood } from './definitions.ts';

const reportsPerRound = 500_000;

async function accepted(jobs: JobClient, reports: number): Promise<number> {
  const { id } = await jobs.start(flood, { reports });
  const end = await jobs.wait(id);
  await jobs.consume(id);
  return end.result ?? Number.NaN;
}

/** Resolves when all messages have arrived, so that the next contestant has the machine to itself. */
function posted(worker: Worker, reports: number): Promise<number> {
  return new Promise((resolve) => {
    const onMessage = (message: { readonly perSecond?: number }): void => {
      if (message.perSecond === undefined) return;
      worker.off('message', onMessage);
      resolve(message.perSecond);
    };
    worker.on('message', onMessage);
    worker.postMessage(reports);
  });
}

async function againstPostMessage(jobs: JobClient): Promise<Row> {
  const worker = new Worker(new URL('./raw-progress.worker.ts', import.meta.url));
  const { ours, theirs } = await interleave(7, {
    ours: () => accepted(jobs, reportsPerRound),
    theirs: () => posted(worker, reportsPerRound),
  });
  await worker.terminate();
  const ratio = pairedRatio(ours, theirs);
  return {
    measure: 'progress accepted in the thread, against raw postMessage',
    ours: perSecond(median(ours)),
    peer: perSecond(median(theirs)),
    ratio,
    target: 'at least 8',
    pass: ratio >= 8,
  };
}

/** P6: ten million reports, while the main thread is blocked for a second. */
async function whileBlocked(jobs: JobClient): Promise<readonly Row[]> {
  await accepted(jobs, reportsPerRound);
  collect();
  const before = process.memoryUsage().rss;
  let peak = before;
  const { id } = await jobs.start(flood, { reports: 10_000_000 });
  while ((await jobs.get(id))?.progress == null) await new Promise(setImmediate);
  const unblockAt = performance.now() + 1000;
  while (performance.now() < unblockAt) peak = Math.max(peak, process.memoryUsage.rss());
  await new Promise(setImmediate);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  await jobs.wait(id);
  // The thread may have been done while the main thread was blocked: the flood goes on.
  await accepted(jobs, 20_000_000);
  delay.disable();
  clearInterval(sampler);
  await jobs.consume(id);
  const p99Ms = delay.percentile(99) / 1e6;
  const grownMiB = (peak - before) / 2 ** 20;
  return [
    {
      measure: 'event loop delay p99 once main runs again, the flood going on',
      ours: `${p99Ms.toFixed(1)} ms`,
      peer: '',
      ratio: null,
      target: 'under 10 ms',
      pass: p99Ms < 10,
    },
    {
      measure: 'growth of the process, main blocked for 1 s in 10 million reports',
      ours: `${grownMiB.toFixed(1)} MiB`,
      peer: '',
      ratio: null,
      target: 'at most 16 MiB',
      pass: grownMiB <= 16,
    },
  ];
}

const bench: Bench = {
  name: 'Progress from a synchronous loop in a thread',
  async run() {
    const manager = new JobManager({
      executor: new WorkerExecutor({ entry: new URL('./offstage.worker.ts', import.meta.url) }),
    });
    const jobs = manager.forOwner('bench');
    // First, while the heap is as small as an application's own.
    const blocked = await whileBlocked(jobs);
    const rows = [await againstPostMessage(jobs), ...blocked];
    await manager.shutdown();
    return rows;
  },
};

export default bench;
await runAlone(import.meta, bench);

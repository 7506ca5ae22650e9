import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { Queue, QueueEvents, Worker } from 'bullmq';
import PQueue from 'p-queue';
import { z } from 'zod';
import {
  interleave,
  laneThroughput,
  median,
  pairedRatio,
  perSecond,
  throughput,
} from '../measure.ts';
import { startRedis } from '../redis.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

const noop = defineJob({
  name: 'noop',
  input: z.object({ n: z.number() }),
  result: z.number(),
  phases: ['run'],
});

const rounds = 9;
const jobsPerRound = 20_000;

/** `keep`: nobody consumes the jobs, so all of a round are retained, which p-queue never does. */
function offstage(total: number, depth: number, keep: boolean): Promise<number> {
  const manager = new JobManager({
    // What is kept is the measure.
    maxKeptPerOwner: Infinity,
    executor: new InlineExecutor([handle(noop, async ({ input }) => input.n)]),
    concurrency: 4,
  });
  const jobs = manager.forOwner('bench');
  return laneThroughput(total, depth, async (next) => {
    while (next()) {
      const { id } = await jobs.start(noop, { n: 1 });
      await jobs.wait(id);
      if (!keep) await jobs.consume(id);
    }
  });
}

function pQueue(total: number, depth: number): Promise<number> {
  const queue = new PQueue({ concurrency: 4 });
  return laneThroughput(total, depth, async (next) => {
    while (next()) await queue.add(async () => 1);
  });
}

async function againstPQueue(depth: number, keep: boolean, least = 0.5): Promise<Row> {
  const { ours, theirs } = await interleave(rounds, {
    ours: () => offstage(jobsPerRound, depth, keep),
    theirs: () => pQueue(jobsPerRound, depth),
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    measure: `no-op, start to settled, ${keep ? 'kept' : 'consumed'}, ${depth} in flight, against p-queue 10`,
    ours: perSecond(median(ours)),
    peer: perSecond(median(theirs)),
    ratio,
    target: `at least ${least}`,
    pass: ratio >= least,
  };
}

async function againstBullMQ(): Promise<Row> {
  const row = {
    measure: 'no-op, start to settled, kept, 1,000 in flight, against BullMQ 6 on Redis',
    target: 'at least 20',
  };
  const redis = await startRedis();
  if (redis === undefined) {
    return { ...row, ours: '', peer: 'no redis-server here', ratio: null, pass: null };
  }
  const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
  const queue = new Queue('noop', { connection });
  const events = new QueueEvents('noop', { connection });
  const worker = new Worker('noop', async () => 1, { connection, concurrency: 100 });
  const completed = completions(events);
  try {
    await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);
    const { ours, theirs } = await interleave(5, {
      ours: () => offstage(jobsPerRound, 1000, true),
      theirs: () =>
        throughput(4000, 1000, async () => {
          const { id } = await queue.add('noop', { n: 1 }, { removeOnComplete: true });
          return completed(id);
        }),
    });
    const ratio = pairedRatio(ours, theirs);
    return {
      ...row,
      ours: perSecond(median(ours)),
      peer: perSecond(median(theirs)),
      ratio,
      pass: ratio >= 20,
    };
  } finally {
    await Promise.all([worker.close(), events.close(), queue.close()]);
    await redis.stop();
  }
}

/**
 * Waits for jobs by one listener for all: `waitUntilFinished` adds some for each job, of which a thousand in
 * flight are more than an emitter is made for.
 */
function completions(events: QueueEvents): (id: string | undefined) => Promise<void> {
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
  events.on('completed', ({ jobId }) => {
    const resolve = waiting.get(jobId);
    if (!waiting.delete(jobId)) early.add(jobId);
    resolve?.();
  });
  return (id = '') =>
    early.delete(id)
      ? Promise.resolve()
      : new Promise((resolve) => {
          waiting.set(id, resolve);
        });
}

const bench: Bench = {
  name: 'Jobs in this thread',
  async run() {
    return [
      await againstPQueue(1, false, 0.8),
      await againstPQueue(1000, false),
      await againstPQueue(1, true),
      await againstPQueue(1000, true, 0.6),
      await againstBullMQ(),
    ];
  },
};
export default bench;

await runAlone(import.meta, bench);

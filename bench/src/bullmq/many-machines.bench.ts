import { setTimeout as sleep } from 'node:timers/promises';
import { BullJobManager, serveBullJobs } from '@offstage/bullmq';
import { defineJob, type HandledJob, handle, InlineExecutor, type JobClient } from '@offstage/core';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { interleave, median, pairedRatio, perSecond, quantile, throughput } from '../measure.ts';
import { startRedis } from '../redis.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

const jobsPerRound = 2000;
const roundCount = 5;
const inFlight = 100;
const concurrency = 100;

const input = z.object({ n: z.number() });
const noop = defineJob({ name: 'noop', input, result: z.number(), phases: ['run'] });
const noisy = defineJob({ name: 'noisy', input, result: z.number(), phases: ['run'] });
const waiting = defineJob({ name: 'waiting', input, result: z.number(), phases: ['run'] });

type Port = number;

/** A queue with a manager and a worker in this process. */
async function withJobs<T>(
  port: Port,
  jobs: readonly HandledJob[],
  use: (alice: JobClient, manager: BullJobManager) => Promise<T>,
): Promise<T> {
  const connection = { url: `redis://127.0.0.1:${port}` };
  const queueName = `q${Math.random().toString(36).slice(2)}`;
  const definitions = jobs.map(({ definition }) => definition);
  const executor = new InlineExecutor(jobs);
  const served = serveBullJobs({ connection, queueName, definitions, executor, concurrency });
  await served.ready();
  const manager = new BullJobManager({
    connection,
    queueName,
    definitions,
    maxKeptPerOwner: 100_000,
  });
  try {
    return await use(manager.forOwner('alice'), manager);
  } finally {
    await manager.close();
    await served.shutdown({ graceMs: 5000 });
  }
}

interface Round {
  ended(): void;
  /** Resolves to jobs a second, once all have ended. */
  run(start: () => Promise<unknown>): Promise<number>;
}

function rounds(): Round {
  let done = 0;
  let all = (): void => {};
  return {
    ended() {
      done += 1;
      if (done === jobsPerRound) all();
    },
    async run(start) {
      done = 0;
      const finished = new Promise<void>((resolve) => {
        all = resolve;
      });
      const startedAt = performance.now();
      await throughput(jobsPerRound, inFlight, start);
      await finished;
      return (jobsPerRound / (performance.now() - startedAt)) * 1000;
    },
  };
}

/** A queue of BullMQ alone; its ends are heard of the worker itself, or of Redis, as another process would. */
async function bareQueue(port: Port, name: string, hears: 'worker' | 'events') {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const { ended, run } = rounds();
  const queue = new Queue(name, { connection });
  const worker = new Worker(name, async ({ data }) => data.n, { connection, concurrency });
  const events = hears === 'events' ? new QueueEvents(name, { connection }) : undefined;
  if (events === undefined) worker.on('completed', ended);
  else events.on('completed', ended);
  await worker.waitUntilReady();
  await events?.waitUntilReady();
  const options = { removeOnComplete: { count: 1000 } };
  return {
    round: () => run(() => queue.add('noop', { n: 1 }, options)),
    async close() {
      await events?.close();
      await worker.close();
      await queue.close();
    },
  };
}

/**
 * Both ways: jobs are added with so many adds in flight while a worker of the process runs them. Whoever starts a job of ours
 * hears of its end from Redis, wherever it ran; BullMQ does less where its worker says so in the process, and the same with its
 * events.
 */
async function jobsPerSecond(port: Port): Promise<readonly Row[]> {
  const bare = await bareQueue(port, 'bare', 'worker');
  const heard = await bareQueue(port, 'heard', 'events');
  const figures = await withJobs(
    port,
    [handle(noop, ({ input: { n } }) => n)],
    (alice, manager) => {
      const { ended, run } = rounds();
      manager.on('succeeded', ended);
      return interleave(roundCount, {
        ours: () => run(() => alice.start(noop, { n: 1 })),
        bare: bare.round,
        heard: heard.round,
      });
    },
  );
  await bare.close();
  await heard.close();
  const ratio = pairedRatio(figures.ours, figures.bare);
  return [
    {
      measure: 'jobs a second, against bare BullMQ with the same handler and concurrency',
      ours: perSecond(median(figures.ours)),
      peer: perSecond(median(figures.bare)),
      ratio,
      target: 'at least 0.7',
      pass: ratio >= 0.7,
    },
    {
      measure: 'the same, where each end is heard from Redis on both sides (QueueEvents)',
      ours: perSecond(median(figures.ours)),
      peer: perSecond(median(figures.heard)),
      ratio: pairedRatio(figures.ours, figures.heard),
      target: '',
      pass: null,
    },
  ];
}

/** Fifty jobs report ten thousand times a second each, for some seconds. */
async function progress(port: Port): Promise<readonly Row[]> {
  const jobs = 50;
  const seconds = 4;
  const handler = handle(noisy, async ({ report, signal }) => {
    for (let beat = 0; !signal.aborted; beat += 1) {
      for (let each = 0; each < 100; each += 1) {
        report({ phase: 'run', percent: each, message: `event ${beat} of many, ${each}` });
      }
      await sleep(10);
    }
    return 1;
  });
  const probe = new Redis(port, '127.0.0.1');
  const field = async (section: string, name: string): Promise<number> =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await probe.info(section))?.[1] ?? 0);
  // Commands that a client sent; what a script calls within Redis is not on the wire.
  const commands = async (): Promise<number> => {
    const text = await probe.info('commandstats');
    const calls = (name: string): number =>
      Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return calls('evalsha') + calls('eval');
  };
  const before = await field('memory', 'used_memory');
  const [rate, grown] = await withJobs(port, [handler], async (alice) => {
    const views = await Promise.all(
      Array.from({ length: jobs }, (_, n) => alice.start(noisy, { n })),
    );
    await sleep(1000);
    const first = await commands();
    await sleep(1000 * seconds);
    const perJob = ((await commands()) - first) / seconds / jobs;
    const memory = (await field('memory', 'used_memory')) - before;
    await Promise.all(views.map(({ id }) => alice.cancel(id)));
    await Promise.all(views.map(({ id }) => alice.wait(id)));
    return [perJob, memory] as const;
  });
  probe.disconnect();
  return [
    {
      measure:
        'progress at 10,000 events a second a job, 50 jobs: scripts sent to Redis a second a job',
      ours: rate.toFixed(1),
      peer: '',
      ratio: null,
      target: 'at most 20',
      pass: rate <= 20,
    },
    {
      measure: 'the same: memory in Redis a job',
      ours: `${Math.round(grown / jobs / 1024)} KiB`,
      peer: '',
      ratio: null,
      target: 'at most 64 KiB',
      pass: grown / jobs <= 65_536,
    },
  ];
}

async function cancels(port: Port): Promise<Row> {
  const abortedAt = new Map<string, number>();
  const handler = handle(waiting, ({ signal, report, jobId }) => {
    report({ phase: 'run' });
    return new Promise<number>((_, reject) => {
      signal.addEventListener('abort', () => {
        abortedAt.set(jobId, performance.now());
        reject(signal.reason);
      });
    });
  });
  const delays = await withJobs(port, [handler], async (alice) => {
    const figures: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      const { id } = await alice.start(waiting, { n });
      while ((await alice.get(id))?.status !== 'running') await sleep(1);
      const canceledAt = performance.now();
      await alice.cancel(id);
      await alice.wait(id);
      figures.push((abortedAt.get(id) ?? Number.NaN) - canceledAt);
    }
    return figures;
  });
  const p99 = quantile(delays, 0.99);
  return {
    measure: 'cancel to signal.aborted over Redis, p99',
    ours: `${p99.toFixed(1)} ms`,
    peer: '',
    ratio: null,
    target: 'under 250 ms',
    pass: p99 < 250,
  };
}

async function observed(port: Port): Promise<Row> {
  const count = 10_000;
  const handler = handle(noop, ({ input: { n } }) => n);
  const cost = await withJobs(port, [handler], async (alice) => {
    const ids: string[] = [];
    await throughput(count, inFlight, async () => {
      ids.push((await alice.start(noop, { n: 1 }, { delayMs: 3_600_000 })).id);
    });
    const figures: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      const before = process.cpuUsage();
      for (let first = 0; first < count; first += 1000) {
        await alice.pollMany(ids.slice(first, first + 1000).map((id) => ({ id, after: 0 })));
      }
      const { user, system } = process.cpuUsage(before);
      figures.push((user + system) / 1000);
    }
    return median(figures.slice(2));
  });
  return {
    measure: '10,000 observed jobs by batched poll: CPU of the server an interval',
    ours: `${cost.toFixed(0)} ms`,
    peer: '',
    ratio: null,
    target: 'under 100 ms',
    pass: cost < 100,
  };
}

const bench: Bench = {
  name: 'Many machines',
  async run() {
    const redis = await startRedis();
    if (redis === undefined) return [];
    try {
      const { port } = redis;
      return [
        ...(await jobsPerSecond(port)),
        ...(await progress(port)),
        await cancels(port),
        await observed(port),
      ];
    } finally {
      await redis.stop();
    }
  },
};
export default bench;

await runAlone(import.meta, bench);

import { setTimeout as sleep } from 'node:timers/promises';
import { BullJobManager, serveBullJobs } from '@offstage/bullmq';
import { defineJob, type HandledJob, handle, InlineExecutor } from '@offstage/core';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { throughput } from '../measure.ts';
import { startRedis } from '../redis.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { type Costs, type Fleet, mostThatKeepsUp, seeded, simulateFleet } from './fleet-model.ts';

const input = z.object({ n: z.number() });
const quick = defineJob({ name: 'quick', input, result: z.number(), phases: ['run'] });
const noisy = defineJob({ name: 'noisy', input, result: z.number(), phases: ['run'] });
const handlers: readonly HandledJob[] = [
  handle(quick, ({ input: { n } }) => n),
  handle(noisy, async ({ report, signal }) => {
    while (!signal.aborted) {
      report({ phase: 'run', percent: 50, message: 'one of many reports' });
      await sleep(5);
    }
    return 1;
  }),
];
const definitions = handlers.map(({ definition }) => definition);

/** What things cost a Redis of this machine, by the processor time that it says it took. */
async function measureCosts(port: number): Promise<Costs> {
  const probe = new Redis(port, '127.0.0.1');
  const info = async (section: string, name: string): Promise<number> =>
    Number(
      new RegExp(`^${name}[:=](?:calls=)?([\\d.]+)`, 'm').exec(await probe.info(section))?.[1] ?? 0,
    );
  const cpu = async (): Promise<number> =>
    (await info('cpu', 'used_cpu_user')) + (await info('cpu', 'used_cpu_sys'));
  const spent = async (act: () => Promise<unknown>): Promise<number> => {
    const before = await cpu();
    await act();
    return (await cpu()) - before;
  };
  const connection = { url: `redis://127.0.0.1:${port}` };
  const common = { connection, queueName: 'fleet', definitions };
  const serve = () =>
    serveBullJobs({ ...common, executor: new InlineExecutor(handlers), concurrency: 50 });
  const manager = new BullJobManager({ ...common, maxQueued: 1e6, maxKeptPerOwner: 1e5 });
  const alice = manager.forOwner('alice');
  const startMany = (count: number, delayMs?: number): Promise<unknown> =>
    throughput(count, 50, async () => {
      ids.push((await alice.start(quick, { n: 1 }, delayMs === undefined ? {} : { delayMs })).id);
    });
  const ids: string[] = [];

  await startMany(200, 3_600_000);
  const start = (await spent(() => startMany(1500, 3_600_000))) / 1500;
  // Those that are under way at a time ask for other jobs each, as they would share a look.
  const look = async (batch: number, times: number): Promise<number> => {
    let at = 0;
    const ask = () => {
      const asked = ids.slice(at, at + batch).map((id) => ({ id, after: 0 }));
      at = (at + batch) % (ids.length - batch);
      return alice.pollMany(asked);
    };
    return (await spent(() => throughput(times, batch === 1 ? 50 : 10, ask))) / times;
  };
  await look(1, 500);
  const [one, hundred] = [await look(1, 4000), await look(100, 100)];
  const lookAtJob = (hundred - one) / 99;

  const first = serve();
  await first.ready();
  const life = async (count: number): Promise<number> => {
    const ended = new Promise<void>((resolve) => {
      let left = count;
      const off = manager.on('succeeded', () => {
        left -= 1;
        if (left > 0) return;
        off();
        resolve();
      });
    });
    return (await spent(() => Promise.all([startMany(count), ended]))) / count;
  };
  await life(300);
  const step = Math.max(0, (await life(1500)) - start) / 2;

  const reporting = await Promise.all(
    Array.from({ length: 40 }, (_, n) => alice.start(noisy, { n })),
  );
  await sleep(500);
  // Several batches travel as one command, and each is added to the events of its job.
  const added = await info('commandstats', 'cmdstat_rpush');
  const reported = await spent(() => sleep(2000));
  const progress = reported / ((await info('commandstats', 'cmdstat_rpush')) - added);
  for (const { id } of reporting) await alice.cancel(id);
  await Promise.all(reporting.map(({ id }) => alice.wait(id)));
  await first.shutdown();

  const listeners = Array.from({ length: 50 }, () => new Redis(port, '127.0.0.1'));
  await Promise.all(listeners.map((each) => each.subscribe('fleet-news')));
  const publish = async (channel: string): Promise<number> =>
    (await spent(() => throughput(2000, 50, () => probe.publish(channel, 'x'.repeat(23))))) / 2000;
  const delivery = Math.max(0, ((await publish('fleet-news')) - (await publish('nobody'))) / 50);
  for (const each of listeners) each.disconnect();

  // Each has its connections, asks for jobs and looks after what nobody asks for.
  const many = Array.from({ length: 20 }, serve);
  await Promise.all(many.map((each) => each.ready()));
  await sleep(500);
  const idle = (await spent(() => sleep(4000))) / 4 / many.length;
  await Promise.all(many.map((each) => each.shutdown({ graceMs: 0 })));
  await manager.close();
  probe.disconnect();
  return { start, step, progress, delivery, look: one - lookAtJob, lookAtJob, idle };
}

const fleet: Fleet = {
  ...{ workers: 1000, slots: 10, jobsPerSecond: 500, jobSeconds: 10, reportsPerSecond: 1 },
  ...{ observers: 0, pollSeconds: 1, webServers: 50, queues: 1 },
};

function rowsOf(costs: Costs): readonly Row[] {
  const random = seeded(20_261_128);
  const row = (measure: string, ours: string): Row => ({
    ...{ measure, ours, peer: '', ratio: null, target: '', pass: null },
  });
  const micros = (seconds: number): string => `${(seconds * 1e6).toFixed(1)} µs`;
  const load = (measure: string, more: Partial<Fleet>): Row => {
    const { busy, p99Ms, isSaturated } = simulateFleet({ ...fleet, ...more }, costs, random);
    const text = `busy for ${(100 * Math.min(busy, 9.99)).toFixed(0)} %, p99 ${p99Ms.toFixed(1)} ms`;
    return row(measure, isSaturated ? 'falls behind' : text);
  };
  const count = (amount: number): string => Number(amount.toPrecision(2)).toLocaleString('en');
  const most = (
    field: 'jobsPerSecond' | 'observers' | 'workers',
    highest: number,
    more: Partial<Fleet>,
  ) =>
    count(
      mostThatKeepsUp((amount) => ({ ...fleet, ...more, [field]: amount }), highest, costs, random),
    );
  const queuesFor = (more: Partial<Fleet>): string => {
    for (let queues = 1; queues <= 1000; queues += Math.max(1, Math.floor(queues / 20))) {
      const { busy, isSaturated } = simulateFleet({ ...fleet, ...more, queues }, costs, random);
      if (!isSaturated && busy <= 0.7) return String(queues);
    }
    return 'over 1,000';
  };
  const million = { observers: 1_000_000 };
  return [
    row('cost: a start', micros(costs.start)),
    row('cost: taking a job, and ending it, each', micros(costs.step)),
    row('cost: a batch of progress', micros(costs.progress)),
    row('cost: a message to one more process', micros(costs.delivery)),
    row('cost: a look, and each job in it', `${micros(costs.look)} + ${micros(costs.lookAtJob)}`),
    row('cost: a worker that waits, a second', micros(costs.idle)),
    load('1,000 workers, 500 jobs a second of 10 s that report once a second, nobody watches', {}),
    row('the same: most jobs a second', most('jobsPerSecond', 50_000, {})),
    row('jobs of 1 s instead: most a second', most('jobsPerSecond', 50_000, { jobSeconds: 1 })),
    row(
      'jobs of 10 s that report ten times a second: most a second',
      most('jobsPerSecond', 50_000, { reportsPerSecond: 10 }),
    ),
    row('no jobs: most workers that wait', most('workers', 1_000_000, { jobsPerSecond: 0 })),
    row('500 jobs a second, polled once a second: most observers', most('observers', 1e7, {})),
    row('polled every 5 s: most observers', most('observers', 1e7, { pollSeconds: 5 })),
    row('polled every 30 s: most observers', most('observers', 1e7, { pollSeconds: 30 })),
    row(
      'streams, jobs report once a second: most observers',
      most('observers', 1e7, { pollSeconds: 0 }),
    ),
    row(
      'streams, jobs report every 30 s: most observers',
      most('observers', 1e8, { pollSeconds: 0, reportsPerSecond: 1 / 30 }),
    ),
    row('a million observers, polled once a second: queues', queuesFor({ ...million })),
    row('polled every 5 s: queues', queuesFor({ ...million, pollSeconds: 5 })),
    row('polled every 30 s: queues', queuesFor({ ...million, pollSeconds: 30 })),
    row('streams, jobs report once a second: queues', queuesFor({ ...million, pollSeconds: 0 })),
    row(
      'streams, jobs report every 30 s: queues',
      queuesFor({ ...million, pollSeconds: 0, reportsPerSecond: 1 / 30 }),
    ),
    load('a million observers polled every 30 s, eight queues', {
      ...million,
      pollSeconds: 30,
      queues: 8,
    }),
  ];
}

const bench: Bench = {
  name: 'A fleet, simulated with what its parts cost here',
  async run() {
    const redis = await startRedis();
    if (redis === undefined) return [];
    try {
      return rowsOf(await measureCosts(redis.port));
    } finally {
      await redis.stop();
    }
  },
};
export default bench;

await runAlone(import.meta, bench);

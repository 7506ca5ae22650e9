import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, handle, InlineExecutor, type JobClient, JobManager } from '@offstage/core';
import { sqliteJournal } from '@offstage/sqlite';
import { z } from 'zod';
import { interleave, median, pairedRatio, perSecond, throughput } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { plainjobRate } from './plainjob.ts';
import { bareTable, bytesOf, inScratch } from './scratch.ts';

const rounds = 3;
const jobsPerRound = 10_000;
const inFlight = 1000;
// `OFFSTAGE_LONG=1` for the million that the size of the file is asked for.
const comingAndGoing = process.env.OFFSTAGE_LONG === '1' ? 1_000_000 : 100_000;

const input = z.object({ n: z.number() });
const noop = defineJob({ name: 'noop', input, result: z.number(), phases: ['run'] });

function manage(file: string, concurrency = inFlight): { manager: JobManager; jobs: JobClient } {
  const manager = new JobManager({
    executor: new InlineExecutor([handle(noop, async ({ input: { n } }) => n)]),
    definitions: [noop],
    journal: sqliteJournal(file, { maxKept: 1_000_000 }),
    concurrency,
    maxQueued: 1_000_000,
    maxKeptPerOwner: 1_000_000,
  });
  return { manager, jobs: manager.forOwner('alice') };
}

async function settledRate(folder: string): Promise<number> {
  const { manager, jobs } = manage(path.join(folder, 'jobs.sqlite'));
  await manager.ready();
  let n = 0;
  const rate = await throughput(jobsPerRound, inFlight, async () => {
    n += 1;
    const { id } = await jobs.start(noop, { n });
    await jobs.wait(id);
  });
  await manager.shutdown();
  return rate;
}

async function bareRate(folder: string): Promise<number> {
  const table = bareTable(path.join(folder, 'bare.sqlite'));
  const startedAt = performance.now();
  for (let first = 0; first < jobsPerRound; first += inFlight) {
    for (const change of ['insert', 'start', 'end'] as const) {
      table.transaction(() => {
        for (let number = first; number < first + inFlight; number += 1) table[change](number);
      });
    }
  }
  const rate = (jobsPerRound / (performance.now() - startedAt)) * 1000;
  table.close();
  return rate;
}

async function againstBare(): Promise<Row> {
  const { ours, theirs } = await interleave(rounds, {
    ours: () => inScratch(settledRate),
    theirs: () => inScratch(bareRate),
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    measure:
      'durable start to settled, 1,000 in flight, against bare node:sqlite writing the same three changes',
    ours: perSecond(median(ours)),
    peer: perSecond(median(theirs)),
    ratio,
    target: 'at least 0.3',
    pass: ratio >= 0.3,
  };
}

async function againstPlainjob(): Promise<Row> {
  const row = {
    measure: 'durable start to settled, 1,000 in flight, against plainjob',
    target: 'at least 5',
  };
  if ((await inScratch((folder) => plainjobRate(folder, 100))) === undefined) {
    return { ...row, ours: '', peer: 'not installed here', ratio: null, pass: null };
  }
  const { ours, theirs } = await interleave(rounds, {
    ours: () => inScratch(settledRate),
    theirs: async () => (await inScratch((folder) => plainjobRate(folder, 5000))) ?? Number.NaN,
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    ...row,
    ours: perSecond(median(ours)),
    peer: perSecond(median(theirs)),
    ratio,
    pass: ratio >= 5,
  };
}

async function oneInFlight(): Promise<Row> {
  const count = 300;
  const { ours, theirs } = await interleave(rounds, {
    ours: () =>
      inScratch(async (folder) => {
        const { manager, jobs } = manage(path.join(folder, 'jobs.sqlite'));
        await manager.ready();
        const times: number[] = [];
        for (let n = 0; n < count; n += 1) {
          const startedAt = performance.now();
          const { id } = await jobs.start(noop, { n });
          times.push(performance.now() - startedAt);
          await jobs.wait(id);
        }
        await manager.shutdown();
        return median(times);
      }),
    theirs: () =>
      inScratch(async (folder) => {
        const table = bareTable(path.join(folder, 'bare.sqlite'));
        const times: number[] = [];
        for (let n = 0; n < count; n += 1) {
          const startedAt = performance.now();
          table.insert(n);
          times.push(performance.now() - startedAt);
        }
        table.close();
        return median(times);
      }),
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    measure: 'durable start, 1 in flight: time to resolve, against a bare insert with its sync',
    ours: `${median(ours).toFixed(2)} ms`,
    peer: `${median(theirs).toFixed(2)} ms`,
    ratio,
    target: 'at most 1.5',
    pass: ratio <= 1.5,
  };
}

async function eventLoop(): Promise<Row> {
  const p99 = await inScratch(async (folder) => {
    const { manager, jobs } = manage(path.join(folder, 'jobs.sqlite'));
    await manager.ready();
    const delays = monitorEventLoopDelay({ resolution: 1 });
    const settled: Promise<unknown>[] = [];
    delays.enable();
    const startedAt = performance.now();
    for (let n = 0; n < 5000; ) {
      const due = performance.now() - startedAt;
      for (; n < due; n += 1) {
        settled.push(jobs.start(noop, { n }).then(({ id }) => jobs.wait(id)));
      }
      await sleep(1);
    }
    delays.disable();
    await Promise.all(settled);
    await manager.shutdown();
    return delays.percentile(99) / 1e6;
  });
  return {
    measure: 'event loop of main at 1,000 durable starts a second, 99th percentile of its delay',
    ours: `${p99.toFixed(1)} ms`,
    peer: '',
    ratio: null,
    target: 'under 10 ms',
    pass: p99 < 10,
  };
}

async function restart(): Promise<Row[]> {
  const count = 100_000;
  return inScratch(async (folder) => {
    const file = path.join(folder, 'jobs.sqlite');
    const first = manage(file);
    await first.manager.ready();
    let n = 0;
    await throughput(count, inFlight, () =>
      first.jobs.start(noop, { n: n++ }, { delayMs: 86_400_000 }),
    );
    await first.manager.shutdown();
    const times: number[] = [];
    let bytesEach = Number.NaN;
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
      const before = process.memoryUsage().heapUsed;
      const { manager } = manage(file);
      const startedAt = performance.now();
      await manager.ready();
      times.push(performance.now() - startedAt);
      globalThis.gc?.();
      if (round === 0) bytesEach = (process.memoryUsage().heapUsed - before) / count;
      await manager.shutdown();
    }
    return [
      {
        measure: 'restart with 100,000 kept jobs: to ready()',
        ours: `${median(times).toFixed(0)} ms`,
        peer: '',
        ratio: null,
        target: 'under 2,000 ms',
        pass: median(times) < 2000,
      },
      {
        measure: 'memory of the main thread for each of them, with its input',
        ours: globalThis.gc === undefined ? 'needs --expose-gc' : `${bytesEach.toFixed(0)} bytes`,
        peer: '',
        ratio: null,
        target: 'under 1,024 bytes',
        pass: globalThis.gc === undefined ? null : bytesEach < 1024,
      },
    ];
  });
}

async function comeAndGo(): Promise<Row> {
  const bytes = await inScratch(async (folder) => {
    const file = path.join(folder, 'jobs.sqlite');
    const { manager, jobs } = manage(file);
    await manager.ready();
    let n = 0;
    await throughput(comingAndGoing, inFlight, async () => {
      const { id } = await jobs.start(noop, { n: n++ });
      await jobs.wait(id);
      await jobs.consume(id);
    });
    await sleep(500);
    const found = bytesOf(file);
    await manager.shutdown();
    return found;
  });
  return {
    measure: `size of the files after ${comingAndGoing.toLocaleString('en')} jobs came and went`,
    ours: `${(bytes / 1024 / 1024).toFixed(1)} MiB`,
    peer: '',
    ratio: null,
    target: 'under 16 MiB',
    pass: bytes < 16 * 1024 * 1024,
  };
}

const bench: Bench = {
  name: 'A manager whose jobs are kept',
  async run() {
    return [
      await againstBare(),
      await againstPlainjob(),
      await oneInFlight(),
      await eventLoop(),
      ...(await restart()),
      await comeAndGo(),
    ];
  },
};
export default bench;

await runAlone(import.meta, bench);

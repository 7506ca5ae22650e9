import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { defineJob, handle, InlineExecutor, type JobClient, JobManager } from '@offstage/core';
import { sqliteJournal } from '@offstage/sqlite';
import { z } from 'zod';
import { collect, median, throughput } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import {
  againstBare,
  againstInsert,
  againstPlainjob,
  besideOthers,
  inFlight,
  loopDelay,
  loopRow,
  oneByOne,
} from './against-peers.ts';
import { bytesOf, inScratch } from './scratch.ts';

const rounds = 3;
// A sync takes twice as long in one round as in the next, and a round is short.
const roundsOfOne = 15;
const jobsPerRound = 10_000;
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

const oneInFlight = (): Promise<Row> =>
  againstInsert(
    'durable start, 1 in flight: time to resolve, against a bare insert with its sync',
    roundsOfOne,
    async (folder, count) => {
      const { manager, jobs } = manage(path.join(folder, 'jobs.sqlite'));
      await manager.ready();
      const time = await oneByOne(
        count,
        (n) => jobs.start(noop, { n }),
        ({ id }) => jobs.wait(id),
      );
      await manager.shutdown();
      return time;
    },
  );

const eventLoop = (): Promise<Row> =>
  inScratch(async (folder) => {
    const { manager, jobs } = manage(path.join(folder, 'jobs.sqlite'));
    await manager.ready();
    const p99 = await loopDelay(async (n) => {
      const { id } = await jobs.start(noop, { n });
      await jobs.wait(id);
    });
    await manager.shutdown();
    return loopRow(p99);
  });

/** Of one, as it is read from the journal. */
function bytesOfInputs(count: number): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const inputs = Array.from({ length: count }, (_, n) => deserialize(serialize({ n })));
  collect();
  return (process.memoryUsage().heapUsed - before) / inputs.length;
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
      collect();
      const before = process.memoryUsage().heapUsed;
      const { manager } = manage(file);
      const startedAt = performance.now();
      await manager.ready();
      times.push(performance.now() - startedAt);
      collect();
      if (round === 0) {
        bytesEach = (process.memoryUsage().heapUsed - before) / count - bytesOfInputs(count);
      }
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
        measure: 'memory of the main thread for each of them, beyond its input',
        ours: `${bytesEach.toFixed(0)} bytes`,
        peer: '',
        ratio: null,
        target: 'under 1,024 bytes',
        pass: bytesEach < 1024,
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
      await againstBare(jobsPerRound, {
        measure:
          'durable start to settled, 1,000 in flight, against bare node:sqlite writing the same three changes',
        rounds,
        rate: settledRate,
      }),
      await againstPlainjob({
        measure: 'durable start to settled, 1,000 in flight, against plainjob',
        rounds,
        rate: settledRate,
      }),
      ...(await besideOthers({
        measure: 'durable start to settled, 1,000 in flight',
        rounds: 2,
        rate: settledRate,
      })),
      await oneInFlight(),
      await eventLoop(),
      ...(await restart()),
      await comeAndGo(),
    ];
  },
};
export default bench;

await runAlone(import.meta, bench);

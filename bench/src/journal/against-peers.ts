import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { interleave, median, pairedRatio, perSecond } from '../measure.ts';
import type { Row } from '../row.ts';
import { otherPeers } from './other-peers.ts';
import { plainjobRate } from './plainjob.ts';
import { bareTable, inScratch } from './scratch.ts';

export const inFlight = 1000;

interface Throughput {
  readonly measure: string;
  readonly rounds: number;
  /** Jobs a second, each with its three durable changes. */
  readonly rate: (folder: string) => Promise<number>;
}

/** Beside `jobs` jobs whose changes are written by hand, in transactions of as many as are in flight. */
export async function againstBare(
  jobs: number,
  { measure, rounds, rate }: Throughput,
): Promise<Row> {
  const { ours, theirs } = await interleave(rounds, {
    ours: () => inScratch(rate),
    theirs: () => inScratch((folder) => bareRate(folder, jobs)),
  });
  return atLeast(0.3, measure, ours, theirs);
}

export async function againstPlainjob({ measure, rounds, rate }: Throughput): Promise<Row> {
  const { ours, theirs } = await interleave(rounds, {
    ours: () => inScratch(rate),
    theirs: () => inScratch((folder) => plainjobRate(folder, 5000)),
  });
  return atLeast(5, measure, ours, theirs);
}

/** Beside others of the kind: what is to be reached is said of plainjob, the fastest of them. */
export async function besideOthers({ measure, rounds, rate }: Throughput): Promise<Row[]> {
  const rows: Row[] = [];
  for (const peer of otherPeers) {
    const { ours, theirs } = await interleave(rounds, {
      ours: () => inScratch(rate),
      theirs: () => inScratch((folder) => peer.rate(folder, peer.jobs)),
    });
    rows.push(atLeast(1, `${measure}, against ${peer.name}`, ours, theirs));
  }
  return rows;
}

/** `time` is the median of `count`, in milliseconds, one after the other. */
export async function againstInsert(
  measure: string,
  rounds: number,
  time: (folder: string, count: number) => Promise<number>,
): Promise<Row> {
  const count = 300;
  const { ours, theirs } = await interleave(rounds, {
    ours: () => inScratch((folder) => time(folder, count)),
    theirs: () =>
      inScratch(async (folder) => {
        const table = bareTable(path.join(folder, 'bare.sqlite'));
        const inserted = await oneByOne(count, async (number) => table.insert(number));
        table.close();
        return inserted;
      }),
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    measure,
    ours: `${median(ours).toFixed(2)} ms`,
    peer: `${median(theirs).toFixed(2)} ms`,
    ratio,
    target: 'at most 1.5',
    pass: ratio <= 1.5,
  };
}

/** Median time of one, in milliseconds; `after` is not counted. */
export async function oneByOne<T>(
  count: number,
  run: (number: number) => Promise<T>,
  after: (done: T) => Promise<unknown> = async () => {},
): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const startedAt = performance.now();
    const done = await run(number);
    times.push(performance.now() - startedAt);
    await after(done);
  }
  return median(times);
}

/** Begins 5,000, a thousand a second, and resolves to the loop's 99th percentile, in milliseconds. */
export async function loopDelay(begin: (number: number) => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const begun: Promise<unknown>[] = [];
  delays.enable();
  const startedAt = performance.now();
  for (let number = 0; number < 5000; ) {
    const due = performance.now() - startedAt;
    for (; number < due; number += 1) begun.push(begin(number));
    await sleep(1);
  }
  delays.disable();
  await Promise.all(begun);
  return delays.percentile(99) / 1e6;
}

export const loopRow = (p99: number): Row => ({
  measure: 'event loop of main at 1,000 durable starts a second, 99th percentile of its delay',
  ours: `${p99.toFixed(1)} ms`,
  peer: '',
  ratio: null,
  target: 'under 10 ms',
  pass: p99 < 10,
});

async function bareRate(folder: string, jobs: number): Promise<number> {
  const table = bareTable(path.join(folder, 'bare.sqlite'));
  const startedAt = performance.now();
  for (let first = 0; first < jobs; first += inFlight) {
    for (const change of ['insert', 'start', 'end'] as const) {
      table.transaction(() => {
        for (let number = first; number < first + inFlight; number += 1) table[change](number);
      });
    }
  }
  const rate = (jobs / (performance.now() - startedAt)) * 1000;
  table.close();
  return rate;
}

function atLeast(
  least: number,
  measure: string,
  ours: readonly number[],
  theirs: readonly number[],
): Row {
  const ratio = pairedRatio(ours, theirs);
  return {
    measure,
    ours: perSecond(median(ours)),
    peer: perSecond(median(theirs)),
    ratio,
    target: `at least ${least}`,
    pass: ratio >= least,
  };
}

import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteJournal } from '@offstage/sqlite';
import { interleave, median, pairedRatio, perSecond, throughput } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { plainjobRate } from './plainjob.ts';
import { bareTable, bytesOf, inScratch, jobOf, threeChanges } from './scratch.ts';

const rounds = 5;
const jobsPerRound = 20_000;
const inFlight = 1000;

async function journalRate(folder: string): Promise<number> {
  const journal = sqliteJournal(path.join(folder, 'jobs.sqlite'), { maxKept: 1_000_000 });
  await journal.open();
  let number = 0;
  const rate = await throughput(jobsPerRound, inFlight, () => threeChanges(journal, number++));
  await journal.close();
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
    ours: () => inScratch(journalRate),
    theirs: () => inScratch(bareRate),
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    measure:
      'three durable changes a job, 1,000 in flight, against bare node:sqlite in groups of 1,000',
    ours: perSecond(median(ours)),
    peer: perSecond(median(theirs)),
    ratio,
    target: 'at least 0.3',
    pass: ratio >= 0.3,
  };
}

async function againstPlainjob(): Promise<Row> {
  const row = {
    measure: 'three durable changes a job, 1,000 in flight, against plainjob',
    target: 'at least 5',
  };
  if ((await inScratch((folder) => plainjobRate(folder, 100))) === undefined) {
    return { ...row, ours: '', peer: 'not installed here', ratio: null, pass: null };
  }
  const { ours, theirs } = await interleave(3, {
    ours: () => inScratch(journalRate),
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

/** Median time of one, in milliseconds, one after the other. */
async function oneByOne(count: number, write: (number: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const startedAt = performance.now();
    await write(number);
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

async function oneInFlight(): Promise<Row> {
  const { ours, theirs } = await interleave(rounds, {
    ours: () =>
      inScratch(async (folder) => {
        const journal = sqliteJournal(path.join(folder, 'jobs.sqlite'));
        await journal.open();
        const time = await oneByOne(300, (number) =>
          journal.write({ type: 'admitted', job: jobOf(number) }),
        );
        await journal.close();
        return time;
      }),
    theirs: () =>
      inScratch(async (folder) => {
        const table = bareTable(path.join(folder, 'bare.sqlite'));
        const time = await oneByOne(300, async (number) => table.insert(number));
        table.close();
        return time;
      }),
  });
  const ratio = pairedRatio(ours, theirs);
  return {
    measure: 'a durable start, 1 in flight, against a bare insert with its sync',
    ours: `${median(ours).toFixed(2)} ms`,
    peer: `${median(theirs).toFixed(2)} ms`,
    ratio,
    target: 'at most 1.5',
    pass: ratio <= 1.5,
  };
}

async function eventLoop(): Promise<Row> {
  const p99 = await inScratch(async (folder) => {
    const journal = sqliteJournal(path.join(folder, 'jobs.sqlite'));
    await journal.open();
    const delays = monitorEventLoopDelay({ resolution: 1 });
    const written: Promise<void>[] = [];
    delays.enable();
    const startedAt = performance.now();
    for (let number = 0; number < 5000; ) {
      const due = performance.now() - startedAt;
      for (; number < due; number += 1) written.push(threeChanges(journal, number));
      await sleep(1);
    }
    delays.disable();
    await Promise.all(written);
    await journal.close();
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

async function openKept(): Promise<Row[]> {
  const count = 100_000;
  return inScratch(async (folder) => {
    const file = path.join(folder, 'jobs.sqlite');
    const first = sqliteJournal(file);
    await first.open();
    let number = 0;
    await throughput(count, inFlight, () =>
      first.write({ type: 'admitted', job: jobOf(number++) }),
    );
    await first.close();
    const times: number[] = [];
    let bytesEach = 0;
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      const journal = sqliteJournal(file);
      const startedAt = performance.now();
      const { jobs } = await journal.open();
      times.push(performance.now() - startedAt);
      if (round === 0) bytesEach = (process.memoryUsage().rss - before) / jobs.length;
      await journal.close();
    }
    return [
      {
        measure: 'open with 100,000 kept jobs',
        ours: `${median(times).toFixed(0)} ms`,
        peer: '',
        ratio: null,
        target: 'under 2,000 ms',
        pass: median(times) < 2000,
      },
      {
        measure: 'memory of the process for each of them, both threads',
        ours: `${bytesEach.toFixed(0)} bytes`,
        peer: '',
        ratio: null,
        target: 'under 1,024 bytes',
        pass: bytesEach < 1024,
      },
    ];
  });
}

/** A tenth of a million, with a thousand there at any time. */
async function comeAndGo(): Promise<Row> {
  const [bytes, live] = await inScratch(async (folder) => {
    const file = path.join(folder, 'jobs.sqlite');
    const journal = sqliteJournal(file);
    await journal.open();
    let number = 0;
    await throughput(100_000, inFlight, async () => {
      const mine = number++;
      await threeChanges(journal, mine);
      await journal.write({ type: 'released', id: jobOf(mine).id });
    });
    // A burst of kept jobs that goes again.
    await throughput(50_000, inFlight, () => threeChanges(journal, number++));
    const peak = number;
    await throughput(50_000, inFlight, async () => {
      number -= 1;
      await journal.write({ type: 'released', id: jobOf(number).id });
    });
    await journal.write({ type: 'admitted', job: jobOf(peak) });
    await sleep(500);
    const found = bytesOf(file);
    await journal.close();
    return [found, 4096] as const;
  });
  const most = 2 * live + 16 * 1024 * 1024;
  return {
    measure: 'size of the files after 150,000 jobs came and went, 50,000 of them at once',
    ours: `${(bytes / 1024 / 1024).toFixed(1)} MiB`,
    peer: '',
    ratio: null,
    target: 'under 16 MiB',
    pass: bytes < most,
  };
}

const bench: Bench = {
  name: 'Jobs that are kept',
  async run() {
    return [
      await againstBare(),
      await againstPlainjob(),
      await oneInFlight(),
      await eventLoop(),
      ...(await openKept()),
      await comeAndGo(),
    ];
  },
};
export default bench;

await runAlone(import.meta, bench);

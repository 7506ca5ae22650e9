import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteJournal } from '@offstage/sqlite';
import { collect, median, throughput } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import {
  againstBare,
  againstInsert,
  againstPlainjob,
  inFlight,
  loopDelay,
  loopRow,
  oneByOne,
} from './against-peers.ts';
import { bytesOf, inScratch, jobOf, threeChanges } from './scratch.ts';

const rounds = 5;
// A sync takes twice as long in one round as in the next, and a round is short.
const roundsOfOne = 15;
const jobsPerRound = 20_000;

async function journalRate(folder: string): Promise<number> {
  const journal = sqliteJournal(path.join(folder, 'jobs.sqlite'), { maxKept: 1_000_000 });
  await journal.open();
  let number = 0;
  const rate = await throughput(jobsPerRound, inFlight, () => threeChanges(journal, number++));
  await journal.close();
  return rate;
}

const oneInFlight = (): Promise<Row> =>
  againstInsert(
    'a durable start, 1 in flight, against a bare insert with its sync',
    roundsOfOne,
    async (folder, count) => {
      const journal = sqliteJournal(path.join(folder, 'jobs.sqlite'));
      await journal.open();
      const time = await oneByOne(count, (number) =>
        journal.write({ type: 'admitted', job: jobOf(number) }),
      );
      await journal.close();
      return time;
    },
  );

const eventLoop = (): Promise<Row> =>
  inScratch(async (folder) => {
    const journal = sqliteJournal(path.join(folder, 'jobs.sqlite'));
    await journal.open();
    const p99 = await loopDelay((number) => threeChanges(journal, number));
    await journal.close();
    return loopRow(p99);
  });

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
    for (let round = 0; round < 3; round += 1) {
      collect();
      const journal = sqliteJournal(file);
      const startedAt = performance.now();
      await journal.open();
      times.push(performance.now() - startedAt);
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
      await againstBare(jobsPerRound, {
        measure:
          'three durable changes a job, 1,000 in flight, against bare node:sqlite in groups of 1,000',
        rounds,
        rate: journalRate,
      }),
      await againstPlainjob({
        measure: 'three durable changes a job, 1,000 in flight, against plainjob',
        rounds: 3,
        rate: journalRate,
      }),
      await oneInFlight(),
      await eventLoop(),
      ...(await openKept()),
      await comeAndGo(),
    ];
  },
};
export default bench;

await runAlone(import.meta, bench);

import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { Piscina } from 'piscina';
import { interleave, median, pairedRatio, perSecond, throughput } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { add } from './definitions.ts';

const bench: Bench = {
  name: 'A tiny task through manager and one thread, against bare piscina with one thread',
  async run() {
    const executor = new WorkerExecutor({
      entry: new URL('./offstage.worker.ts', import.meta.url),
    });
    const jobs = new JobManager({ executor }).forOwner('bench');
    const ours = async (): Promise<void> => {
      const { id } = await jobs.start(add, { a: 1, b: 2 });
      await jobs.wait(id);
      await jobs.consume(id);
    };
    const filename = new URL('./piscina.worker.ts', import.meta.url).href;
    const pools = {
      'piscina, as it comes': new Piscina({ filename, minThreads: 1, maxThreads: 1 }),
      'piscina without Atomics.wait': new Piscina({
        filename,
        minThreads: 1,
        maxThreads: 1,
        atomics: 'disabled',
      }),
    };
    const rows: Row[] = [];
    for (const depth of [1, 1000]) {
      const total = depth === 1 ? 4000 : 12_000;
      const names = Object.keys(pools) as (keyof typeof pools)[];
      const figures = await interleave<string>(15, {
        ours: () => throughput(total, depth, ours),
        ...Object.fromEntries(
          names.map((name) => [
            name,
            () => throughput(total, depth, () => pools[name].run({ a: 1, b: 2 })),
          ]),
        ),
      });
      for (const name of names) {
        const mine = figures.ours ?? [];
        const theirs = figures[name] ?? [];
        const ratio = pairedRatio(mine, theirs);
        rows.push({
          measure: `tiny task, ${depth.toLocaleString('en')} in flight`,
          ours: perSecond(median(mine)),
          peer: `${name}: ${perSecond(median(theirs))}`,
          ratio,
          target: 'at least 1.0',
          pass: ratio >= 1,
        });
      }
    }
    await executor.shutdown({ graceMs: 0 });
    for (const pool of Object.values(pools)) await pool.destroy();
    return rows;
  },
};

export default bench;
await runAlone(import.meta, bench);

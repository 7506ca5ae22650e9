import { setTimeout as sleep } from 'node:timers/promises';
import { JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { median, quantile } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { rest, spin } from './definitions.ts';

const cancels = 300;

const bench: Bench = {
  name: 'From the call of cancel to the handler in its thread',
  async run() {
    const manager = new JobManager({
      executor: new WorkerExecutor({ entry: new URL('./offstage.worker.ts', import.meta.url) }),
    });
    const jobs = manager.forOwner('bench');
    const rows: Row[] = [];
    for (const [where, definition] of [
      ['in a synchronous loop', spin],
      ['at an await', rest],
    ] as const) {
      const delays: number[] = [];
      for (let i = 0; i < cancels; i++) {
        const { id } = await jobs.start(definition, {});
        while ((await jobs.get(id))?.progress == null) await sleep(1);
        // Anywhere within a turn of the loop.
        await sleep(Math.random() * 3);
        const calledAt = Number(process.hrtime.bigint()) / 1e6;
        await jobs.cancel(id);
        const end = await jobs.wait(id);
        delays.push((end.result ?? Number.NaN) - calledAt);
        await jobs.consume(id);
      }
      const p99Ms = quantile(delays, 0.99);
      rows.push({
        measure: `cancel seen ${where}, p99`,
        ours: `${p99Ms.toFixed(2)} ms (p50 ${median(delays).toFixed(2)} ms)`,
        peer: '',
        ratio: null,
        target: 'under 5 ms',
        pass: p99Ms < 5,
      });
    }
    await manager.shutdown();
    return rows;
  },
};

export default bench;
await runAlone(import.meta, bench);

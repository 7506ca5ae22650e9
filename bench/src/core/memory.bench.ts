import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { z } from 'zod';
import { collect } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

const noop = defineJob({
  name: 'noop',
  input: z.object({ n: z.number() }),
  result: z.number(),
  phases: ['run'],
});

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

const newManager = (): JobManager =>
  new JobManager({
    maxKeptPerOwner: Infinity,
    executor: new InlineExecutor([handle(noop, async ({ input }) => input.n)]),
  });

/** J18: what is started, run and consumed leaves nothing. */
async function consumed(total: number): Promise<Row> {
  const jobs = newManager().forOwner('bench');
  const cycle = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const { id } = await jobs.start(noop, { n });
      await jobs.wait(id);
      await jobs.consume(id);
      // The collector and timers get their turn, as they would in a server.
      if (n % 1000 === 0) await new Promise(setImmediate);
    }
  };
  await cycle(10_000);
  const before = heapBytes();
  await cycle(total);
  const after = heapBytes();
  const ratio = after / before;
  return {
    measure: `heap after ${total.toLocaleString('en')} jobs started, run, consumed (J18)`,
    ours: `${(after / 2 ** 20).toFixed(2)} MiB`,
    peer: `${(before / 2 ** 20).toFixed(2)} MiB before`,
    ratio,
    target: 'at most 1.05',
    pass: ratio <= 1.05,
  };
}

/** J18: what a terminal job costs that nobody has consumed yet. */
async function retained(total: number): Promise<Row> {
  const jobs = newManager().forOwner('bench');
  const before = heapBytes();
  for (let n = 0; n < total; n += 1) {
    const { id } = await jobs.start(noop, { n });
    await jobs.wait(id);
  }
  const bytes = (heapBytes() - before) / total;
  await jobs.list({ name: 'noop' });
  return {
    measure: 'a retained terminal job (J18)',
    ours: `${bytes.toFixed(0)} B`,
    peer: '',
    ratio: null,
    target: 'at most 2,048 B',
    pass: bytes <= 2048,
  };
}

const bench: Bench = {
  name: 'Memory of jobs',
  async run() {
    return [await consumed(1_000_000), await retained(20_000)];
  },
};
export default bench;

await runAlone(import.meta, bench);

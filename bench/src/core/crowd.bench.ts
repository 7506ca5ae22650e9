import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { z } from 'zod';
import { interleave, median, pairedRatio, perSecond } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

const held = defineJob({
  name: 'held',
  input: z.object({ n: z.number() }),
  result: z.number(),
  phases: ['hold'],
});

const waiting = 100_000;
const concurrency = 4;
const stepsPerRound = 5_000;
const rounds = 7;

/** A manager in use, with so many jobs waiting: one starts, the oldest that runs ends, the next begins. */
async function crowded(owners: number, length: number): Promise<() => Promise<number>> {
  const begun: { readonly id: string; readonly owner: string; end(): void }[] = [];
  const handler = handle(
    held,
    ({ input, jobId }) =>
      new Promise<number>((resolve) => {
        begun.push({ id: jobId, owner: ownerOf(input.n), end: () => resolve(input.n) });
      }),
  );
  const manager = new JobManager({
    executor: new InlineExecutor([handler]),
    concurrency,
    maxQueued: Infinity,
  });
  const ownerOf = (n: number): string => `owner ${n % owners}`;
  let n = 0;
  const start = (): Promise<unknown> => {
    const owner = ownerOf(n);
    return manager.forOwner(owner).start(held, { n: n++ });
  };
  while (n < length + concurrency) await start();
  return async () => {
    const startedAt = performance.now();
    for (let step = 0; step < stepsPerRound; step += 1) {
      await start();
      const oldest = begun.shift();
      if (oldest === undefined) throw new Error('Nothing runs.');
      oldest.end();
      const jobs = manager.forOwner(oldest.owner);
      await jobs.wait(oldest.id);
      await jobs.consume(oldest.id);
    }
    return (stepsPerRound / (performance.now() - startedAt)) * 1000;
  };
}

async function againstEmpty(name: string, owners: number): Promise<Row> {
  const { full, empty } = await interleave(rounds, {
    full: await crowded(owners, waiting),
    empty: await crowded(owners, 0),
  });
  // As time, so that more is worse, as in the target.
  const ratio = pairedRatio(empty, full);
  return {
    measure: `manager: start and finish with 100,000 waiting, ${name}, against none waiting`,
    ours: perSecond(median(full)),
    peer: perSecond(median(empty)),
    ratio,
    target: 'at most 2 times as long',
    pass: ratio <= 2,
  };
}

const bench: Bench = {
  name: 'A crowded manager',
  run: async () => [
    await againstEmpty('one owner', 1),
    await againstEmpty('10,000 owners', 10_000),
  ],
};
export default bench;

await runAlone(import.meta, bench);

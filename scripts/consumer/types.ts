// Compiled against the published types, with no DOM and no Node.js types in sight.
import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { simulatedClock } from '@offstage/core/testing';
import { z } from 'zod';

const add = defineJob({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  result: z.number(),
  phases: ['adding'],
});

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(add, ({ input, signal, report }) => {
      signal.throwIfAborted();
      report({ phase: 'adding' });
      // @ts-expect-error: no such phase
      report({ phase: 'subtracting' });
      return input.a + input.b;
    }),
  ]),
  clock: simulatedClock(),
});

export async function sum(): Promise<number | undefined> {
  const jobs = manager.forOwner('alice');
  // @ts-expect-error: b is missing
  await jobs.start(add, { a: 1 });
  const job = await jobs.start(add, { a: 1, b: 2 });
  const end = await jobs.wait(job.id);
  const phase: 'adding' | undefined = end.progress?.phase;
  return phase === undefined ? undefined : end.result;
}

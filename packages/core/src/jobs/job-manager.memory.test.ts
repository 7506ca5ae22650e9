import { expect, test } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { InlineExecutor } from './inline-executor.ts';
import { defineJob } from './job-definition.ts';
import { handle } from './job-handler.ts';
import { JobManager } from './job-manager.ts';

const text: StandardSchema<string> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: String(value) }) },
};
const echo = defineJob({ name: 'echo', input: text, result: text, phases: ['work'] });
const handled = handle(echo, ({ input, report }) => {
  report({ phase: 'work', percent: 50 });
  return input.slice(0, 1);
});

test('J18 jobs that were started, run and consumed leave the heap where it was', async () => {
  const manager = new JobManager({ executor: new InlineExecutor([handled]) });
  const runAndConsume = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 10) {
      const owner = manager.forOwner(`owner ${done}`);
      const batch = Array.from({ length: 10 }, async (_, index) => {
        const { id } = await owner.start(echo, 'x', { exclusivityKey: `key ${index}` });
        await owner.wait(id);
        expect(await owner.consume(id)).toBe(true);
      });
      await Promise.all(batch);
    }
  };
  await runAndConsume(10_000);
  const before = await heapUsed();
  await runAndConsume(60_000);
  const after = await heapUsed();
  expect(manager.activity()).toMatchObject({ queued: 0, running: 0 });
  expect(after / before).toBeLessThan(1.05);
});

test('F3 J18 watches of what is not there leave the heap where it was', async () => {
  const manager = new JobManager({ executor: new InlineExecutor([handled]) });
  const watchMany = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      manager.forOwner(`owner ${index} of ${count}`).watch?.('unknown', () => {});
    }
  };
  watchMany(1000);
  const before = await heapUsed();
  watchMany(50_000);
  expect((await heapUsed()) - before).toBeLessThan(1_000_000);
});

// An id is cut from a text of 32, which the last of them holds: alone of 32, a job still keeps to its bound.
test.each([
  { title: 'all are kept', keepOneOf: 1 },
  { title: 'one of 32 is kept', keepOneOf: 32 },
])(
  'J18 a retained terminal job costs at most 2 KiB beyond its result and its ring where $title',
  async ({ keepOneOf }) => {
    const manager = new JobManager({
      executor: new InlineExecutor([handled]),
      maxQueued: Infinity,
      maxKeptPerOwner: Infinity,
    });
    const kept: string[] = [];
    const owner = manager.forOwner('alice');
    const keep = async (count: number): Promise<void> => {
      const started = Array.from({ length: count * keepOneOf }, async (_, index) => {
        // The input is not part of what is kept: each has one of 8 KiB of its own.
        const { id } = await owner.start(echo, `${index}`.padStart(8192, 'x'));
        await owner.wait(id);
        if (index % keepOneOf === 0) kept.push(id);
        else await owner.consume(id);
      });
      await Promise.all(started);
    };
    await keep(100);
    const before = await heapUsed();
    for (let batch = 0; batch < 8; batch += 1) await keep(200);
    const perJob = ((await heapUsed()) - before) / 1600;
    const polls = await owner.pollMany(kept.map((id) => ({ id })));
    expect(polls.filter(({ job }) => job?.status === 'succeeded')).toHaveLength(1700);
    expect(perJob).toBeGreaterThan(0);
    expect(perJob).toBeLessThan(2048);
  },
);

/** Bytes in use after a full collection. Node's modules are loaded by name: core has no types of Node. */
async function heapUsed(): Promise<number> {
  const load = <T>(name: string): Promise<T> => import(/* @vite-ignore */ name);
  const v8 = await load<{
    setFlagsFromString(flag: string): void;
    getHeapStatistics(): { readonly used_heap_size: number };
  }>('node:v8');
  const vm = await load<{ runInNewContext(code: string): unknown }>('node:vm');
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('There is no gc() to call.');
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
  }
  return v8.getHeapStatistics().used_heap_size;
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StartOptions } from './job-client.ts';
import { KeptWorld, kinds, tickMs } from './kept-model.test-support.ts';

type Command = fc.AsyncCommand<object, KeptWorld>;

const step = (name: string, act: (world: KeptWorld) => unknown): Command => ({
  check: () => true,
  async run(_, world) {
    await act(world);
    await world.look();
  },
  toString: () => name,
});

const pick = <T>(list: readonly T[], index: number): T | undefined =>
  list.length === 0 ? undefined : list[index % list.length];

const nth = fc.nat(7);
const options: fc.Arbitrary<StartOptions> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({ priority: fc.integer({ min: -2, max: 2 }) }),
  fc.record({ delayMs: fc.constantFrom(1000, 60_000) }),
  fc.record({
    exclusivityKey: fc.constantFrom('a', 'b'),
    onConflict: fc.constantFrom('reject', 'queue', 'replace', 'join'),
  }),
  fc.record({ idempotencyKey: fc.constantFrom('x', 'y', 'z') }),
);

const jobOf = (world: KeptWorld, index: number) =>
  pick([...world.promised.values()].reverse(), index);
const runOf = (world: KeptWorld, index: number) => pick(world.executor.unsettled, index);

const commands: fc.Arbitrary<Command>[] = [
  fc
    .tuple(fc.constantFrom(...kinds), options)
    .map(([kind, each]) =>
      step(`start ${kind.name} ${JSON.stringify(each)}`, (world) => world.start(kind, each)),
    ),
  fc.tuple(fc.constantFrom(...kinds), options).map(([kind, each]) =>
    step(`start at once ${kind.name} ${JSON.stringify(each)}`, (world) => {
      void world.start(kind, each);
      void world.start(kind, {});
    }),
  ),
  nth.map((index) =>
    step(`cancel ${index}`, (world) => {
      const job = jobOf(world, index);
      if (job !== undefined) world.cancel(job);
    }),
  ),
  fc.tuple(nth, fc.constantFrom('return', 'throw', 'obey', 'bad')).map(([index, end]) =>
    step(`${end} ${index}`, (world) => {
      const run = runOf(world, index);
      if (end === 'return') run?.return('ok');
      else if (end === 'throw') run?.throw();
      else if (end === 'bad') run?.return(7);
      else run?.obey();
    }),
  ),
  nth.map((index) =>
    step(`save ${index}`, (world) => {
      const run = runOf(world, index);
      if (run !== undefined) world.save(run);
    }),
  ),
  nth.map((index) => step(`report ${index}`, (world) => runOf(world, index)?.report())),
  nth.map((index) =>
    step(`consume ${index}`, (world) => {
      const job = jobOf(world, index);
      if (job !== undefined) world.consume(job);
    }),
  ),
  nth.map((index) =>
    step(`retry ${index}`, (world) => {
      const job = jobOf(world, index);
      if (job !== undefined) world.retry(job);
    }),
  ),
  fc
    .constantFrom(1000, tickMs, 5 * tickMs)
    .map((ms) => step(`${ms} ms pass`, (world) => world.clock.advance(ms))),
  fc.constant(step('schedule', (world) => world.schedule())),
  fc.nat(8).map((steps) => step(`cut off after ${steps} steps`, (world) => world.light(steps))),
  fc.nat(2).map((kept) => step(`crash, ${kept} groups kept`, (world) => world.crash(kept))),
  fc
    .boolean()
    .map((obeys) =>
      step(`shut down, ${obeys ? '' : 'not '}obeyed`, (world) => world.shutDown(obeys)),
    ),
  fc.boolean().map((isFull) =>
    step(isFull ? 'the disk is full' : 'the disk has room', (world) => {
      world.isFull = isFull;
    }),
  ),
];

const kept = (syncs: boolean) =>
  fc.asyncProperty(fc.commands(commands, { maxCommands: 30, size: 'max' }), async (script) => {
    const world = new KeptWorld({ syncs });
    await world.manager.ready();
    await fc.asyncModelRun(() => ({ model: {}, real: world }), script);
    await world.crash(0);
    await world.finish();
  });

test('K2 K3 K4 A9 A10 what was promised holds, whatever happens and whenever the process ends', async () => {
  await fc.assert(kept(true), { numRuns: process.env.OFFSTAGE_LONG === '1' ? 20_000 : 120 });
}, 3_600_000);

test('K9 a journal that does not sync breaks a promise', async () => {
  expect((await fc.check(kept(false), { numRuns: 100, endOnFailure: true })).failed).toBe(true);
});

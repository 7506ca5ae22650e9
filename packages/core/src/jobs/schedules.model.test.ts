import fc from 'fast-check';
import { expect, test } from 'vitest';
import { berlinAt, dayMs, hourMs, minuteMs, scheduleStage } from './schedules.test-support.ts';

/** Every five minutes, so that the ticks can be counted with a division. */
const gridMs = 5 * minuteMs;
const cron = '*/5 * * * *';

type Stage = ReturnType<typeof scheduleStage>;

interface Model {
  paused: boolean;
  /** When ticks began to count: since the schedule was set or resumed. */
  since: number;
}

/** What holds at any time, whatever was done. */
function check({ jobs, events }: Stage, catchUp: 'last' | 'none'): void {
  let before = -Infinity;
  for (const { tickAt, at } of jobs) {
    // Each tick at most once: they only ever rise.
    expect(tickAt).toBeGreaterThan(before);
    before = tickAt ?? Infinity;
    expect(before % gridMs).toBe(0);
    const lateMs = Date.parse(at) - before;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    if (catchUp === 'none') expect(lateMs).toBeLessThanOrEqual(minuteMs);
  }
  const decided = events.map(({ tickAt }) => tickAt);
  expect(new Set(decided).size).toBe(decided.length);
  expect(jobs.filter(({ active }) => active).length).toBeLessThanOrEqual(1);
  expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
}

type Command = fc.AsyncCommand<Model, Stage>;

const play = async (catchUp: 'last' | 'none', script: Iterable<Command>): Promise<void> => {
  const stage = scheduleStage('2026-03-28T12:00:30Z');
  await stage.schedules.set('often', { ...berlinAt(cron), catchUp });
  const model = { paused: false, since: stage.clock.now() };
  await fc.asyncModelRun(() => ({ model, real: stage }), script);
  check(stage, catchUp);
};

const step = (name: string, act: (model: Model, stage: Stage) => unknown): Command => ({
  check: () => true,
  async run(model, stage) {
    await act(model, stage);
    // Within a minute a clock that was set is noticed.
    await stage.clock.advance(minuteMs);
    check(stage, 'last');
  },
  toString: () => name,
});

/** While nothing odd happens every tick is decided, one by one. */
const passes = (durationMs: number): Command =>
  step(`${durationMs} ms pass`, async ({ paused, since }, { clock, events }) => {
    const before = events.length;
    const lastTick = Math.max(since, ...events.map(({ tickAt }) => tickAt ?? 0));
    const from = Math.max(lastTick, clock.now());
    await clock.advance(durationMs);
    const ticks = Math.floor(clock.now() / gridMs) - Math.floor(from / gridMs);
    expect(events.length - before).toBe(paused ? 0 : Math.max(0, ticks));
  });

const commands = [
  fc.constantFrom(minuteMs, gridMs, hourMs).map(passes),
  fc.constantFrom(minuteMs, gridMs, hourMs).map(passes),
  fc
    .constantFrom(-dayMs, -hourMs, -minuteMs, 3 * minuteMs, hourMs, dayMs)
    .map((ms) => step(`clock set by ${ms}`, (_, { clock }) => clock.set(clock.now() + ms))),
  fc
    .constantFrom(0, gridMs, dayMs)
    .map((ms) => step(`stop of ${ms} ms`, (_, stage) => stage.restart(ms))),
  fc.boolean().map((paused) =>
    step(paused ? 'pause' : 'resume', async (model, { schedules, clock }) => {
      if (paused) await schedules.pause('often');
      else await schedules.resume('often');
      if (model.paused && !paused) model.since = Math.max(model.since, clock.now());
      model.paused = paused;
    }),
  ),
  fc.boolean().map((holds) =>
    step(holds ? 'jobs run long' : 'jobs end', (_, stage) => {
      stage.holdJobs = holds;
      for (const job of stage.jobs) job.active &&= holds;
    }),
  ),
];

test('A9 each tick starts at most one job and none is lost, over restarts, pauses and set clocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('last' as const, 'none' as const),
      fc.commands(commands, { maxCommands: 25, size: 'max' }),
      play,
    ),
    { numRuns: 60 },
  );
});

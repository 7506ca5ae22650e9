import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../foundation/clock.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { settle } from '../testing/simulated-clock.ts';
import { defineJob } from './job-definition.ts';
import { codeOf, plain, stage, tidy } from './job-manager.test-support.ts';

/*
 * What happens when two things happen at once. Every actor waits for its turn, the scheduler gives
 * turns in any order, and each race must have been won by each side at least once.
 */

type Actor = () => unknown;
type Scheduler = fc.Scheduler;

async function race(
  outcomes: readonly string[],
  play: (
    run: (actors: Readonly<Record<string, Actor>>) => Promise<void>,
    scheduler: Scheduler,
  ) => Promise<string>,
): Promise<void> {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const run = async (actors: Readonly<Record<string, Actor>>): Promise<void> => {
        const turns = Object.entries(actors).map(async ([name, act]) => {
          await scheduler.schedule(Promise.resolve(), name);
          await act();
        });
        await scheduler.waitFor(Promise.all(turns));
        await settle();
      };
      seen.add(await play(run, scheduler));
    }),
    { numRuns: 200 },
  );
  expect([...seen].sort()).toEqual([...outcomes].sort());
}

/** A clock whose timers fire in the very turn that moves it. */
function handClock(): Clock & { tick(durationMs: number): void } {
  let nowMs = 0;
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    schedule(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    tick(durationMs) {
      nowMs += durationMs;
      for (const timer of timers) {
        if (timer.dueMs <= nowMs && timers.delete(timer)) timer.callback();
      }
    },
  };
}

/** A schema that answers when the scheduler lets it. */
const slowSchema = (scheduler: Scheduler, name: string): StandardSchema => ({
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => scheduler.schedule(Promise.resolve({ value }), name),
  },
});

const idle = { queued: 0, running: 0 };

test('J7 start/start on one key: exactly one wins, the other leaves nothing behind', () =>
  race(['alice', 'bob'], async (run, scheduler) => {
    const { manager, alice, bob, executor } = stage();
    const input = slowSchema(scheduler, 'input');
    const slow = defineJob({ ...plain, input });
    const codes: { alice?: string | undefined; bob?: string | undefined } = {};
    const start = async (owner: 'alice' | 'bob'): Promise<void> => {
      const client = owner === 'alice' ? alice : bob;
      codes[owner] = await codeOf(client.start(slow, 1, { exclusivityKey: 'k' }));
    };
    await run({ alice: () => start('alice'), bob: () => start('bob') });
    expect(Object.values(codes).sort()).toEqual(['conflict', undefined]);
    expect(executor.runs).toHaveLength(1);
    expect(manager.activity()).toMatchObject({ queued: 0, running: 1 });
    expect([...(await alice.list()), ...(await bob.list())]).toHaveLength(1);
    return codes.alice === undefined ? 'alice' : 'bob';
  }));

test('J7 two starts of one key in the same tick: exactly one wins', async () => {
  const { alice, executor } = stage();
  for (let round = 0; round < 2; round += 1) {
    const starts = [1, 2, 3].map((input) => alice.start(plain, input, { exclusivityKey: 'k' }));
    const codes = await Promise.all(starts.map(codeOf));
    expect(codes).toEqual([undefined, 'conflict', 'conflict']);
    executor.runs[round]?.return();
  }
});

test('J5 cancel/settle: a result wins whoever comes first, and the answer tells who did', () =>
  race(['canceled too late', 'asked to stop'], async (run) => {
    const { alice, executor } = stage();
    const { id } = await alice.start(plain, 1);
    let answer: boolean | undefined;
    await run({
      cancel: async () => {
        answer = await alice.cancel(id);
      },
      settle: () => executor.runOf(id).return('ok'),
    });
    const job = await alice.get(id);
    expect(job).toMatchObject({ status: 'succeeded', result: 'ok', cancelRequested: answer });
    return answer ? 'asked to stop' : 'canceled too late';
  }));

test('J5 cancel/settle: a handler that obeys is canceled, one that was done has succeeded', () =>
  race(['succeeded', 'canceled'], async (run) => {
    const { alice, executor } = stage();
    const { id } = await alice.start(plain, 1);
    const handler = executor.runOf(id);
    await run({
      cancel: () => alice.cancel(id),
      settle: () => (handler.stops.length > 0 ? handler.obey() : handler.return()),
    });
    const job = await alice.get(id);
    expect(job?.cancelRequested).toBe(job?.status === 'canceled');
    return job?.status ?? 'gone';
  }));

test('J5 cancel/start: a queued job either never runs, or runs and is asked to stop', () =>
  race(['never ran', 'asked to stop'], async (run) => {
    const { alice, executor, news } = stage({ slots: 1 });
    const first = await alice.start(plain, 1);
    const { id } = await alice.start(plain, 2);
    await run({
      cancel: async () => expect(await alice.cancel(id)).toBe(true),
      start: () => executor.runOf(first.id).return(),
    });
    const job = await alice.get(id);
    expect(job?.cancelRequested).toBe(true);
    const ran = executor.runs.length === 2;
    expect(job?.status).toBe(ran ? 'running' : 'canceled');
    expect(news.includes(`started ${id}`)).toBe(ran);
    if (ran) expect(executor.runOf(id).stops).toEqual(['canceled']);
    return ran ? 'asked to stop' : 'never ran';
  }));

test('J14 shutdown/late result: in time it counts, late it is dropped, and both end once', () =>
  race(['settled', 'abandoned'], async (run) => {
    const clock = handClock();
    const { manager, alice, executor, news } = stage({ clock });
    const { id } = await alice.start(tidy, 1);
    const end = alice.wait(id);
    const report = manager.shutdown({ graceMs: 100 });
    await run({
      grace: () => clock.tick(100),
      settle: () => executor.runOf(id).return('late'),
    });
    const { settled, abandoned } = await report;
    expect(settled + abandoned).toBe(1);
    const status = abandoned === 1 ? 'canceled' : 'succeeded';
    expect(await end).toBe(await alice.get(id));
    expect((await end).status).toBe(status);
    expect(executor.discards).toHaveLength(abandoned);
    expect(news).toEqual([`started ${id}`, `${status} ${id}`]);
    expect(manager.activity()).toMatchObject(idle);
    expect(await alice.consume(id)).toBe(true);
    return abandoned === 1 ? 'abandoned' : 'settled';
  }));

test('J9 J14 a shutdown while a result is being checked: discarded once or not at all', () =>
  race(['succeeded', 'canceled'], async (run, scheduler) => {
    const clock = handClock();
    const { manager, alice, executor } = stage({ clock });
    const slow = defineJob({ ...tidy, result: slowSchema(scheduler, 'result') });
    const { id } = await alice.start(slow, 1);
    executor.runOf(id).return('ok');
    const report = manager.shutdown({ graceMs: 100 });
    await run({ grace: () => clock.tick(100) });
    await scheduler.waitIdle();
    await settle();
    const job = await alice.get(id);
    expect(executor.discards).toHaveLength(job?.status === 'canceled' ? 1 : 0);
    expect((await report).abandoned).toBe(executor.discards.length);
    expect(manager.activity()).toMatchObject(idle);
    return job?.status ?? 'gone';
  }));

test('J3 J14 start/shutdown: admitted and canceled, or refused with nothing left', () =>
  race(['manager_closed', 'admitted'], async (run, scheduler) => {
    const { manager, alice, executor, clock } = stage();
    executor.readiness.push(scheduler.schedule(Promise.resolve(), 'ready'));
    let code: string | undefined;
    await run({
      start: async () => {
        code = await codeOf(alice.start(plain, 1, { exclusivityKey: 'k' }));
      },
      shutdown: () => {
        void manager.shutdown({ graceMs: 0 });
      },
    });
    await clock.advance(0);
    const jobs = await alice.list();
    expect(jobs.map(({ status }) => status)).toEqual(code === undefined ? ['canceled'] : []);
    expect(executor.runs).toHaveLength(jobs.length);
    return code ?? 'admitted';
  }));

test('J12 consume/settle: true once, and only when nothing of the job runs any more', () =>
  race(['at once', 'at the second try', 'never'], async (run, scheduler) => {
    const { alice, executor } = stage();
    const { id } = await alice.start(tidy, 1);
    let discarded = false;
    executor.discard = async () => {
      await scheduler.schedule(Promise.resolve(), 'discard');
      discarded = true;
    };
    const answers: boolean[] = [];
    const consume = async (): Promise<void> => {
      const mayBe = discarded && !answers.includes(true);
      const answer = await alice.consume(id);
      // The discard may have ended without the manager having heard of it yet.
      if (answer) expect(mayBe).toBe(true);
      answers.push(answer);
    };
    await run({ settle: () => executor.runOf(id).throw(), first: consume, second: consume });
    await scheduler.waitIdle();
    const after = await alice.consume(id);
    expect([...answers, after].filter(Boolean)).toHaveLength(1);
    expect(await alice.consume(id)).toBe(false);
    if (after) return 'never';
    return answers[0] ? 'at once' : 'at the second try';
  }));

test('J7 J9 discard/start: a key is not free before the discard of its holder has run', () =>
  race(['conflict', 'admitted'], async (run, scheduler) => {
    const { alice, executor } = stage();
    const { id } = await alice.start(tidy, 1, { exclusivityKey: 'k' });
    let discarded = false;
    executor.discard = async () => {
      await scheduler.schedule(Promise.resolve(), 'discard');
      discarded = true;
    };
    executor.runOf(id).obey();
    let code: string | undefined;
    await run({
      start: async () => {
        code = await codeOf(alice.start(tidy, 2, { exclusivityKey: 'k' }));
        if (code === undefined) expect(discarded).toBe(true);
      },
    });
    await scheduler.waitIdle();
    return code ?? 'admitted';
  }));

test('J15 fence/lease: exactly one wins, in both orders', () =>
  race(['fence', 'lease'], async (run) => {
    const { manager } = stage();
    const held: string[] = [];
    const enter = (name: string, act: Actor): void => {
      try {
        act();
        held.push(name);
      } catch (error) {
        expect(error).toMatchObject({
          code: name === 'fence' ? 'conflict' : 'admission_paused',
        });
      }
    };
    await run({
      fence: () => enter('fence', () => manager.enterMaintenance()),
      lease: () => enter('lease', () => manager.enterForeground()),
    });
    expect(held).toHaveLength(1);
    return held[0] ?? 'none';
  }));

test('J15 fence/start: maintenance and an active job never meet', () =>
  race(['fence', 'start'], async (run, scheduler) => {
    const { manager, alice } = stage();
    const slow = defineJob({ ...plain, input: slowSchema(scheduler, 'input') });
    let code: string | undefined;
    await run({
      start: async () => {
        code = await codeOf(alice.start(slow, 1));
      },
      fence: () => codeOf((async () => manager.enterMaintenance())()),
    });
    const { running, maintenance } = manager.activity();
    expect([running, maintenance]).toEqual(code === undefined ? [1, false] : [0, true]);
    return code === undefined ? 'start' : 'fence';
  }));

test('J13 expiry/poll: the look keeps the job for another ttlMs, or finds it gone', () =>
  race(['kept', 'gone'], async (run) => {
    const clock = handClock();
    const { alice, executor } = stage({ ttlMs: 100, clock });
    const { id } = await alice.start(plain, 1);
    executor.runOf(id).return();
    clock.tick(99);
    let found: unknown;
    await run({
      poll: async () => {
        found = (await alice.poll(id)).job;
      },
      expiry: () => clock.tick(1),
    });
    const kept = (await alice.list()).length === 1;
    expect(found !== undefined).toBe(kept);
    clock.tick(98);
    expect(await alice.list()).toHaveLength(kept ? 1 : 0);
    clock.tick(2);
    expect(await alice.list()).toHaveLength(0);
    return kept ? 'kept' : 'gone';
  }));

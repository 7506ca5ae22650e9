import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../foundation/clock.ts';
import { PollLoop } from '../observe/poll-loop.ts';
import type { Visibility } from '../observe/visibility.ts';
import { SnapshotStore } from '../snapshots/store.ts';
import { memoryStorage } from '../testing/memory-storage.ts';
import { simulatedClock } from '../testing/simulated-clock.ts';
import { hasty, plain, stage, tidy } from './job-manager.test-support.ts';

const hour = 3_600_000;
const visible: Visibility = { isHidden: () => false, subscribe: () => () => {} };

/** Somebody sets the clock of the machine: back, and ahead. */
const jumps = [-24 * hour, -hour, hour, 24 * hour] as const;

describe.each(jumps)('a clock that is set by %i ms', (jumpMs) => {
  const start = 100 * hour;

  test('F6 moves no timer and no monotonic time', async () => {
    const clock = simulatedClock(start);
    const before = clock.monotonic();
    let rang = 0;
    clock.schedule(1000, () => {
      rang += 1;
    });
    clock.setWallClock(start + jumpMs);
    expect([clock.now(), clock.monotonic()]).toEqual([start + jumpMs, before]);
    await clock.advance(999);
    expect(rang).toBe(0);
    await clock.advance(1);
    expect([rang, clock.now(), clock.monotonic()]).toEqual([
      1,
      start + jumpMs + 1000,
      before + 1000,
    ]);
  });

  test('F6 U3 polling goes on at its interval', async () => {
    const clock = simulatedClock(start);
    let asked = 0;
    const source = {
      ask: (id: string) => id,
      fetch: async (asks: readonly string[]) => {
        asked += 1;
        return asks;
      },
      deliver: () => 'later' as const,
      pushed: () => undefined,
      watch: () => undefined,
    };
    const loop = new PollLoop(source, {
      clock,
      random: () => 0.5,
      visibility: visible,
      minPushGapMs: 50,
    });
    const timing = { intervalMs: 1000, background: false, push: false };
    const reader = { onAnswer() {}, onFailure() {}, onPaused() {} };
    const subscription = loop.join('a', { timing, reader });
    await clock.advance(0);
    for (const count of [1, 2, 3]) {
      expect(asked).toBe(count);
      clock.setWallClock(clock.now() + jumpMs);
      await clock.advance(999);
      expect(asked).toBe(count);
      await clock.advance(1);
    }
    subscription.leave();
  });

  test('F6 J13 a job that ended before is released after its time to live, and no sooner', async () => {
    const { alice, executor, clock } = stage({ ttlMs: hour, startMs: start });
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).return();
    clock.setWallClock(start + jumpMs);
    await clock.advance(hour - 1);
    expect(await alice.list()).toHaveLength(1);
    await clock.advance(1);
    expect(await alice.list()).toEqual([]);
  });

  test('F6 J6 J14 J17 time-outs of jobs, of waits and of a shutdown last as long as they say', async () => {
    const { manager, alice, executor, clock } = stage({ startMs: start });
    const job = await alice.start(hasty, 1);
    const held = await alice.start(tidy, 1);
    const waiting = alice.wait(held.id, { timeoutMs: 1000 }).catch(({ code }) => code);
    clock.setWallClock(start + jumpMs);
    await clock.advance(999);
    expect(executor.runOf(job.id).stops).toEqual([]);
    await clock.advance(1);
    expect(executor.runOf(job.id).stops).toEqual(['timeout']);
    expect(await waiting).toBe('wait_timeout');
    const ended = manager.shutdown({ graceMs: 1000 });
    clock.setWallClock(start - jumpMs);
    await clock.advance(999);
    expect(executor.shutdowns).toEqual([]);
    await clock.advance(1);
    expect(await ended).toEqual({ settled: 0, abandoned: 2 });
  });

  test('F6 S9 a writer gives up waiting for the lock when lockTimeoutMs is over', async () => {
    const clock = simulatedClock(start);
    const storage = memoryStorage();
    const holder = await storage.lock();
    const store = new SnapshotStore({ storage, clock, lockTimeoutMs: 1000, metadata: z.unknown() });
    let code: unknown;
    const beginning = store.begin().catch((error: unknown) => {
      code = Reflect.get(Object(error), 'code');
    });
    await clock.advance(500);
    clock.setWallClock(start + jumpMs);
    await clock.advance(480);
    expect(code).toBe(undefined);
    await clock.advance(40);
    await beginning;
    expect(code).toBe('locked');
    await holder?.release();
  });
});

test('F6 the clock of the machine measures by what nobody sets', () => {
  const [before, after] = [systemClock.monotonic(), systemClock.monotonic()];
  expect(after).toBeGreaterThanOrEqual(before);
});

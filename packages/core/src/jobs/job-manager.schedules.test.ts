import { expect, test } from 'vitest';
import { codeOf, plain, stage } from './job-manager.test-support.ts';
import type { ScheduleEvent } from './schedules.ts';

const minuteMs = 60_000;

function scheduled(options: Parameters<typeof stage>[0] = {}) {
  const parts = stage({ startMs: Date.parse('2026-06-01T00:00:30Z'), ...options });
  const events: ScheduleEvent[] = [];
  parts.manager.on('schedule', (event) => events.push(event));
  return { ...parts, events, system: parts.manager.forOwner('system') };
}

const everyMinute = { cron: '* * * * *', definition: plain, input: 7, owner: 'system' } as const;

test('A9 a tick starts a job of the schedule’s owner, and is told', async () => {
  const { manager, executor, clock, events, system, alice } = scheduled();
  const { nextAt } = await manager.schedules.set('often', everyMinute);
  expect(nextAt).toBe(clock.now() + minuteMs / 2);
  await clock.advance(minuteMs / 2);
  const [job] = await system.list();
  expect(job).toMatchObject({ name: plain.name, status: 'running', createdAt: nextAt });
  expect(executor.runs.map(({ task }) => task.input)).toEqual([7]);
  expect(events).toEqual([{ type: 'started', id: 'often', tickAt: nextAt, jobId: job?.id }]);
  expect(await alice.list()).toEqual([]);
});

test('A9 a job that outlives three ticks, or waits to be tried again: each tick is skipped and told', async () => {
  const { manager, executor, clock, events, system } = scheduled();
  await manager.schedules.set('often', everyMinute);
  await clock.advance(minuteMs / 2);
  await clock.advance(3 * minuteMs);
  expect(events.slice(1)).toMatchObject(
    Array(3).fill({ type: 'skipped', reason: 'still_running' }),
  );
  expect(executor.runs).toHaveLength(1);
  expect(await codeOf(manager.schedules.runNow('often'))).toBe('conflict');
  executor.runs[0]?.return();
  await clock.advance(minuteMs);
  expect(executor.runs).toHaveLength(2);
  expect(events.at(-1)).toMatchObject({ type: 'started' });
  expect((await system.list()).map(({ status }) => status)).toEqual(['running', 'succeeded']);
});

test('A9 J3 a start that is refused is told, goes to the log, and the next tick starts again', async () => {
  const { manager, executor, clock, events, errors } = scheduled();
  await manager.schedules.set('often', everyMinute);
  const maintenance = manager.enterMaintenance();
  await clock.advance(minuteMs);
  expect(events).toMatchObject([{ type: 'failed', error: { code: 'admission_paused' } }]);
  expect(errors).toMatchObject([{ error: { code: 'admission_paused' }, schedule: 'often' }]);
  maintenance.release();
  await clock.advance(minuteMs);
  expect(executor.runs).toHaveLength(1);
});

test('A9 a clock that is set back over a tick starts no second job', async () => {
  const { manager, executor, clock } = scheduled();
  await manager.schedules.set('often', everyMinute);
  await clock.advance(minuteMs / 2);
  executor.runs[0]?.return();
  clock.setWallClock(clock.now() - 10 * minuteMs);
  await clock.advance(9 * minuteMs);
  expect(executor.runs).toHaveLength(1);
});

test('A9 J14 after a shutdown no tick comes, and no timer is left', async () => {
  const { manager, executor, clock, events } = scheduled();
  await manager.schedules.set('often', everyMinute);
  await manager.shutdown();
  await clock.advance(10 * minuteMs);
  expect(executor.runs).toEqual([]);
  expect(events).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('A5 A8 a delayed job that also waits for a key begins when both let it', async () => {
  for (const heldMs of [400, 1600]) {
    const { alice, executor, clock } = stage();
    const key = { exclusivityKey: 'k' } as const;
    const holder = await alice.start(plain, 1, key);
    const late = await alice.start(plain, 2, { ...key, onConflict: 'queue', delayMs: 1000 });
    const availableAt = clock.now() + 1000;
    expect(late).toMatchObject({ status: 'queued', availableAt });
    await clock.advance(heldMs);
    expect(executor.runs).toHaveLength(1);
    executor.runOf(holder.id).return();
    await clock.advance(Math.max(0, 1000 - heldMs - 1));
    expect([heldMs, executor.runs.length]).toEqual([heldMs, heldMs < 1000 ? 1 : 2]);
    await clock.advance(1);
    expect([heldMs, (await alice.get(late.id))?.status]).toEqual([heldMs, 'running']);
  }
});

test('A4 A5 A8 a delayed job that waits for a key is canceled at once, and the next in line begins', async () => {
  const { alice, executor, clock } = stage();
  const key = { exclusivityKey: 'k', onConflict: 'queue' } as const;
  const holder = await alice.start(plain, 1, key);
  const late = await alice.start(plain, 2, { ...key, delayMs: 1000 });
  const next = await alice.start(plain, 3, key);
  expect(await alice.cancel(late.id)).toBe(true);
  executor.runOf(holder.id).return();
  expect((await alice.get(next.id))?.status).toBe('running');
  await clock.advance(2000);
  expect(executor.runs.map(({ task }) => task.input)).toEqual([1, 3]);
});

test.each([false, true])(
  'A9 J14 after a shutdown nothing is scheduled, whether something was before: %s',
  async (isBefore) => {
    const { manager, clock, events } = scheduled();
    if (isBefore) await manager.schedules.set('often', everyMinute);
    await manager.shutdown();
    const { schedules } = manager;
    const calls = [
      schedules.set('late', everyMinute),
      schedules.list(),
      schedules.runNow('often'),
      schedules.resume('often'),
    ];
    for (const call of calls) expect(await codeOf(call)).toBe('manager_closed');
    await clock.advance(5 * minuteMs);
    expect(events).toEqual([]);
    expect(clock.pending).toBe(0);
  },
);

test('A9 the next tick of a period is a whole moment, and the same one whenever it is asked for', async () => {
  const { manager, clock } = scheduled();
  const { nextAt } = await manager.schedules.set('often', {
    ...everyMinute,
    cron: undefined,
    everyMs: minuteMs,
  });
  for (const step of [0.3, 0.45, 0.25]) {
    await clock.advance(step);
    const [listed] = await manager.schedules.list();
    expect(listed?.nextAt).toBe(nextAt);
  }
  await manager.schedules.set('never', {
    ...everyMinute,
    cron: undefined,
    everyMs: Number.MAX_SAFE_INTEGER,
  });
  const never = (await manager.schedules.list()).find(({ id }) => id === 'never');
  // Beyond what a Date can tell.
  expect(never?.nextAt).toBe(null);
});

import {
  type Clock,
  defineJob,
  handle,
  type JobClient,
  type ScheduleEvent,
  systemClock,
} from '@offstage/core';
import type { ScheduleRecord } from '@offstage/core/engine';
import { simulatedClock } from '@offstage/core/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { RedisServer } from '../fixtures/redis-server.ts';
import { ServedQueue } from '../fixtures/served-queue.ts';
import type { BullJobManager } from './index.ts';
import { RedisLink } from './redis/redis-link.ts';
import { ScheduleBook } from './schedules/schedule-book.ts';

// Only what is stuck may fail by it, not a busy machine.

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start('--appendfsync', 'no');
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

const input = z.object({ n: z.number() });
const quick = handle(
  defineJob({ name: 'quick', input, result: z.number(), phases: ['run'] }),
  ({ input: { n } }) => n,
);
const endless = handle(
  defineJob({ name: 'endless', input, result: z.number(), phases: ['run'] }),
  ({ signal }) =>
    new Promise<number>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
);
const jobs = [quick, endless];
const often = { everyMs: 60, definition: quick.definition, input: { n: 7 }, owner: 'system' };
const rarely = { ...often, everyMs: 3_600_000 };

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'kept',
    ({ code, details }) => `${code} ${details.option ?? ''}`.trim(),
  );

function listened(manager: BullJobManager): ScheduleEvent[] {
  const events: ScheduleEvent[] = [];
  manager.on('schedule', (event) => events.push(event));
  return events;
}

const idsOf = async (client: JobClient): Promise<string[]> =>
  (await client.list()).map(({ id }) => id).sort();

const startedBy = (events: readonly ScheduleEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'started' ? [event.jobId] : [])).sort();

test('A9 E5 with three managers at once each tick starts one job, and all of them tell of it', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const managers = [queue.manager(jobs), queue.manager(jobs), queue.manager(jobs)] as const;
  const told = managers.map(listened);
  // Each of them sets it, as each web server does when it starts.
  const views = await Promise.all(managers.map(({ schedules }) => schedules.set('often', often)));
  expect(views.map(({ nextAt }) => nextAt)).not.toContain(null);
  await vi.waitUntil(() => told.every((events) => startedBy(events).length >= 8));
  expect(await managers[2].schedules.remove('often')).toBe(true);
  const ids = await idsOf(managers[0].forOwner('system'));
  await vi.waitUntil(() => told.every((events) => startedBy(events).length === ids.length));
  // Every job was told, by each manager once: none was started beside a tick.
  for (const events of told) expect(startedBy(events)).toEqual(ids);
  const ticks = (told[0] ?? []).flatMap(({ tickAt }) => (tickAt === null ? [] : [tickAt]));
  expect(new Set(ticks).size).toBe(ticks.length);
  // All on one beat, though three clocks saw it.
  const [beat = 0] = ticks;
  expect(ticks.map((at) => (at - beat) % often.everyMs)).toEqual(ticks.map(() => 0));
  const [job] = await managers[1].forOwner('system').list({ results: true });
  expect(job).toMatchObject({ name: 'quick', result: 7 });
});

test('A9 E5 what a stop of all managers missed: catchUp last starts the newest alone, none starts none', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const first = queue.manager(jobs);
  const everyMs = 250;
  const options = { ...often, everyMs };
  await first.schedules.set('none', options);
  const { nextAt } = await first.schedules.set('last', {
    ...options,
    owner: 'caught',
    catchUp: 'last',
  });
  await first.close();
  const stoppedAt = Date.now();
  await vi.waitUntil(() => Date.now() > stoppedAt + 3 * everyMs);
  const second = queue.manager(jobs);
  const events = listened(second);
  await vi.waitUntil(() => startedBy(events).length >= 3);
  const [none, last] = ['none', 'last'].map((id) => events.filter((event) => event.id === id));
  expect(none?.[0]).toMatchObject({ type: 'skipped', reason: 'missed' });
  expect(last?.[0]).toMatchObject({ type: 'started' });
  // The newest one of those that were missed, on the old beat, and then the next.
  const ticks = (last ?? []).map(({ tickAt }) => ((tickAt ?? 0) - (nextAt ?? 0)) / everyMs);
  expect(ticks[0]).toBeGreaterThanOrEqual(2);
  for (const tick of ticks) expect(Number.isInteger(tick)).toBe(true);
  await second.schedules.remove('last');
  expect(await idsOf(second.forOwner('caught'))).toEqual(startedBy(last ?? []));
});

test('A9 E5 a tick whose job before it still runs is skipped and told, in whatever process either is', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const [first, second] = [queue.manager(jobs), queue.manager(jobs)];
  const events = listened(second);
  await first.schedules.set('long', { ...often, definition: endless.definition });
  await vi.waitUntil(() => events.filter(({ type }) => type === 'skipped').length >= 3);
  expect(events).toMatchObject([
    { type: 'started' },
    ...events.slice(1).map(() => ({ type: 'skipped', reason: 'still_running' })),
  ]);
  const system = second.forOwner('system');
  const [id = ''] = await idsOf(system);
  expect(await codeOf(second.schedules.runNow('long'))).toBe('conflict');
  expect(await second.schedules.get('long')).toMatchObject({ lastJobId: id, owner: 'system' });
  await system.cancel(id);
  await vi.waitUntil(() => startedBy(events).length === 2);
  await second.schedules.remove('long');
  for (const each of await idsOf(system)) await system.cancel(each);
});

test('A9 E5 pause, resume, set, runNow, list and remove mean the same in each manager', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const [first, second] = [queue.manager(jobs), queue.manager(jobs)];
  await first.schedules.set('b', rarely);
  const nightly = { ...rarely, everyMs: undefined, cron: '0 3 * * *', timezone: 'Europe/Berlin' };
  await second.schedules.set('a', nightly);
  expect((await first.schedules.list()).map(({ id }) => id)).toEqual(['b', 'a']);
  expect(await first.schedules.list()).toEqual(await second.schedules.list());
  expect(await second.schedules.pause('a')).toBe(true);
  expect(await first.schedules.get('a')).toEqual({
    id: 'a',
    name: 'quick',
    owner: 'system',
    cron: '0 3 * * *',
    everyMs: null,
    timezone: 'Europe/Berlin',
    catchUp: 'none',
    paused: true,
    lastTickAt: null,
    lastJobId: null,
    nextAt: null,
  });
  const system = first.forOwner('system');
  const jobId = await first.schedules.runNow('a');
  expect(await system.wait(jobId)).toMatchObject({ status: 'succeeded', result: 7 });
  // It stays paused when it is set again, with what has changed of it.
  expect(await first.schedules.set('a', { ...nightly, input: { n: 8 } })).toMatchObject({
    paused: true,
    lastJobId: jobId,
  });
  expect(await system.wait(await second.schedules.runNow('a'))).toMatchObject({ result: 8 });
  expect(await first.schedules.resume('a')).toBe(true);
  expect((await second.schedules.get('a'))?.nextAt).toBeGreaterThan(Date.now());
  const changes = [first.schedules.remove('a'), second.schedules.remove('a')];
  expect((await Promise.all(changes)).sort()).toEqual([false, true]);
  expect(await second.schedules.get('a')).toBe(undefined);
  for (const change of ['pause', 'resume', 'remove'] as const) {
    expect(await first.schedules[change]('a')).toBe(false);
  }
  expect(await codeOf(first.schedules.runNow('a'))).toBe('not_found');
  await first.shutdown();
  expect(await codeOf(first.schedules.list())).toBe('manager_closed');
});

test('A9 E5 a start that is refused is told, goes to one log, and the next tick starts again', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const [first, second] = [queue.manager(jobs), queue.manager(jobs)];
  const errors: unknown[] = [];
  const schedules = new Set<unknown>();
  for (const manager of [first, second]) {
    manager.on('error', ({ error, schedule }) => {
      errors.push(error);
      schedules.add(schedule);
    });
  }
  const told = [listened(first), listened(second)];
  const maintenance = await first.enterMaintenance();
  await first.schedules.set('often', often);
  await vi.waitUntil(() => told.every((events) => events.length >= 2));
  await maintenance.release();
  await vi.waitUntil(() => told.every((events) => startedBy(events).length >= 1));
  await first.schedules.remove('often');
  const failed = told.map((events) => events.filter(({ type }) => type === 'failed'));
  await vi.waitUntil(() => errors.length === failed[0]?.length);
  expect([...schedules]).toEqual(['often']);
  for (const events of failed) {
    expect(events.length).toBeGreaterThan(0);
    expect(events).toMatchObject(events.map(() => ({ error: { code: 'admission_paused' } })));
  }
});

test('A9 E5 a tick waits for a manager that has its definition, and is told where there is none', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const set = queue.manager(jobs);
  await set.schedules.set('often', { ...often, catchUp: 'last' });
  await set.close();
  // An hour later, by its clock.
  const clock = jumpingClock();
  const older = queue.manager([endless], { clock });
  const events = listened(older);
  await older.ready();
  clock.byMs = 3_600_000;
  await older.schedules.list();
  await vi.waitUntil(() => events.length > 0);
  expect(events).toMatchObject([{ type: 'failed', error: { code: 'unknown_definition' } }]);
  const newer = queue.manager(jobs);
  const started = listened(newer);
  await vi.waitUntil(() => startedBy(started).length > 0);
  expect(await codeOf(older.schedules.set('often', often))).toBe('unknown_definition');
});

/** A clock of a machine that sleeps, or of one that somebody sets. */
function jumpingClock(): Clock & { byMs: number; wallByMs: number } {
  const clock = {
    byMs: 0,
    wallByMs: 0,
    now: () => systemClock.now() + clock.byMs + clock.wallByMs,
    monotonic: () => systemClock.monotonic() + clock.byMs,
    schedule: systemClock.schedule.bind(systemClock),
  };
  return clock;
}

test('A9 F6 a wall clock that is set, in one manager, brings no tick early and none twice', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const clock = jumpingClock();
  const [right, wrong] = [queue.manager(jobs), queue.manager(jobs, { clock })];
  const events = listened(right);
  await wrong.ready();
  const { nextAt } = await right.schedules.set('rarely', rarely);
  for (const hours of [30, -30]) {
    clock.wallByMs = hours * 3_600_000;
    const view = await wrong.schedules.get('rarely');
    expect(Math.abs((view?.nextAt ?? 0) - (nextAt ?? 0))).toBeLessThan(1000);
    await wrong.schedules.set('often', often);
    await vi.waitUntil(() => startedBy(events).length > 0);
    await wrong.schedules.remove('often');
    events.length = 0;
  }
  expect((await right.schedules.list()).map(({ lastTickAt }) => lastTickAt)).toEqual([null]);
});

test('A9 F6 everyMs goes on within everyMs after the clock of Redis was set back by a day', async () => {
  await using queue = new ServedQueue(redis.url);
  await queue.serve(jobs);
  const clock = jumpingClock();
  const ahead = queue.manager(jobs, { clock });
  await ahead.ready();
  // To all managers that come later, what this one decides lies a day ahead.
  clock.byMs = 86_400_000;
  await ahead.schedules.set('often', often);
  await ahead.close();
  const events = listened(queue.manager(jobs));
  await vi.waitUntil(() => startedBy(events).length >= 2);
});

test('A9 daylight saving is core’s: left out by the spring it comes after the gap, repeated by the autumn once', async () => {
  const expected = [
    ['2026-03-28T12:00:00Z', '2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    ['2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
  ];
  for (const [from = '', ...ticks] of expected) {
    const clock = simulatedClock(Date.parse(from));
    const base = `bull:${from}:offstage:`;
    const link = new RedisLink({ connection: { url: redis.url }, base, clock: systemClock });
    const book = new ScheduleBook(link, clock, (_, error) => expect(error).toBe(undefined));
    const record: ScheduleRecord = {
      ...{ id: 'nightly', name: 'quick', input: {}, owner: 'system', catchUp: 'none' as const },
      ...{ cron: '30 2 * * *', everyMs: null, timezone: 'Europe/Berlin', paused: false },
      ...{ decidedAt: clock.now(), lastTickAt: null, lastJobId: null, lastJobOwner: null },
    };
    expect(await book.save(record, 1, '')).toBe(true);
    expect(await book.save(record, 1, '')).toBe(false);
    for (const tick of ticks) {
      await book.sync('test', 1000);
      const entry = book.get('nightly');
      const at = Date.parse(tick);
      const known = entry?.record ?? record;
      expect(entry?.ticks().due(known.decidedAt)).toEqual({ at });
      await clock.advance(at - clock.now() - 1);
      expect(entry?.ticks().take(known.decidedAt)).toBe(undefined);
      await clock.advance(1);
      expect(entry?.ticks().take(known.decidedAt)).toEqual({ at, lateMs: 0 });
      await book.save({ ...known, decidedAt: at }, 1, entry?.rev ?? '');
    }
    link.close();
  }
});

test('A9 what is no schedule is refused with core’s errors, and nothing is kept', async () => {
  await using queue = new ServedQueue(redis.url);
  const { schedules } = queue.manager(jobs);
  const set = (options: object, id = 'id') =>
    codeOf(schedules.set(id, { ...rarely, everyMs: undefined, ...options }));
  for (const cron of ['', 'x', '* * *', '99 * * * *', '0 0 31 2 *']) {
    expect(await set({ cron })).toBe('invalid_option cron');
  }
  expect(await set({ cron: '* * * * *', timezone: 'Europe/Nowhere' })).toBe(
    'invalid_option timezone',
  );
  for (const everyMs of [0, -1, 0.5, Number.NaN, Infinity, '60']) {
    expect(await set({ everyMs })).toBe('invalid_option everyMs');
  }
  expect(await set({ everyMs: 1, catchUp: 'all' })).toBe('invalid_option catchUp');
  expect(await set({ everyMs: 1, owner: '' })).toBe('invalid_owner');
  expect(await set({ everyMs: 1, input: 'text' })).toBe('invalid_input');
  expect(await set({ everyMs: 1 }, 'i'.repeat(201))).toBe('invalid_option id');
  const other = defineJob({ name: 'other', input, result: input, phases: ['run'] });
  expect(await set({ everyMs: 1, definition: other })).toBe('unknown_definition');
  const wide = defineJob({ name: 'quick', input: z.unknown(), result: input, phases: ['run'] });
  const much = { everyMs: 1, definition: wide, input: 'x'.repeat(1 << 21) };
  expect(await set(much)).toBe('too_large');
  expect(await schedules.list()).toEqual([]);
});

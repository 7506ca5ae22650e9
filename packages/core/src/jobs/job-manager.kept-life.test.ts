import { describe, expect, test } from 'vitest';
import { defineJob } from './job-definition.ts';
import { again, againTidy, type Life, life, quiet } from './job-manager.kept.test-support.ts';
import { codeOf, plain, tidy } from './job-manager.test-support.ts';
import type { ScheduleEvent } from './schedules.ts';

const hourMs = 3_600_000;
const startMs = 1_000_000_000;

const hourly = (catchUp: 'last' | 'none') =>
  ({ everyMs: hourMs, catchUp, definition: plain, input: 1, owner: 'alice' }) as const;

function scheduleNews({ manager }: Life): ScheduleEvent[] {
  const events: ScheduleEvent[] = [];
  manager.on('schedule', (event) => events.push(event));
  return events;
}

describe('the life of kept jobs over restarts', () => {
  test.each([
    ['last', 'started'],
    ['none', 'skipped'],
  ] as const)(
    'A9 of the ticks of a stop of a day, catchUp %s: the newest is %s',
    async (catchUp, type) => {
      const before = life();
      await before.manager.ready();
      await before.manager.schedules.set('hourly', hourly(catchUp));
      await before.clock.advance(hourMs);
      await quiet();
      for (const run of before.executor.unsettled) run.return('ok');
      await quiet();
      await before.manager.shutdown();
      await before.clock.advance(24 * hourMs + 600_000);
      const after = before.next();
      const events = scheduleNews(after);
      await after.manager.ready();
      await quiet();
      expect(events).toMatchObject([{ type, tickAt: startMs + 25 * hourMs }]);
      expect((await after.alice.list()).length).toBe(type === 'started' ? 2 : 1);
      const { nextAt } = (await after.manager.schedules.get('hourly')) ?? {};
      expect(nextAt).toBe(startMs + 26 * hourMs);
      for (const run of after.executor.unsettled) run.return('ok');
      await quiet();
      await after.clock.advance(hourMs);
      await quiet();
      expect(events.at(-1)).toMatchObject({ type: 'started', tickAt: startMs + 26 * hourMs });
    },
  );

  test('A9 a tick and its job are one write: a kill leaves both or none, and no second job', async () => {
    const before = life();
    await before.manager.ready();
    await before.manager.schedules.set('hourly', hourly('last'));
    const written: string[][] = [];
    const write = before.journal.write.bind(before.journal);
    before.journal.write = (...entries) => {
      written.push(entries.map(({ type }) => type));
      return write(...entries);
    };
    await before.clock.advance(hourMs);
    expect(written[0]).toEqual(['admitted', 'schedule']);
    const after = before.cutPower();
    await after.manager.ready();
    await quiet();
    const jobs = await after.alice.list();
    expect(jobs.length).toBe(1);
    expect(await after.manager.schedules.get('hourly')).toMatchObject({ lastJobId: jobs[0]?.id });
    expect(await after.manager.schedules.remove('hourly')).toBe(true);
    const last = after.cutPower();
    await last.manager.ready();
    expect(await last.manager.schedules.list()).toEqual([]);
  });

  test('A5 a delayed job waits out what is left of its delay, also where that ended meanwhile', async () => {
    const before = life();
    const soon = await before.alice.start(plain, 1, { delayMs: 60_000 });
    const late = await before.alice.start(plain, 2, { delayMs: 600_000 });
    const after = before.kill();
    await before.clock.advance(120_000);
    await after.manager.ready();
    await quiet();
    expect(after.executor.runs.map(({ task }) => task.jobId)).toEqual([soon.id]);
    expect(await after.alice.get(late.id)).toMatchObject({ availableAt: 1_000_600_000 });
    await after.clock.advance(480_000);
    expect(after.executor.runs.map(({ task }) => task.jobId)).toEqual([soon.id, late.id]);
  });

  test('A5 F6 a clock that was set back while nobody was there makes no delay longer, and moves no moment', async () => {
    const before = life();
    const { clock } = before;
    const delayed = await before.alice.start(plain, 1, { delayMs: 60_000 });
    const held = await before.alice.start(plain, 2, { exclusivityKey: 'k', delayMs: 60_000 });
    const next = await before.alice.start(plain, 3, {
      exclusivityKey: 'k',
      onConflict: 'queue',
      delayMs: 90_000,
    });
    const startAt = clock.now() + 60_000;
    const timed = await before.alice.start(plain, 4, { startAt });
    await clock.advance(10_000);
    const after = before.kill({ slots: 9 });
    clock.setWallClock(clock.now() - 86_400_000);
    await after.manager.ready();
    const begun = (): readonly string[] => after.executor.runs.map(({ task }) => task.jobId);
    expect(await after.alice.get(delayed.id)).toMatchObject({ availableAt: clock.now() + 60_000 });
    expect(await after.alice.get(timed.id)).toMatchObject({ availableAt: startAt });
    await clock.advance(59_999);
    expect(begun()).toEqual([]);
    await clock.advance(1);
    expect(begun()).toEqual([delayed.id, held.id]);
    after.executor.runOf(held.id).return('ok');
    await quiet();
    await clock.advance(29_999);
    expect(begun()).toEqual([delayed.id, held.id]);
    await clock.advance(1);
    expect(begun()).toEqual([delayed.id, held.id, next.id]);
    clock.setWallClock(startAt);
    await clock.advance(60_000);
    expect(begun()).toEqual([delayed.id, held.id, next.id, timed.id]);
  });

  test('A1 F6 nor does the wait for the next attempt of a job grow by that', async () => {
    const slow = defineJob({ ...plain, retry: { attempts: 2, delayMs: 60_000 } });
    const before = life({ definitions: [slow], random: () => 1 });
    const { clock } = before;
    const job = await before.alice.start(slow, 1);
    await clock.advance(5000);
    before.executor.runOf(job.id).throw(new Error('busy'));
    await quiet();
    expect(await before.alice.get(job.id)).toMatchObject({ status: 'queued', attempt: 2 });
    const after = before.kill();
    clock.setWallClock(clock.now() - 86_400_000);
    await after.manager.ready();
    await clock.advance(65_000);
    expect(after.executor.runOf(job.id).task.attempt).toBe(2);
  });

  test('A8 J7 who waits for a key goes on waiting behind whoever holds it', async () => {
    const before = life();
    const holder = await before.alice.start(again, 1, { exclusivityKey: 'k' });
    const next = await before.alice.start(plain, 2, { exclusivityKey: 'k', onConflict: 'queue' });
    await quiet();
    const after = before.kill();
    await after.manager.ready();
    await quiet();
    expect(after.executor.runs.map(({ task }) => task.jobId)).toEqual([holder.id]);
    after.executor.runOf(holder.id).return('ok');
    await quiet();
    expect(after.executor.runOf(next.id).task.attempt).toBe(1);
  });

  test('A2 K3 a cancel outlives the process: the job ends canceled and is discarded', async () => {
    const before = life();
    const job = await before.alice.start(againTidy, 1);
    await quiet();
    expect(await before.alice.cancel(job.id)).toBe(true);
    const after = before.cutPower();
    await after.manager.ready();
    await quiet();
    expect(await after.alice.get(job.id)).toMatchObject({ status: 'canceled' });
    expect(after.executor.runs).toEqual([]);
    expect(after.executor.discards).toMatchObject([{ task: { outcome: { status: 'canceled' } } }]);
  });

  test('J5 a job that is canceled while its attempt is being kept never runs', async () => {
    const { alice, executor } = life();
    const job = await alice.start(plain, 1);
    // Its number is not durable yet.
    expect(executor.runs).toEqual([]);
    expect(await alice.cancel(job.id)).toBe(true);
    expect((await alice.wait(job.id)).status).toBe('canceled');
    await quiet();
    expect(executor.runs).toEqual([]);
  });

  test('J12 J13 what was consumed or has expired does not come back', async () => {
    const before = life({ ttlMs: 1000 });
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map((each) => before.alice.start(plain, each, { delayMs: 10 })),
    );
    if (one === undefined || two === undefined || three === undefined) throw new Error('none');
    await before.alice.cancel(one.id);
    expect(await before.alice.consume(one.id)).toBe(true);
    expect(await before.alice.consume(one.id)).toBe(false);
    await before.alice.cancel(two.id);
    await before.clock.advance(2000);
    const after = before.cutPower();
    expect((await after.alice.list()).map(({ id }) => id)).toEqual([three.id]);
  });

  test('P4 A3 the newest progress is kept once a second, and with the end; numbers go on', async () => {
    const before = life();
    const job = await before.alice.start(again, 1);
    await quiet();
    const run = before.executor.runOf(job.id);
    for (let count = 0; count < 5; count += 1) run.report(`m${count}`);
    await before.clock.advance(1000);
    run.report('lost');
    const after = before.cutPower();
    await after.manager.ready();
    await quiet();
    expect(await after.alice.poll(job.id, { after: 6 })).toMatchObject({
      job: { progress: { seq: 5, message: 'm4' } },
      cursor: 1e12,
      missed: 1,
    });
    // Above all that may have been shown.
    after.executor.runOf(job.id).report('next');
    const next = { seq: 1e12 + 1, message: 'next' };
    expect((await after.alice.get(job.id))?.progress).toMatchObject({ ...next, attempt: 2 });
    after.executor.runOf(job.id).return('ok');
    await after.alice.wait(job.id);
    const last = after.cutPower();
    expect((await last.alice.get(job.id))?.progress).toMatchObject(next);
  });

  test('A10 what is saved is kept as safely as the job, and an attempt that is over keeps nothing', async () => {
    const before = life();
    const job = await before.alice.start(again, 1);
    await quiet();
    const run = before.executor.runOf(job.id);
    await run.save({ page: 1 });
    void run.save({ page: 2 });
    run.throw();
    await quiet();
    expect(before.executor.runOf(job.id).task).toMatchObject({ attempt: 2, saved: { page: 2 } });
    expect(await codeOf(run.save({ page: 3 }))).toBe('canceled');
    const after = before.cutPower();
    await after.manager.ready();
    await quiet();
    expect(after.executor.runOf(job.id).task).toMatchObject({ attempt: 3, saved: { page: 2 } });
  });

  test('K4 a shutdown that keeps lets a result win, a cancel end, and counts a failure', async () => {
    const before = life({ slots: 4 });
    const [wins, ends, fails, deaf] = await Promise.all(
      [1, 2, 3, 4].map((each) => before.alice.start(againTidy, each)),
    );
    if (!wins || !ends || !fails || !deaf) throw new Error('none');
    await quiet();
    const ending = before.manager.shutdown({ graceMs: 500 });
    before.executor.runOf(wins.id).return('ok');
    await before.alice.cancel(ends.id);
    before.executor.runOf(ends.id).obey();
    before.executor.runOf(fails.id).throw();
    await quiet();
    const waiting = codeOf(before.alice.wait(deaf.id, { timeoutMs: 10_000 }));
    await before.clock.advance(500);
    expect(await ending).toEqual({ settled: 3, abandoned: 1 });
    expect(await waiting).toBe('manager_closed');
    expect(await codeOf(before.alice.wait(deaf.id))).toBe('manager_closed');
    expect((await before.alice.wait(wins.id)).status).toBe('succeeded');
    before.executor.runOf(deaf.id).return('too late');
    expect(await codeOf(before.alice.cancel(deaf.id))).toBe('manager_closed');
    expect(await codeOf(before.alice.consume(wins.id))).toBe('manager_closed');
    // What is at rest still expires, by a timer that does not come again and again.
    await before.clock.advance(2 * hourMs);
    const after = before.next();
    await after.manager.ready();
    await quiet();
    expect(await after.alice.get(wins.id)).toMatchObject({ status: 'succeeded' });
    expect(await after.alice.get(ends.id)).toMatchObject({ status: 'canceled' });
    expect(await after.alice.get(fails.id)).toMatchObject({
      attempt: 2,
      lastFailure: { code: 'handler_failed' },
    });
    expect(await after.alice.get(deaf.id)).toMatchObject({
      attempt: 2,
      lastFailure: { code: 'interrupted' },
    });
  });

  test('K4 J14 a shutdown that does not keep cancels all, and the next start finds it so', async () => {
    const before = life({ slots: 1 });
    const running = await before.alice.start(tidy, 1);
    const waiting = await before.alice.start(tidy, 2);
    await quiet();
    const ending = before.manager.shutdown({ keep: false });
    before.executor.runOf(running.id).obey();
    expect(await ending).toEqual({ settled: 2, abandoned: 0 });
    expect(before.executor.discards.length).toBe(2);
    const after = before.next();
    await after.manager.ready();
    await quiet();
    expect(await after.alice.get(running.id)).toMatchObject({ status: 'canceled' });
    expect(await after.alice.get(waiting.id)).toMatchObject({ status: 'canceled' });
    expect(after.executor.runs).toEqual([]);
    expect(after.executor.discards).toEqual([]);
  });

  test('J14 K2 an end that is being kept is awaited at the end, and is not given up', async () => {
    const before = life();
    const job = await before.alice.start(plain, 1);
    await quiet();
    const { write } = before.journal;
    let letThrough = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    before.journal.write = async (...entries) => {
      await gate;
      await write(...entries);
    };
    before.executor.runOf(job.id).return('ok');
    const ending = before.manager.shutdown({ keep: false, graceMs: 0 });
    await before.clock.advance(1);
    letThrough();
    expect(await ending).toMatchObject({ abandoned: 0 });
    expect(await before.alice.get(job.id)).toMatchObject({ status: 'succeeded', result: 'ok' });
    expect(await before.next().alice.get(job.id)).toMatchObject({ status: 'succeeded' });
  });

  test('K2 J3 of starts at once with one key or one idempotency key one is kept', async () => {
    const before = life();
    const codes = await Promise.all(
      [1, 2, 3].map((each) => codeOf(before.alice.start(plain, each, { exclusivityKey: 'k' }))),
    );
    expect(codes).toEqual([undefined, 'conflict', 'conflict']);
    const once = { idempotencyKey: 'once' };
    const same = await Promise.all([1, 1, 1].map((n) => before.alice.start(plain, n, once)));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    const after = before.kill();
    expect((await after.alice.list()).length).toBe(2);
    expect((await after.alice.start(plain, 1, once)).id).toBe(same[0]?.id);
  });

  test('J3 places are counted before a job is durable, and one that begins takes none', async () => {
    for (const maxQueued of [0, 1]) {
      const { alice, manager } = life({ slots: 2, maxQueued });
      await manager.ready();
      const codes = await Promise.all([1, 2, 3, 4].map((n) => codeOf(alice.start(plain, n))));
      const taken = codes.filter((code) => code === undefined);
      expect(taken.length).toBe(2 + maxQueued);
      expect(codes.slice(taken.length)).toContain('queue_full');
      expect(await codeOf(alice.start(plain, 5))).toBe('queue_full');
    }
    const { alice } = life({ maxActivePerOwner: 1 });
    const both = await Promise.all([1, 2].map((n) => codeOf(alice.start(plain, n))));
    expect(both).toEqual([undefined, 'queue_full']);
  });
});

import { describe, expect, test } from 'vitest';
import { settle } from '../testing/simulated-clock.ts';
import { codeOf, plain, stage, tidy } from './job-manager.test-support.ts';

describe('progress', () => {
  test('P3 job and events come in one look; any number of observers, each with its cursor', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    const run = executor.runOf(job.id);
    run.report('a');
    run.report('b');
    const first = await alice.poll(job.id);
    expect(first).toMatchObject({ cursor: 2, missed: 0, job: { progress: { message: 'b' } } });
    run.report('c');
    expect(await alice.poll(job.id, { after: first.cursor })).toMatchObject({
      events: [{ seq: 3, message: 'c' }],
      cursor: 3,
    });
    expect((await alice.poll(job.id, { after: 0 })).events).toHaveLength(3);
    expect(await alice.poll(job.id, { after: 0, limit: 1 })).toMatchObject({
      events: [{ seq: 1 }],
      cursor: 1,
      missed: 0,
    });
  });

  test('P1 P3 P4 the ring keeps the newest, says what was missed, and the view has the newest', async () => {
    const { alice, executor } = stage({ progressCapacity: 3 });
    const job = await alice.start(plain, 1);
    for (let count = 1; count <= 10; count += 1) executor.runOf(job.id).report(`${count}`);
    const poll = await alice.poll(job.id, { after: 2 });
    expect(poll.events.map(({ seq }) => seq)).toEqual([8, 9, 10]);
    expect(poll).toMatchObject({ cursor: 10, missed: 5, job: { progress: { seq: 10 } } });
    expect(await alice.poll(job.id, { limit: 0 })).toMatchObject({
      events: [],
      cursor: 0,
      job: { progress: { seq: 10 } },
    });
  });

  test('P3 what the channel to the handler lost counts as missed', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).report('a');
    executor.runOf(job.id).report('b', 4);
    expect(await alice.poll(job.id)).toMatchObject({ cursor: 6, missed: 4 });
  });

  test.each([
    [Number.NaN, 0],
    [-3, 0],
    [1.7, 1],
    [99, 3],
    [Number.POSITIVE_INFINITY, 3],
    ['2', 0],
  ])('P3 a cursor of %o is read as %d', async (after, from) => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    for (const message of ['a', 'b', 'c']) executor.runOf(job.id).report(message);
    const poll = await alice.poll(job.id, { after: after as number });
    expect(poll.events.map(({ seq }) => seq)).toEqual([1, 2, 3].slice(from));
    expect(poll).toMatchObject({ cursor: 3, missed: 0 });
  });

  test.each([
    [Number.NaN, 3],
    [-1, 0],
    [1.9, 1],
    [Number.POSITIVE_INFINITY, 3],
  ])('P3 a limit of %o reads %d of three', async (limit, count) => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    for (const message of ['a', 'b', 'c']) executor.runOf(job.id).report(message);
    expect((await alice.poll(job.id, { limit })).events).toHaveLength(count);
  });

  test('P2 dropped reports are counted on the view', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).drop(2);
    executor.runOf(job.id).drop(1);
    expect(await alice.get(job.id)).toMatchObject({ droppedReports: 3, progress: null });
  });

  test('P3 J10 events and answers are frozen, since all observers share them', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).report();
    const poll = await alice.poll(job.id);
    expect([poll, poll.events, poll.events[0]].every(Object.isFrozen)).toBe(true);
  });

  test('P5 what was reported before the end is there with the end', async () => {
    const { alice, executor, news } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).report('last');
    executor.runOf(job.id).return();
    const end = await alice.wait(job.id);
    expect(end.progress?.message).toBe('last');
    expect((await alice.poll(job.id)).events).toHaveLength(1);
    expect(news).toEqual([`started ${job.id}`, `progress ${job.id}`, `succeeded ${job.id}`]);
  });
});

describe('owners', () => {
  test('J4 a foreign, an unknown and an expired job are the same', async () => {
    const { alice, bob, executor, clock } = stage({ ttlMs: 100 });
    const expired = await bob.start(plain, 1);
    executor.runOf(expired.id).return();
    await clock.advance(100);
    const foreign = await alice.start(plain, 1, { exclusivityKey: 'k' });
    executor.runOf(foreign.id).report();
    for (const id of [expired.id, foreign.id, 'unknown', '', '__proto__']) {
      expect(await bob.get(id)).toBe(undefined);
      expect(await bob.poll(id, { after: 4.5 })).toEqual({
        job: undefined,
        events: [],
        cursor: 4,
        missed: 0,
      });
      expect(await bob.cancel(id)).toBe(false);
      expect(await bob.consume(id)).toBe(false);
      await expect(bob.wait(id)).rejects.toMatchObject({
        code: 'not_found',
        message: 'There is no such job.',
      });
      await expect(bob.wait(id, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'not_found' });
      expect(bob.watch?.(id, () => {})).toBeTypeOf('function');
    }
    expect(await bob.list()).toEqual([]);
    expect(await alice.get(foreign.id)).toMatchObject({ cancelRequested: false });
  });

  test('J4 two clients of one owner see the same jobs', async () => {
    const { manager, alice } = stage();
    const job = await alice.start(plain, 1);
    expect(await manager.forOwner('alice').get(job.id)).toBe(job);
  });

  test('J17 list gives the newest first, by status and name', async () => {
    const { alice, bob, executor } = stage({ slots: 4 });
    await bob.start(plain, 0);
    const [a, b, c] = await Promise.all([
      alice.start(plain, 1),
      alice.start(tidy, 2),
      alice.start(plain, 3),
    ]);
    executor.runOf(a.id).return();
    executor.runOf(b.id).return();
    const ids = async (filter?: Parameters<typeof alice.list>[0]) =>
      (await alice.list(filter)).map(({ id }) => id);
    expect(await ids()).toEqual([c.id, b.id, a.id]);
    expect(await ids({ status: 'succeeded' })).toEqual([b.id, a.id]);
    expect(await ids({ status: ['running', 'queued'] })).toEqual([c.id]);
    expect(await ids({ status: [] })).toEqual([]);
    expect(await ids({ name: 'tidy' })).toEqual([b.id]);
    expect(await ids({ status: 'succeeded', name: 'work.plain' })).toEqual([a.id]);
  });

  test('P3 pollMany answers in the order asked, whatever is there', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).report();
    const polls = await alice.pollMany([
      { id: 'unknown', after: 3 },
      { id: job.id },
      { id: job.id, after: 1 },
    ]);
    expect(polls.map(({ cursor, events }) => [cursor, events.length])).toEqual([
      [3, 0],
      [1, 1],
      [1, 0],
    ]);
  });
});

describe('wait', () => {
  test('J17 resolves to the terminal view, for all who wait and who come late', async () => {
    const { alice, executor } = stage();
    const job = await alice.start(plain, 1);
    const waits = [
      alice.wait(job.id),
      alice.wait(job.id),
      alice.wait(job.id, { timeoutMs: 1000, signal: new AbortController().signal }),
    ];
    executor.runOf(job.id).return();
    const end = await alice.get(job.id);
    for (const wait of waits) expect(await wait).toBe(end);
    expect(await alice.wait(job.id)).toBe(end);
    expect(await alice.wait(job.id, { timeoutMs: 0 })).toBe(end);
  });

  test('J17 ends with wait_timeout; the job goes on and nothing is left of the wait', async () => {
    const { alice, executor, clock } = stage();
    const job = await alice.start(plain, 1);
    const code = codeOf(alice.wait(job.id, { timeoutMs: 50 }));
    await clock.advance(49);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await code).toBe('wait_timeout');
    expect(clock.pending).toBe(0);
    executor.runOf(job.id).return();
    expect(await alice.wait(job.id)).toMatchObject({ status: 'succeeded' });
  });

  test("J17 ends with the signal's reason, at once or later", async () => {
    const { alice, clock } = stage();
    const job = await alice.start(plain, 1);
    const controller = new AbortController();
    const wait = alice.wait(job.id, { signal: controller.signal, timeoutMs: 1000 });
    const reason = new Error('left the page');
    controller.abort(reason);
    await expect(wait).rejects.toBe(reason);
    await expect(alice.wait(job.id, { signal: controller.signal })).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test.each([-1, Number.NaN, '5'])('J17 a timeoutMs of %o is refused', async (timeoutMs) => {
    const { alice } = stage();
    const job = await alice.start(plain, 1);
    const wait = alice.wait(job.id, { timeoutMs: timeoutMs as number });
    expect(await codeOf(wait)).toBe('invalid_option');
  });
});

describe('watch', () => {
  test('J17 hints after every change of the job, merged, and never after it was stopped', async () => {
    const { alice, bob, executor } = stage();
    const job = await alice.start(plain, 1);
    const hints = { job: 0, owner: 0, other: 0 };
    const stop = alice.watch?.(job.id, () => {
      hints.job += 1;
    });
    alice.watch?.(undefined, () => {
      hints.owner += 1;
    });
    bob.watch?.(undefined, () => {
      hints.other += 1;
    });
    executor.runOf(job.id).report();
    executor.runOf(job.id).report();
    expect(hints.job).toBe(0);
    await settle();
    expect(hints).toEqual({ job: 1, owner: 1, other: 0 });
    executor.runOf(job.id).return();
    stop?.();
    stop?.();
    await settle();
    expect(hints).toEqual({ job: 1, owner: 2, other: 0 });
    await alice.consume(job.id);
    await settle();
    expect(hints.owner).toBe(3);
    await alice.start(plain, 2);
    await settle();
    expect(hints.owner).toBe(4);
  });

  test('J16 a watcher that throws harms nobody', async () => {
    const { alice, executor, errors } = stage();
    const job = await alice.start(plain, 1);
    let hints = 0;
    alice.watch?.(job.id, () => {
      throw new Error('watcher');
    });
    alice.watch?.(job.id, () => {
      hints += 1;
    });
    executor.runOf(job.id).report();
    await settle();
    expect(hints).toBe(1);
    expect(errors).toMatchObject([{ error: { message: 'watcher' } }]);
  });
});

describe('release', () => {
  test('J12 consume releases a terminal job once, with all of it', async () => {
    const { alice, executor, news } = stage();
    const job = await alice.start(plain, 1);
    executor.runOf(job.id).report();
    expect(await alice.consume(job.id)).toBe(false);
    executor.runOf(job.id).return();
    expect(await alice.consume(job.id)).toBe(true);
    expect(await alice.consume(job.id)).toBe(false);
    expect(await alice.poll(job.id)).toMatchObject({ job: undefined, events: [] });
    expect(news.at(-1)).toBe(`released ${job.id}`);
  });

  const ended = async (ttlMs: number) => {
    const here = stage({ ttlMs });
    const job = await here.alice.start(plain, 1);
    here.executor.runOf(job.id).return();
    return { ...here, id: job.id };
  };

  test('J13 a terminal job that nobody looked at for ttlMs is released by the same path', async () => {
    const { clock, alice, id, news } = await ended(100);
    await clock.advance(99);
    expect(await alice.list()).toHaveLength(1);
    await clock.advance(1);
    expect(await alice.list()).toHaveLength(0);
    expect(news.at(-1)).toBe(`released ${id}`);
  });

  test.each<[string, (here: Awaited<ReturnType<typeof ended>>) => Promise<unknown>]>([
    ['get', ({ alice, id }) => alice.get(id)],
    ['poll', ({ alice, id }) => alice.poll(id)],
    ['pollMany', ({ alice, id }) => alice.pollMany([{ id }])],
    ['wait', ({ alice, id }) => alice.wait(id)],
  ])('J13 %s is a look: the time begins anew', async (_, look) => {
    const here = await ended(100);
    await here.clock.advance(60);
    await look(here);
    await here.clock.advance(99);
    expect(await here.alice.list()).toHaveLength(1);
    await here.clock.advance(1);
    expect(await here.alice.list()).toHaveLength(0);
  });

  test("J13 an overview and another owner's look are none", async () => {
    const { clock, alice, bob, id } = await ended(100);
    await clock.advance(60);
    await alice.list();
    await bob.get(id);
    await clock.advance(40);
    expect(await alice.get(id)).toBe(undefined);
  });

  test('J13 who watches a job looks at it; the time begins when the last one leaves', async () => {
    const { clock, alice, id } = await ended(100);
    const stop = alice.watch?.(id, () => {});
    await clock.advance(1050);
    stop?.();
    await clock.advance(99);
    expect(await alice.list()).toHaveLength(1);
    await clock.advance(1);
    expect(await alice.list()).toHaveLength(0);
  });

  test('J13 one timer waits for the next look at a job that is watched', async () => {
    const { clock, alice, id } = await ended(100);
    const stop = alice.watch?.(id, () => {});
    await clock.advance(250);
    expect(clock.pending).toBe(1);
    stop?.();
  });

  test('J13 active jobs and held discards do not expire', async () => {
    const { clock, alice, executor } = stage({ ttlMs: 100 });
    executor.holdDiscards = true;
    await alice.start(plain, 1);
    const second = await alice.start(tidy, 2);
    executor.runOf(second.id).throw();
    await clock.advance(1000);
    expect(await alice.list()).toHaveLength(2);
    executor.discards[0]?.finish();
    await clock.advance(100);
    expect(await alice.list()).toHaveLength(1);
  });

  test('J13 one timer serves all jobs', async () => {
    const { clock, alice, executor } = stage({ ttlMs: 100, slots: 3000 });
    for (let count = 0; count < 2500; count += 1) {
      const { id } = await alice.start(plain, count);
      executor.runs[count]?.return();
      if (count % 2 === 0) await alice.get(id);
    }
    expect(clock.pending).toBe(1);
    await clock.advance(100);
    expect(await alice.list()).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  test('J13 F6 a clock that is set back neither keeps a job nor brings its end forward', async () => {
    const { alice, executor, clock } = stage({ ttlMs: 100, startMs: 10_000 });
    const first = await alice.start(plain, 1);
    executor.runOf(first.id).return();
    clock.setWallClock(5000);
    const second = await alice.start(plain, 2);
    executor.runOf(second.id).return();
    await clock.advance(99);
    expect(await alice.list()).toHaveLength(2);
    await clock.advance(1);
    expect(await alice.list()).toEqual([]);
  });

  test('J13 Infinity keeps jobs until they are consumed', async () => {
    const { clock, alice } = await ended(Number.POSITIVE_INFINITY);
    expect(clock.pending).toBe(0);
    await clock.advance(1e12);
    expect(await alice.list()).toHaveLength(1);
  });
});

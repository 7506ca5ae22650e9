import { expect, test } from 'vitest';
import { codeOf } from './job-manager.test-support.ts';
import {
  berlinAt,
  dayMs,
  every,
  hourMs,
  ingest,
  minuteMs,
  scheduleStage,
} from './schedules.test-support.ts';

test('A9 a tick that the spring’s change of time leaves out comes right after the gap, once', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-03-28T00:00:00Z');
  await schedules.set('nightly', berlinAt('30 2 * * *'));
  await clock.advance(3 * dayMs);
  expect(jobs.map(({ at }) => at)).toEqual([
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
});

test('A9 a tick that the autumn’s change of time repeats comes once', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-10-24T00:00:00Z');
  await schedules.set('nightly', berlinAt('30 2 * * *'));
  await clock.advance(3 * dayMs);
  expect(jobs.map(({ at }) => at)).toEqual([
    '2026-10-24T00:30:00.000Z',
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ]);
});

test('A9 an hourly schedule goes on hour by hour through both changes of time', async () => {
  for (const start of ['2026-03-28T12:30:00Z', '2026-10-24T12:30:00Z']) {
    const { schedules, clock, jobs } = scheduleStage(start);
    await schedules.set('hourly', berlinAt('0 * * * *'));
    await clock.advance(dayMs);
    const gaps = jobs.slice(1).map(({ at }, n) => Date.parse(at) - Date.parse(jobs[n]?.at ?? ''));
    expect(gaps).toEqual(Array(23).fill(hourMs));
  }
});

test('A9 a clock that is set back over a tick does not bring it again', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T00:00:00Z');
  await schedules.set('nightly', { ...berlinAt('0 3 * * *'), timezone: 'UTC' });
  await clock.advance(3 * hourMs);
  expect(jobs.length).toBe(1);
  clock.set(clock.now() - 2 * hourMs);
  await clock.advance(4 * hourMs);
  expect(jobs.length).toBe(1);
  await clock.advance(dayMs);
  expect(jobs.map(({ at }) => at)).toEqual([
    '2026-06-01T03:00:00.000Z',
    '2026-06-02T03:00:00.000Z',
  ]);
});

test('A9 a clock that is set back over a tick, and a restart, do not bring it again', async () => {
  const stage = scheduleStage('2026-06-01T02:59:00Z');
  await stage.schedules.set('nightly', {
    ...berlinAt('0 3 * * *'),
    timezone: 'UTC',
    catchUp: 'last',
  });
  await stage.clock.advance(minuteMs);
  stage.clock.set(stage.clock.now() - hourMs);
  await stage.restart();
  await stage.clock.advance(2 * hourMs);
  expect(stage.ticks).toEqual(['2026-06-01T03:00:00.000Z']);
});

test('A9 F6 everyMs is a duration: a clock that is set a day back or on changes nothing', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T00:00:00Z');
  await schedules.set('often', every(minuteMs));
  for (const shiftMs of [-dayMs, 2 * dayMs, -3 * hourMs, 0]) {
    clock.set(clock.now() + shiftMs);
    await clock.advance(minuteMs);
  }
  expect(jobs.length).toBe(4);
});

test('A9 F6 a clock that was set back while nobody was there delays everyMs by everyMs at most', async () => {
  const stage = scheduleStage('2026-06-01T00:00:00Z');
  await stage.schedules.set('often', every(minuteMs));
  await stage.clock.advance(minuteMs);
  stage.clock.set(stage.clock.now() - 30 * dayMs);
  await stage.restart();
  await stage.clock.advance(minuteMs);
  expect(stage.jobs.length).toBe(2);
});

test('A9 after a stop of a day catchUp last makes up for the newest tick alone, none for none', async () => {
  for (const catchUp of ['last', 'none'] as const) {
    const stage = scheduleStage('2026-06-01T00:00:30Z');
    await stage.schedules.set('hourly', { ...berlinAt('0 * * * *'), catchUp });
    await stage.schedules.set('often', { ...every(hourMs), catchUp });
    await stage.clock.advance(2 * hourMs);
    expect(stage.jobs.length).toBe(4);
    await stage.restart(dayMs + 10 * minuteMs);
    const made = stage.jobs.slice(4);
    expect(made.map(({ scheduleId }) => scheduleId)).toEqual(
      catchUp === 'last' ? ['hourly', 'often'] : [],
    );
    // The newest that was missed, not the one after the last start.
    if (catchUp === 'last') expect(stage.ticks[4]).toBe('2026-06-02T02:00:00.000Z');
    expect(stage.told('skipped')).toMatchObject(
      catchUp === 'last' ? [] : [{ reason: 'missed' }, { reason: 'missed' }],
    );
    // And both go on where they were, on their old beat.
    const before = stage.jobs.length;
    await stage.clock.advance(hourMs);
    expect(stage.ticks.slice(before)).toEqual([
      '2026-06-02T03:00:00.000Z',
      '2026-06-02T03:00:30.000Z',
    ]);
  }
});

test('A9 a tick that even a short stop has missed is made up for by catchUp last alone', async () => {
  for (const catchUp of ['last', 'none'] as const) {
    const stage = scheduleStage('2026-06-01T00:59:50Z');
    await stage.schedules.set('hourly', { ...berlinAt('0 * * * *'), catchUp });
    await stage.restart(11_000);
    expect([stage.jobs.length, stage.told('skipped').length]).toEqual(
      catchUp === 'last' ? [1, 0] : [0, 1],
    );
  }
});

test('A9 ticks that came while a process slept or its clock jumped count as missed', async () => {
  for (const catchUp of ['last', 'none'] as const) {
    const { schedules, clock, jobs, told } = scheduleStage('2026-06-01T00:00:00Z');
    await schedules.set('hourly', { ...berlinAt('0 * * * *'), catchUp });
    clock.set(clock.now() + 5 * hourMs + 30 * minuteMs);
    await clock.advance(minuteMs);
    expect([jobs.length, told('skipped').length]).toEqual(catchUp === 'last' ? [1, 0] : [0, 1]);
    await clock.advance(30 * minuteMs);
    expect(jobs.length).toBe(catchUp === 'last' ? 2 : 1);
  }
});

test('A9 a job that outlives three ticks: each is skipped and told, the next one starts', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  stage.holdJobs = true;
  await stage.schedules.set('often', berlinAt('* * * * *'));
  await stage.clock.advance(4 * minuteMs);
  expect(stage.ticks).toEqual(['2026-06-01T00:01:00.000Z']);
  expect(stage.told('skipped')).toEqual(
    [2, 3, 4].map((minute) => ({
      type: 'skipped',
      id: 'often',
      tickAt: Date.parse(`2026-06-01T00:0${minute}:00Z`),
      reason: 'still_running',
    })),
  );
  for (const job of stage.jobs) job.active = false;
  await stage.clock.advance(minuteMs);
  expect(stage.ticks[1]).toBe('2026-06-01T00:05:00.000Z');
});

test('A9 setting the same schedule at each start of the process changes no tick, pause or job', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  await stage.schedules.set('often', every(hourMs));
  await stage.clock.advance(30 * minuteMs);
  await stage.restart();
  await stage.schedules.set('often', { ...every(hourMs), input: { folder: 'other' } });
  await stage.clock.advance(30 * minuteMs);
  expect(stage.ticks).toEqual(['2026-06-01T01:00:30.000Z']);
  expect(stage.jobs[0]?.input).toEqual({ folder: 'other' });
  await stage.schedules.pause('often');
  await stage.restart();
  const view = await stage.schedules.set('often', every(hourMs));
  expect(view).toMatchObject({ paused: true, nextAt: null, lastJobId: 'ingest-1' });
  // Another beat begins now.
  await stage.schedules.set('often', every(minuteMs));
  await stage.schedules.resume('often');
  await stage.clock.advance(minuteMs);
  expect(stage.jobs.length).toBe(2);
});

test('A9 a schedule that is set again, the same or another, after its clock was set back repeats no tick', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T02:30:00Z');
  const nightly = { ...berlinAt('0 3 * * *'), timezone: 'UTC' };
  await schedules.set('nightly', nightly);
  await clock.advance(hourMs);
  for (const cron of ['0 3 * * *', '0 3 * * 1-7']) {
    clock.set(clock.now() - hourMs);
    await schedules.set('nightly', { ...nightly, cron });
    await clock.advance(hourMs);
  }
  expect(jobs.map(({ at }) => at)).toEqual(['2026-06-01T03:00:00.000Z']);
});

test('A9 a tick that came while the schedule was being set is not lost', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  const { schedules, clock } = stage;
  const { save } = stage.store;
  await schedules.set('often', berlinAt('* * * * *'));
  let proceed = (): void => {};
  stage.store.save = async (record) => {
    await new Promise<void>((resolve) => {
      proceed = resolve;
    });
    await save(record);
  };
  const setting = schedules.set('often', berlinAt('* * * * *'));
  await clock.advance(30_000);
  stage.store.save = save;
  proceed();
  await setting;
  await clock.advance(minuteMs);
  expect(stage.ticks).toEqual(['2026-06-01T00:01:00.000Z', '2026-06-01T00:02:00.000Z']);
});

test('A9 a schedule changes between cron and everyMs, and waits by one clock at a time', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T00:00:30Z');
  await schedules.set('other', every(dayMs));
  for (const options of [berlinAt('* * * * *'), every(minuteMs), berlinAt('* * * * *')]) {
    await schedules.set('often', options);
    await clock.advance(minuteMs);
  }
  expect(jobs.map(({ at }) => at.slice(11, 19))).toEqual(['00:01:00', '00:02:30', '00:03:00']);
  await schedules.remove('often');
  await schedules.pause('other');
  await schedules.set('other', berlinAt('* * * * *'));
  expect(clock.pending).toBe(0);
});

test('A9 while paused no tick starts a job, and none is made up for after', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T00:00:30Z');
  await schedules.set('hourly', { ...berlinAt('0 * * * *'), catchUp: 'last' });
  expect(await schedules.pause('hourly')).toBe(true);
  expect(clock.pending).toBe(0);
  await clock.advance(5 * hourMs);
  expect(await schedules.resume('hourly')).toBe(true);
  expect(await schedules.resume('hourly')).toBe(true);
  await clock.advance(minuteMs);
  expect(jobs).toEqual([]);
  await clock.advance(hourMs);
  expect(jobs.map(({ at }) => at)).toEqual(['2026-06-01T06:00:00.000Z']);
});

test('A9 remove ends it for good; get, list and the others say what is there', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  const { schedules, clock } = stage;
  await schedules.set('b', berlinAt('0 * * * *'));
  await schedules.set('a', every(minuteMs));
  await schedules.set('b', berlinAt('0 5 * * *'));
  expect((await schedules.list()).map(({ id }) => id)).toEqual(['b', 'a']);
  expect(await schedules.get('b')).toEqual({
    id: 'b',
    name: 'ingest',
    owner: 'system',
    cron: '0 5 * * *',
    everyMs: null,
    timezone: 'Europe/Berlin',
    catchUp: 'none',
    paused: false,
    lastTickAt: null,
    lastJobId: null,
    nextAt: Date.parse('2026-06-01T03:00:00Z'),
  });
  expect(clock.pending).toBe(1);
  expect([await schedules.remove('a'), await schedules.remove('a')]).toEqual([true, false]);
  expect(await schedules.remove('b')).toBe(true);
  expect([await schedules.pause('a'), await schedules.resume('a')]).toEqual([false, false]);
  expect([await schedules.get('a'), await schedules.list()]).toEqual([undefined, []]);
  await stage.restart(dayMs);
  expect([stage.jobs, clock.pending]).toEqual([[], 0]);
});

test('A9 runNow starts a job beside the ticks, unless the one before it still runs', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  const { schedules, clock, jobs } = stage;
  await schedules.set('hourly', berlinAt('0 * * * *'));
  await schedules.pause('hourly');
  expect(await codeOf(schedules.runNow('unknown'))).toBe('not_found');
  stage.holdJobs = true;
  expect(await schedules.runNow('hourly')).toBe('ingest-1');
  expect(await codeOf(schedules.runNow('hourly'))).toBe('conflict');
  await schedules.resume('hourly');
  await clock.advance(hourMs);
  expect(stage.told('skipped').length).toBe(1);
  for (const job of jobs) job.active = false;
  await clock.advance(hourMs);
  expect(jobs.map(({ tickAt }) => tickAt)).toEqual([null, Date.parse('2026-06-01T02:00:00Z')]);
});

test('A9 a job of the owner before still counts when the schedule has another', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  stage.holdJobs = true;
  await stage.schedules.set('often', every(minuteMs));
  await stage.clock.advance(minuteMs);
  await stage.schedules.set('often', { ...every(minuteMs), owner: 'other' });
  await stage.clock.advance(minuteMs);
  expect([stage.jobs.length, stage.told('skipped').length]).toEqual([1, 1]);
  for (const job of stage.jobs) job.active = false;
  await stage.clock.advance(minuteMs);
  expect(stage.jobs.map(({ owner }) => owner)).toEqual(['system', 'other']);
});

test('A9 a start that is refused is told, not repeated, and the next tick starts again', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  await stage.schedules.set('often', every(minuteMs));
  stage.refusal = new Error('queue_full');
  await stage.clock.advance(minuteMs);
  expect(stage.told('failed')).toMatchObject([{ id: 'often', error: stage.refusal }]);
  await expect(stage.schedules.runNow('often')).rejects.toBe(stage.refusal);
  stage.refusal = undefined;
  await stage.clock.advance(minuteMs);
  expect(stage.ticks).toEqual(['2026-06-01T00:02:30.000Z']);
});

test('A9 a decision that could not be kept starts no job, and is not tried again', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  const { save } = stage.store;
  await stage.schedules.set('often', berlinAt('* * * * *'));
  stage.store.save = () => Promise.reject(new Error('disk full'));
  await stage.clock.advance(minuteMs);
  expect([stage.jobs.length, stage.told('failed').length]).toEqual([0, 1]);
  stage.store.save = save;
  await stage.clock.advance(minuteMs);
  expect(stage.ticks).toEqual(['2026-06-01T00:02:00.000Z']);
});

test('A9 a schedule whose definition is gone, or that cannot be read, is told and harms no other', async () => {
  const stage = scheduleStage('2026-06-01T00:00:30Z');
  await stage.schedules.set('gone', every(minuteMs));
  const [record] = await stage.store.load();
  if (record === undefined) throw new Error('kept');
  await stage.store.save({ ...record, id: 'odd', everyMs: null, cron: 'nonsense' });
  stage.known = false;
  await stage.restart();
  expect(stage.told('failed')).toMatchObject([{ id: 'odd', tickAt: null }]);
  await stage.clock.advance(minuteMs);
  expect(stage.told('failed')[1]).toMatchObject({
    id: 'gone',
    error: { code: 'unknown_definition' },
  });
  stage.known = true;
  await stage.clock.advance(minuteMs);
  expect(stage.jobs.length).toBe(1);
});

test('A9 each job gets an input of its own', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T00:00:30Z');
  const input = { list: [1] };
  await schedules.set('often', { ...every(minuteMs), input });
  input.list.push(2);
  await clock.advance(2 * minuteMs);
  expect(jobs.map((job) => job.input)).toEqual([{ list: [1] }, { list: [1] }]);
  expect(jobs[0]?.input).not.toBe(jobs[1]?.input);
});

test('A9 what is no cron, no time zone, no schedule is refused in words that help, and nothing is kept', async () => {
  const { schedules, store } = scheduleStage('2026-06-01T00:00:30Z');
  const set = (options: object, id: unknown = 'id') =>
    schedules
      .set(id as string, { definition: ingest, input: {}, owner: 'system', ...options })
      .then(
        () => 'kept',
        (error) => `${error.code} ${error.details.option ?? ''}: ${error.message}`,
      );
  const writeFive = /^invalid_option cron: cron .*\. Write five fields/;
  for (const cron of [
    '',
    'x',
    '* * *',
    '99 * * * *',
    '* * * * * * * *',
    '@nonsense',
    '0 0 31 2 *',
  ]) {
    expect(await set({ cron })).toMatch(writeFive);
  }
  for (const timezone of ['Europe/Nowhere', '', 'Berlin']) {
    expect(await set({ cron: '* * * * *', timezone })).toMatch(
      /^invalid_option timezone: .*'Europe\/Berlin'/,
    );
  }
  expect(await set({ cron: 5 })).toMatch(/^invalid_option cron/);
  expect(await set({ cron: '*'.repeat(1 << 20) })).toMatch(/^invalid_option cron/);
  expect(await set({ everyMs: 60_000, timezone: 5 })).toMatch(/^invalid_option timezone/);
  for (const everyMs of [0, -1, 0.5, Number.NaN, Infinity, '60']) {
    expect(await set({ everyMs })).toMatch(/^invalid_option everyMs/);
  }
  expect(await set({})).toMatch('has either cron or everyMs');
  expect(await set({ cron: '* * * * *', everyMs: 1 })).toMatch('has either cron or everyMs');
  expect(await set({ everyMs: 1, definition: undefined })).toMatch(/^invalid_option definition/);
  expect(await set({ everyMs: 1, catchUp: 'all' })).toMatch(/^invalid_option catchUp/);
  expect(await set({ everyMs: 1, owner: '' })).toMatch(/^invalid_owner/);
  expect(await set({ everyMs: 1, input: 'text' })).toMatch(/^invalid_input/);
  expect(await set({ everyMs: 1, input: { call: () => {} } })).toMatch(/^not_serializable/);
  for (const id of ['', 5, 'i'.repeat(201)])
    expect(await set({ everyMs: 1 }, id)).toMatch(/option id/);
  expect(await store.load()).toEqual([]);
});

test('A9 after close no tick comes, and nothing is set', async () => {
  const { schedules, clock, jobs } = scheduleStage('2026-06-01T00:00:30Z');
  await schedules.set('often', every(minuteMs));
  await schedules.close();
  expect(await codeOf(schedules.set('more', every(minuteMs)))).toBe('manager_closed');
  await clock.advance(dayMs);
  expect([jobs, clock.pending]).toEqual([[], 0]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Due, type DueMember, readDue, Waiting } from './due.ts';
import { refusedOption, shiftingClock } from './shifting-clock.test-support.ts';

class Member implements DueMember {
  heapIndex = -1;
  dueAt = 0;
  dueOrder = 0;
  dueByWall = false;
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

const stage = (start: number | string = 1_000_000) => {
  const clock = shiftingClock(start);
  const due: number[] = [];
  /** What the member's clock read when it was given. */
  const givenAt = new Map<number, number>();
  const waiting = new Waiting<Member>(clock, ({ id, dueByWall }) => {
    due.push(id);
    givenAt.set(id, dueByWall ? clock.now() : clock.monotonic());
  });
  return { clock, due, givenAt, waiting };
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

interface ModelMember {
  readonly member: Member;
  readonly due: Due;
  /** By the wall clock, or for a delay by the monotonic one. */
  readonly at: number;
}

class Model {
  waiting: ModelMember[] = [];
  readonly due = new Set<number>();
}

type Real = ReturnType<typeof stage>;

type Command = fc.AsyncCommand<Model, Real>;

/** After a minute without a change of the clock everything that is due was given, and nothing else. */
const step = (name: string, act: (model: Model, real: Real) => void | Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await act(model, real);
    await real.clock.advance(60_000);
    const [now, monotonic] = [real.clock.now(), real.clock.monotonic()];
    for (const each of model.waiting) {
      if (('at' in each.due ? now : monotonic) >= each.at) model.due.add(each.member.id);
    }
    // A moment may have come while the clock was ahead of where it is now.
    for (const { member, at } of model.waiting) {
      if ((real.givenAt.get(member.id) ?? -Infinity) >= at) model.due.add(member.id);
    }
    expect(new Set(real.due)).toEqual(model.due);
    expect(real.due.length).toBe(model.due.size);
    model.waiting = model.waiting.filter(({ member }) => !model.due.has(member.id));
    expect(real.waiting.size).toBe(model.waiting.length);
    expect(real.clock.pending).toBe(model.waiting.length > 0 ? 1 : 0);
  },
  toString: () => name,
});

let ids = 0;
const add = (ms: number, byWall: boolean): Command =>
  step(`add ${byWall ? 'at' : 'after'} ${ms}`, (model, { clock, waiting }) => {
    const due = byWall ? { at: clock.now() + ms } : { afterMs: ms };
    const member = new Member(++ids);
    const at = byWall ? clock.now() + ms : clock.monotonic() + ms;
    model.waiting.push({ member, due, at });
    expect(waiting.add(member, due)).toBe(clock.now() + ms);
  });

const remove = (index: number): Command =>
  step(`remove ${index}`, (model, real) => {
    const each = model.waiting[index % Math.max(1, model.waiting.length)];
    if (each === undefined) return;
    model.waiting = model.waiting.filter((other) => other !== each);
    real.waiting.remove(each.member);
    real.waiting.remove(each.member);
  });

test('A5 F6 what waits is given once, when its time has come, however the clock is set', async () => {
  const waits = fc.constantFrom(1, 1000, 90_000, hourMs, 3 * hourMs, 2 ** 31 + 5);
  const commands = [
    fc.tuple(waits, fc.boolean()).map((args) => add(...args)),
    fc.tuple(waits, fc.boolean()).map((args) => add(...args)),
    fc.nat({ max: 20 }).map(remove),
    fc
      .constantFrom(500, 60_000, hourMs)
      .map((ms) => step(`${ms} ms pass`, (_, { clock }) => clock.advance(ms))),
    fc
      .constantFrom(-dayMs, -hourMs, 90_000, dayMs)
      .map((ms) => step(`clock set by ${ms}`, (_, { clock }) => clock.set(clock.now() + ms))),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), (script) =>
      fc.asyncModelRun(() => ({ model: new Model(), real: stage() }), script),
    ),
    { numRuns: 60 },
  );
});

test('A5 F6 a clock that is set back stops no delay, and one that is set forward brings none early', async () => {
  const { clock, due, waiting } = stage();
  waiting.add(new Member(1), { afterMs: 1000 });
  clock.set(clock.now() - dayMs);
  await clock.advance(999);
  clock.set(clock.now() + 3 * dayMs);
  expect(due).toEqual([]);
  await clock.advance(1);
  expect(due).toEqual([1]);
});

test('A5 F6 a moment is the wall clock’s: seen within a minute when that is set past it', async () => {
  const { clock, due, waiting } = stage('2026-03-01T00:00:00Z');
  waiting.add(new Member(1), { at: Date.parse('2026-03-01T12:00:00Z') });
  clock.set(Date.parse('2026-02-28T12:00:00Z'));
  await clock.advance(dayMs - 1);
  expect(due).toEqual([]);
  clock.set(Date.parse('2026-03-01T12:00:00Z'));
  await clock.advance(60_000);
  expect(due).toEqual([1]);
});

test('A5 delays beyond 2^31 ms are kept, also by a clock whose timers hold no more', async () => {
  const { clock, due } = stage();
  const asked: number[] = [];
  const waiting = new Waiting<Member>(
    {
      ...clock,
      schedule(delayMs, callback) {
        asked.push(delayMs);
        return clock.schedule(delayMs, callback);
      },
    },
    ({ id }) => void due.push(id),
  );
  waiting.add(new Member(1), { afterMs: 100 * dayMs });
  await clock.advance(100 * dayMs - 1);
  expect(due).toEqual([]);
  await clock.advance(1);
  expect(due).toEqual([1]);
  expect(Math.max(...asked)).toBeLessThan(2 ** 31);
});

test('A5 a hundred thousand that wait have one timer, and fall due in order, a batch at a time', async () => {
  const { clock, due, waiting } = stage();
  const members = Array.from({ length: 100_000 }, (_, id) => new Member(id));
  for (const member of members) waiting.add(member, { afterMs: 1000 + (member.id % 10) });
  expect([waiting.size, clock.pending]).toEqual([100_000, 1]);
  for (const member of members.slice(2000)) waiting.remove(member);
  expect([waiting.size, clock.pending]).toEqual([2000, 1]);
  await clock.advance(1009);
  const inOrder = members.slice(0, 2000).map(({ id }) => id);
  expect(due).toEqual(inOrder.sort((a, b) => (a % 10) - (b % 10) || a - b));
  expect(clock.pending).toBe(0);
});

test('A5 a batch that is due at once leaves turns to others', async () => {
  const { clock, waiting } = stage();
  const seen: number[] = [];
  for (let id = 0; id < 3000; id += 1) waiting.add(new Member(id), { afterMs: 5 });
  clock.schedule(5, () => seen.push(waiting.size));
  await clock.advance(5);
  expect(seen).toEqual([2000]);
  expect(waiting.size).toBe(0);
});

test('A5 who is given may add and remove others, and after close nobody is given', async () => {
  const clock = shiftingClock();
  const due: number[] = [];
  const members = [1, 2, 3, 4].map((id) => new Member(id));
  const [first, second, third, fourth] = members;
  if (!first || !second || !third || !fourth) throw new Error('four');
  const waiting = new Waiting<Member>(clock, ({ id }) => {
    due.push(id);
    if (id === 1) waiting.remove(second);
    if (id === 1) waiting.add(fourth, { afterMs: 0 });
    if (id === 3) waiting.close();
  });
  waiting.add(first, { afterMs: 10 });
  waiting.add(second, { afterMs: 10 });
  waiting.add(third, { at: 20 });
  await clock.advance(15);
  expect(due).toEqual([1, 4]);
  await clock.advance(5);
  waiting.add(second, { afterMs: 1 });
  await clock.advance(dayMs);
  expect(due).toEqual([1, 4, 3]);
  expect(clock.pending).toBe(0);
});

test('A5 a delay or a moment that is none is refused, and what has passed need not wait', () => {
  const now = 1_000_000;
  const read = (options: { delayMs?: unknown; startAt?: unknown }) => () => readDue(options, now);
  for (const delayMs of [Number.NaN, Infinity, -1, '5', null, 9e15, 1n]) {
    expect(refusedOption(read({ delayMs }))).toBe('delayMs');
  }
  for (const startAt of [Number.NaN, Infinity, '2026-01-01', null, new Date('none'), 9e15]) {
    expect(refusedOption(read({ startAt }))).toBe('startAt');
  }
  expect(refusedOption(read({ delayMs: 5, startAt: 5 }))).toBe('startAt');
  expect(read({ delayMs: 2 ** 31 + 0.5 })()).toEqual({ afterMs: 2 ** 31 + 0.5 });
  expect(read({ startAt: new Date(now + 5) })()).toEqual({ at: now + 5 });
  for (const options of [{}, { delayMs: 0 }, { startAt: 0 }, { startAt: new Date(now) }]) {
    expect(read(options)()).toBeUndefined();
  }
});

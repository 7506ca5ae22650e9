import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Limits, readLimits } from './limits.ts';
import { Line } from './line.ts';
import { Member } from './line-member.test-support.ts';
import { refusedOption, shiftingClock } from './shifting-clock.test-support.ts';

const slots = 4;
const settings = {
  few: { concurrency: 2 },
  each: { perOwner: 1 },
  rare: { rate: { max: 3, perMs: 100 } },
  all: { concurrency: 3, perOwner: 2, rate: { max: 4, perMs: 50 } },
} as const;

interface Start {
  readonly member: Member;
  readonly at: number;
}

/** As small an engine as there can be around a line and its limits. */
function stage(limits = readLimits(settings)) {
  const clock = shiftingClock(1_000_000);
  const line = new Line<Member>(limits.keys());
  const running: Member[] = [];
  const starts: Start[] = [];
  const pump = (): void => {
    while (running.length < slots) {
      const member = line.take();
      if (member === undefined) return;
      counted.begun(member.name, member.owner);
      running.push(member);
      starts.push({ member, at: clock.monotonic() });
    }
  };
  const counted = new Limits(limits, { clock, gates: line, onOpen: pump });
  return {
    clock,
    line,
    limits: counted,
    running,
    starts,
    join(member: Member): void {
      line.push(member);
      pump();
    },
    end(index: number): void {
      const [member] = running.splice(index % Math.max(1, running.length), 1);
      if (member === undefined) return;
      counted.ended(member.name, member.owner);
      pump();
    },
  };
}
type Stage = ReturnType<typeof stage>;

interface Model {
  readonly waiting: Member[];
}

// Looks at the whole history, by counting.
function mayBegin({ running, starts, clock }: Stage, { name, owner }: Member): boolean {
  const {
    concurrency = Infinity,
    perOwner = Infinity,
    rate,
  }: ReturnType<typeof limitOf> = limitOf(name);
  const same = running.filter((each) => each.name === name);
  const windowStart = clock.monotonic() - (rate?.perMs ?? 0);
  const begun = starts.filter(({ member, at }) => member.name === name && at > windowStart);
  return (
    same.length < concurrency &&
    same.filter((each) => each.owner === owner).length < perOwner &&
    begun.length < (rate?.max ?? Infinity)
  );
}

const limitOf = (name: string) => readLimits(settings).get(name) ?? {};

function check(model: Model, real: Stage): void {
  const { line, running, starts, limits } = real;
  for (const { member } of starts) {
    const index = model.waiting.indexOf(member);
    if (index >= 0) model.waiting.splice(index, 1);
  }
  expect(line.size).toBe(model.waiting.length);
  expect(running.length).toBeLessThanOrEqual(slots);
  for (const [name, { concurrency = Infinity, perOwner = Infinity, rate }] of readLimits(
    settings,
  )) {
    const same = running.filter((each) => each.name === name);
    expect(same.length).toBeLessThanOrEqual(concurrency);
    for (const owner of ['alice', 'bob']) {
      const own = same.filter((each) => each.owner === owner);
      expect(own.length).toBeLessThanOrEqual(perOwner);
    }
    // Every span of perMs that begins with a start, so every span.
    const moments = starts.filter(({ member }) => member.name === name).map(({ at }) => at);
    for (const from of rate === undefined ? [] : moments) {
      const within = moments.filter((at) => at >= from && at < from + (rate?.perMs ?? 0));
      expect(within.length).toBeLessThanOrEqual(rate?.max ?? 0);
    }
  }
  // Nobody waits without a reason: where a slot is free, each of them is at a limit.
  for (const member of model.waiting) {
    expect(limits.admits(member.name, member.owner)).toBe(mayBegin(real, member));
    if (running.length < slots) expect(mayBegin(real, member)).toBe(false);
  }
}

type Command = fc.AsyncCommand<Model, Stage>;
const step = (name: string, act: (model: Model, real: Stage) => void | Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await act(model, real);
    check(model, real);
  },
  toString: () => name,
});

let ids = 0;
const joins = fc
  .tuple(fc.constantFrom('plain', ...Object.keys(settings)), fc.constantFrom('alice', 'bob'))
  .map(([name, owner]) =>
    step(`join ${name} of ${owner}`, (model, real) => {
      const member = new Member(++ids, name, owner);
      model.waiting.push(member);
      real.join(member);
    }),
  );
const ends = fc.nat({ max: 3 }).map((index) => step(`end ${index}`, (_, real) => real.end(index)));
const passes = fc
  .constantFrom(1, 10, 49, 50, 99, 100)
  .map((ms) => step(`${ms} ms pass`, (_, real) => real.clock.advance(ms)));
const shifts = fc
  .constantFrom(-3_600_000, 3_600_000)
  .map((ms) => step(`clock set by ${ms}`, (_, real) => real.clock.set(real.clock.now() + ms)));

test('A7 F6 no limit is ever passed, in any window, and nobody waits without one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([joins, joins, ends, passes, shifts], { maxCommands: 80, size: 'max' }),
      (script) => fc.asyncModelRun(() => ({ model: { waiting: [] }, real: stage() }), script),
    ),
    { numRuns: 150 },
  );
});

test('A7 one that waits for a limit holds no slot and nobody up', () => {
  const { join, running, line } = stage();
  for (let id = 0; id < 100; id += 1) join(new Member(id, 'few', 'alice'));
  join(new Member(100, 'plain', 'alice'));
  join(new Member(101, 'plain', 'alice'));
  expect(running.map(({ id }) => id)).toEqual([0, 1, 100, 101]);
  expect(line.size).toBe(98);
});

test('A7 a rate says when it frees, and one timer serves all rates', async () => {
  const limits = readLimits(
    Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`n${n}`, { rate: { max: 1, perMs: 100 + n } }]),
    ),
  );
  const real = stage(limits);
  for (let n = 0; n < 50; n += 1) {
    for (const id of [n, n + 50]) real.join(new Member(id, `n${n}`, 'alice'));
    real.end(0);
  }
  expect(real.clock.pending).toBe(1);
  expect(real.limits.nextAt('n7')).toBe(107);
  expect(real.limits.nextAt('unknown')).toBeUndefined();
  await real.clock.advance(99);
  expect(real.starts.length).toBe(50);
  await real.clock.advance(1);
  expect(real.starts.at(-1)?.member.name).toBe('n0');
  expect(real.limits.nextAt('n7')).toBe(107);
  real.limits.close();
  expect(real.clock.pending).toBe(0);
});

test('A7 W6 a rate holds the process while somebody waits for it, and rings when it would have', async () => {
  const base = shiftingClock();
  const asked: unknown[] = [];
  const clock: typeof base = {
    ...base,
    schedule(delayMs, callback, options) {
      asked.push([delayMs, options?.keepAlive]);
      return base.schedule(delayMs, callback);
    },
  };
  const opened: number[] = [];
  const limits = new Limits(readLimits({ rare: { rate: { max: 1, perMs: 100 } } }), {
    clock,
    gates: new Line<Member>(['rare']),
    onOpen: () => void opened.push(clock.monotonic()),
  });
  const begunAt = clock.monotonic();
  limits.begun('rare', 'alice');
  limits.hold(false);
  await base.advance(30);
  for (const isWaitedFor of [true, true, false, true]) limits.hold(isWaitedFor);
  expect(asked).toEqual([
    [100, false],
    [70, true],
    [70, false],
    [70, true],
  ]);
  expect(base.pending).toBe(1);
  await base.advance(70);
  expect(opened).toEqual([begunAt + 100]);
  limits.hold(false);
  expect(base.pending).toBe(0);
});

test('A7 limits that limit nothing or are none are refused by name', () => {
  const refused: [unknown, string][] = [
    [null, 'limits'],
    [[], 'limits'],
    [{ a: 1 }, 'limits["a"]'],
    [{ a: { concurrency: 0 } }, 'limits["a"].concurrency'],
    [{ a: { concurrency: Number.NaN } }, 'limits["a"].concurrency'],
    [{ a: { concurrency: Infinity } }, 'limits["a"].concurrency'],
    [{ a: { perOwner: -1 } }, 'limits["a"].perOwner'],
    [{ a: { perOwner: 1.5 } }, 'limits["a"].perOwner'],
    [{ a: { perowner: 1 } }, 'limits["a"]'],
    [{ a: { rate: 5 } }, 'limits["a"].rate'],
    [{ a: { rate: { max: 0, perMs: 1 } } }, 'limits["a"].rate.max'],
    [{ a: { rate: { max: 1, perMs: 0 } } }, 'limits["a"].rate.perMs'],
    [{ a: { rate: { max: 1 } } }, 'limits["a"].rate.perMs'],
    [{ a: { rate: { max: 2_000_000, perMs: 1 } } }, 'limits["a"].rate.max'],
    [{ a: { rate: { max: 1, perMs: 1, per: 's' } } }, 'limits["a"].rate'],
  ];
  for (const [value, option] of refused)
    expect(refusedOption(() => readLimits(value))).toBe(option);
  expect(readLimits({ a: {}, b: { concurrency: undefined } }).size).toBe(2);
});

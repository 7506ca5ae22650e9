import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep } from '../foundation/clock.ts';
import { RetryAfterError } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { type SimulatedClock, simulatedClock } from '../testing/simulated-clock.ts';
import { InlineExecutor } from './inline-executor.ts';
import type { StartOptions } from './job-client.ts';
import { defineJob } from './job-definition.ts';
import { handle, type JobHandler } from './job-handler.ts';
import { JobManager } from './job-manager.ts';

const numRuns = process.env.OFFSTAGE_LONG === '1' ? 5000 : 150;

interface Work {
  readonly owner: string;
  readonly key: string | undefined;
  readonly lastsMs: number;
  readonly ends: 'returns' | 'throws' | 'asks for a pause';
  readonly obeys: boolean;
}

const work: StandardSchema<Work> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Work }) },
};
const nothing: StandardSchema<undefined> = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ value: undefined }) },
};
const attempts = 3;
const shared = { input: work, result: nothing, phases: ['work'] } as const;
const limited = defineJob({ ...shared, name: 'limited', retry: { attempts, delayMs: 400 } });
const free = defineJob({
  ...shared,
  name: 'free',
  retry: { attempts, delayMs: 0 },
  timeoutMs: 700,
});
const scheduled = 'schedule';
const concurrency = 3;
const limit = { concurrency: 2, perOwner: 1, rate: { max: 3, perMs: 1000 } };

/** Runs as it is asked to, and holds what must hold whenever a handler begins. */
class Watch {
  readonly faults: string[] = [];
  readonly #clock: SimulatedClock;
  readonly #running: { readonly name: string; readonly work: Work }[] = [];
  readonly #begins: number[] = [];
  readonly #attempts = new Map<string, number>();

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  get handler(): JobHandler<typeof free> {
    return (context) => this.#run('free', context);
  }

  get limitedHandler(): JobHandler<typeof limited> {
    return (context) => this.#run('limited', context);
  }

  async #run(
    name: string,
    { input, jobId, attempt, signal }: Parameters<JobHandler<typeof free>>[0],
  ): Promise<undefined> {
    const own = { name, work: input };
    this.#begin(own, jobId, attempt);
    try {
      await sleep(this.#clock, input.lastsMs, input.obeys ? { signal } : {});
    } finally {
      this.#running.splice(this.#running.indexOf(own), 1);
    }
    if (input.ends === 'throws') throw new Error('once more');
    if (input.ends === 'asks for a pause') throw new RetryAfterError('later', { afterMs: 1500 });
    return undefined;
  }

  #begin(
    own: { readonly name: string; readonly work: Work },
    jobId: string,
    attempt: number,
  ): void {
    const { owner, key } = own.work;
    this.#hold(attempt === (this.#attempts.get(jobId) ?? 0) + 1, 'attempts count on');
    this.#hold(attempt <= attempts, 'no attempt too many');
    this.#attempts.set(jobId, attempt);
    this.#hold(
      key === undefined || this.#running.every(({ work }) => work.key !== key),
      'one holder of a key',
    );
    this.#hold(
      owner !== scheduled || this.#running.every(({ work }) => work.owner !== scheduled),
      'one job of a schedule at a time',
    );
    this.#running.push(own);
    this.#hold(this.#running.length <= concurrency, 'no slot too many');
    if (own.name !== 'limited') return;
    const alike = this.#running.filter(({ name }) => name === 'limited');
    this.#hold(alike.length <= limit.concurrency, 'no more at once than the limit');
    const owns = alike.filter(({ work }) => work.owner === owner);
    this.#hold(owns.length <= limit.perOwner, 'no more of an owner than the limit');
    this.#begins.push(this.#clock.monotonic());
    const before = this.#begins.at(-1 - limit.rate.max);
    const spanMs = this.#clock.monotonic() - (before ?? -Infinity);
    this.#hold(spanMs >= limit.rate.perMs, 'no more begin in a span than the rate');
  }

  #hold(holds: boolean, what: string): void {
    if (!holds) this.faults.push(what);
  }
}

const owners = fc.constantFrom('alice', 'bob', 'carol');
const start = fc.record({
  type: fc.constant('start' as const),
  owner: owners,
  limited: fc.boolean(),
  key: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
  onConflict: fc.constantFrom('reject' as const, 'join', 'queue', 'replace'),
  priority: fc.constantFrom(0, 0, 5, -5),
  due: fc.constantFrom('now' as const, 'delay', 'moment'),
  dueMs: fc.constantFrom(1, 300, 2000),
  lastsMs: fc.constantFrom(0, 100, 900),
  ends: fc.constantFrom('returns' as const, 'returns', 'throws', 'asks for a pause'),
  obeys: fc.boolean(),
});
const step = fc.oneof(
  { weight: 6, arbitrary: start },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('advance' as const),
      ms: fc.constantFrom(0, 50, 500, 3000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('cancel' as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('set' as const),
      byMs: fc.constantFrom(-3_600_000, -400, 400, 3_600_000),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function checkSteps(steps: readonly Step[], endsEarly: boolean): Promise<void> {
  const clock = simulatedClock(1_800_000_000_000);
  const watch = new Watch(clock);
  const handled = [handle(free, watch.handler), handle(limited, watch.limitedHandler)];
  const manager = new JobManager({
    clock,
    concurrency,
    executor: new InlineExecutor(handled, { clock }),
    limits: { limited: limit },
    ttlMs: Infinity,
  });
  manager.on('error', () => {});
  await manager.schedules.set('often', {
    everyMs: 250,
    definition: free,
    input: { owner: scheduled, key: undefined, lastsMs: 400, ends: 'throws', obeys: false },
    owner: scheduled,
  });
  const starting: Promise<unknown>[] = [];
  const ids: { readonly owner: string; readonly id: string }[] = [];
  const begin = async (given: Extract<Step, { type: 'start' }>): Promise<void> => {
    const { owner, key, onConflict, priority, due, dueMs, lastsMs, ends, obeys } = given;
    const options: StartOptions = {
      priority,
      ...(key === undefined ? {} : { exclusivityKey: key, onConflict }),
      ...(due === 'delay' ? { delayMs: dueMs } : {}),
      ...(due === 'moment' ? { startAt: clock.now() + dueMs } : {}),
    };
    const definition = given.limited ? limited : free;
    const input = { owner, key, lastsMs, ends, obeys };
    const job = await manager.forOwner(owner).start(definition, input, options);
    ids.push({ owner, id: job.id });
  };
  for (const each of steps) {
    if (each.type === 'start') starting.push(begin(each).catch(() => {}));
    else if (each.type === 'advance') await clock.advance(each.ms);
    else if (each.type === 'set') clock.setWallClock(clock.now() + each.byMs);
    else {
      const picked = ids[each.pick % Math.max(1, ids.length)];
      if (picked !== undefined) await manager.forOwner(picked.owner).cancel(picked.id);
    }
  }
  await Promise.all(starting);
  if (endsEarly) {
    const ending = manager.shutdown({ graceMs: 500 });
    // Those that did not obey go on beyond the grace.
    await clock.advance(2000);
    await ending;
  } else {
    await manager.schedules.remove('often');
    // Whatever was set and asked for, all come to their end; a moment may be hours away by now.
    for (let hour = 0; hour < 70; hour += 1) await clock.advance(3_600_000);
  }
  const { queued, running } = manager.activity();
  expect({ faults: watch.faults, queued, running }).toEqual({ faults: [], queued: 0, running: 0 });
  for (const { owner, id } of ids) {
    const view = await manager.forOwner(owner).get(id);
    expect(['succeeded', 'failed', 'canceled']).toContain(view?.status);
    expect(view?.endedAt).toBeGreaterThanOrEqual(view?.startedAt ?? view?.createdAt ?? NaN);
  }
}

test('A1 A4 A5 A6 A7 A8 A9 J7 J8 J14 F6 keys, limits, rates, delays, retries, schedules, cancels, a clock that is set and a shutdown hold together', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 60 });
  await fc.assert(fc.asyncProperty(steps, fc.boolean(), checkSteps), { numRuns });
});

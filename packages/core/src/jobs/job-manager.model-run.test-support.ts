import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { settle } from '../testing/simulated-clock.ts';
import type { ActivityLease } from './activity-gate.ts';
import type { Driver } from './driven-executor.test-support.ts';
import type { JobExecutor } from './job-executor.ts';
import {
  type End,
  type Kind,
  limits,
  ManagerModel,
  type ModelJob,
} from './job-manager.model.test-support.ts';
import {
  again,
  codeOf,
  hasty,
  plain,
  type Stage,
  stageWith,
  tidy,
} from './job-manager.test-support.ts';
import { isTerminal, type JobStatus } from './job-view.ts';

/*
 * The manager against a model that says the same rules in a few plain lists. After every command all
 * that can be seen of the manager without looking at a job (a look delays its expiry) is compared.
 */

interface Real extends Stage<Driver & JobExecutor> {
  /** Handlers in threads take their time. */
  readonly eventually: (check: () => Promise<void>) => Promise<void>;
  readonly leases: ActivityLease[];
  maintenance: ActivityLease | undefined;
  readonly watches: Watch[];
  readonly waits: Wait[];
}

/** A watch that was not ended yet, also of what is gone by now. */
interface Watch {
  readonly job: ModelJob | undefined;
  readonly unwatch: () => void;
}

interface Wait {
  readonly job: ModelJob;
  status: JobStatus | undefined;
}

type Look = Readonly<ManagerModel>;
type Command = fc.AsyncCommand<ManagerModel, Real>;
type Owner = 'alice' | 'bob';

export const definitions = { tidy, 'work.plain': plain, hasty, again } as const;

class Step implements Command {
  readonly #name: string;
  readonly #act: (model: ManagerModel, real: Real) => Promise<void>;
  readonly #when: (model: Look) => boolean;

  constructor(
    name: string,
    act: (model: ManagerModel, real: Real) => Promise<void>,
    when: (model: Look) => boolean = () => true,
  ) {
    this.#name = name;
    this.#act = act;
    this.#when = when;
  }

  check(model: Look): boolean {
    return this.#when(model);
  }

  async run(model: ManagerModel, real: Real): Promise<void> {
    await this.#act(model, real);
    await settle();
    await real.eventually(() => compare(model, real));
  }

  toString(): string {
    return this.#name;
  }
}

async function compare(model: ManagerModel, real: Real): Promise<void> {
  for (const owner of ['alice', 'bob'] as const) {
    const seen = (await real[owner].list()).map((job) => [
      job.id,
      job.status,
      job.cancelRequested,
      job.progress?.seq ?? 0,
      job.startedAt,
      job.attempt,
      job.availableAt,
      job.lastFailure !== null,
    ]);
    const expected = model.jobs
      .filter((job) => job.owner === owner)
      .map((job) => [
        job.id,
        job.status,
        job.stopReason !== null,
        job.reports,
        job.startedAt,
        job.attempt,
        job.availableAt,
        job.hasFailed,
      ]);
    expect(seen).toEqual(expected.reverse());
  }
  expect(real.manager.activity()).toEqual({
    queued: model.queued.length,
    running: model.active.length - model.queued.length,
    foregroundLeases: model.leases,
    maintenance: model.maintenance,
    accepting: !model.isClosed && !model.maintenance,
  });
  const runs = real.executor.runs.map(({ task }) => task.jobId);
  expect(real.executor.isOrdered === false ? runs.sort() : runs).toEqual(
    real.executor.isOrdered === false ? model.runs.toSorted() : model.runs,
  );
  const discards = real.executor.discards.map(({ task }) => `${task.jobId} ${task.outcome.status}`);
  expect(discards.sort()).toEqual([...model.discards].sort());
  for (const wait of real.waits) {
    expect(wait.status).toBe(isTerminal(wait.job.status) ? wait.job.status : undefined);
  }
  expect(real.executor.mostAtOnce).toBeLessThanOrEqual(limits.concurrency);
}

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

const handling = (model: Look): readonly ModelJob[] =>
  model.jobs.filter((job) => job.stage === 'handling');
const discarding = (model: Look): readonly ModelJob[] =>
  model.jobs.filter((job) => job.stage === 'discarding');

const start = (owner: Owner, kind: Kind, key: string | undefined, delayMs: number): Command =>
  new Step(`start ${kind} of ${owner}, key ${key}, in ${delayMs} ms`, async (model, real) => {
    const refusal = model.refusal(owner, key, delayMs);
    const starting = real[owner].start(definitions[kind], 1, { exclusivityKey: key, delayMs });
    expect(await codeOf(starting)).toBe(refusal);
    if (refusal === undefined) model.start({ id: (await starting).id, owner, kind, key }, delayMs);
  });

const report = (index: number): Command =>
  new Step(
    `report of handler ${index}`,
    async (model, real) => {
      const job = pick(handling(model), index);
      if (job === undefined) return;
      real.executor.runOf(job.id).report();
      if (job.status === 'running') job.reports += 1;
    },
    (model) => handling(model).length > 0,
  );

const end = (index: number, how: End): Command =>
  new Step(
    `${typeof how === 'number' ? `retry in ${how} ms` : how} of handler ${index}`,
    async (model, real) => {
      const job = pick(handling(model), index);
      if (job === undefined) return;
      const run = real.executor.runOf(job.id);
      await real.eventually(async () => {
        expect(run.stops).toEqual(job.stopReason === null ? [] : [job.stopReason]);
      });
      if (how === 'return') run.return('ok');
      else if (how === 'return badly') run.return(404);
      else if (how === 'throw') run.throw();
      else if (how === 'fail') run.fail();
      else if (typeof how === 'number') run.retry(how);
      else run.obey();
      model.end(job, how);
    },
    (model) => handling(model).length > 0,
  );

const finishDiscard = (index: number, fails: boolean): Command =>
  new Step(
    `discard ${index} ${fails ? 'fails' : 'ends'}`,
    async (model, real) => {
      const job = pick(discarding(model), index);
      const discard = real.executor.discards.find(({ task }) => task.jobId === job?.id);
      if (job === undefined || discard === undefined) return;
      if (fails) discard.fail(new Error('disk'));
      else discard.finish();
      model.discarded(job);
    },
    (model) => discarding(model).length > 0,
  );

// Any job by any owner, so that half of them are foreign.
const onJob = (
  name: string,
  owner: Owner,
  index: number,
  act: (own: ModelJob | undefined, id: string, model: ManagerModel, real: Real) => Promise<void>,
): Command =>
  new Step(`${owner} ${name} ${index}`, async (model, real) => {
    const job = pick(model.jobs, index);
    await act(job?.owner === owner ? job : undefined, job?.id ?? 'unknown', model, real);
  });

const cancel = (owner: Owner, index: number): Command =>
  onJob('cancels', owner, index, async (own, id, model, real) => {
    expect(await real[owner].cancel(id)).toBe(own !== undefined && model.cancel(own));
  });

const retry = (owner: Owner, index: number): Command =>
  onJob('starts again', owner, index, async (own, id, model, real) => {
    const hasFailed = own?.status === 'failed' || own?.status === 'canceled';
    const why = own === undefined ? 'not_found' : hasFailed ? undefined : 'not_retriable';
    const refusal = own === undefined ? why : (why ?? model.refusal(owner, own.key, 0));
    const retrying = real[owner].retry(id);
    expect(await codeOf(retrying)).toBe(refusal);
    if (own === undefined || refusal !== undefined) return;
    const { id: nextId, retryOf } = await retrying;
    expect(retryOf).toBe(own.id);
    model.start({ id: nextId, owner, kind: own.kind, key: own.key }, 0);
  });

const consume = (owner: Owner, index: number): Command =>
  onJob('consumes', owner, index, async (own, id, model, real) => {
    const released = own?.stage === 'rest';
    expect(await real[owner].consume(id)).toBe(released);
    if (own !== undefined && released) model.release(own);
  });

const poll = (owner: Owner, index: number, after: number): Command =>
  onJob(`polls after ${after}`, owner, index, async (own, id, model, real) => {
    const answer = await real[owner].poll(id, { after });
    expect(answer.job?.id).toBe(own?.id);
    if (own === undefined) {
      expect(answer).toEqual({ job: undefined, events: [], cursor: after, missed: 0 });
      return;
    }
    own.lastLook = model.now;
    const from = Math.min(after, own.reports);
    const oldest = Math.max(from, own.reports - limits.progressCapacity);
    const seqs = Array.from({ length: own.reports - oldest }, (_, offset) => oldest + 1 + offset);
    expect(answer.events.map(({ seq }) => seq)).toEqual(seqs);
    expect([answer.cursor, answer.missed]).toEqual([own.reports, oldest - from]);
  });

const watch = (owner: Owner, index: number): Command =>
  onJob('watches', owner, index, async (own, id, _, real) => {
    const unwatch = real[owner].watch?.(id, () => {}) ?? (() => {});
    real.watches.push({ job: own, unwatch });
    if (own !== undefined) own.watchers += 1;
  });

const watchAll = (owner: Owner): Command =>
  new Step(`${owner} watches all`, async (_, real) => {
    const unwatch = real[owner].watch?.(undefined, () => {}) ?? (() => {});
    real.watches.push({ job: undefined, unwatch });
  });

// Any of those that were ever begun, so that what it was about may be long gone.
const unwatch = (index: number): Command =>
  new Step(`end of watch ${index}`, async (model, real) => {
    const [ended] = real.watches.splice(index % Math.max(1, real.watches.length), 1);
    ended?.unwatch();
    ended?.unwatch();
    if (ended?.job !== undefined && model.jobs.includes(ended.job)) model.unwatch(ended.job);
  });

const wait = (owner: Owner, index: number): Command =>
  onJob('waits', owner, index, async (own, id, model, real) => {
    const waiting = real[owner].wait(id);
    if (own === undefined) {
      expect(await codeOf(waiting)).toBe('not_found');
      return;
    }
    own.lastLook = model.now;
    const entry: Wait = { job: own, status: undefined };
    real.waits.push(entry);
    void waiting.then(({ status }) => {
      entry.status = status;
    });
  });

const advance = (durationMs: number): Command =>
  new Step(`${durationMs} ms pass`, async (model, real) => {
    await real.clock.advance(durationMs);
    model.advance(durationMs);
  });

const enterForeground = new Step('enter foreground', async (model, real) => {
  const lease = attempt(() => real.manager.enterForeground());
  expect(lease === undefined).toBe(model.maintenance);
  if (lease === undefined) return;
  real.leases.push(lease);
  model.leases += 1;
});

const leaveForeground = new Step(
  'leave foreground',
  async (model, real) => {
    const lease = real.leases.pop();
    lease?.release();
    lease?.release();
    model.leases -= 1;
  },
  (model) => model.leases > 0,
);

const enterMaintenance = new Step('enter maintenance', async (model, real) => {
  const lease = attempt(() => real.manager.enterMaintenance());
  const refused = model.maintenance || model.leases > 0 || model.active.length > 0;
  expect(lease === undefined).toBe(refused);
  if (lease === undefined) return;
  real.maintenance = lease;
  model.maintenance = true;
});

const leaveMaintenance = new Step(
  'leave maintenance',
  async (model, real) => {
    real.maintenance?.release();
    model.maintenance = false;
  },
  (model) => model.maintenance,
);

const shutdown = new Step('shut down', async (model, real) => {
  void real.manager.shutdown({ graceMs: limits.graceMs });
  model.shutdown();
});

function attempt<T>(enter: () => T): T | undefined {
  try {
    return enter();
  } catch {
    return undefined;
  }
}

const owner = fc.constantFrom<Owner>('alice', 'alice', 'bob');
const kind = fc.constantFrom<Kind>('tidy', 'work.plain', 'hasty', 'again', 'again');
const key = fc.constantFrom(undefined, undefined, 'a', 'b');
const how = fc.constantFrom<End>('return', 'return badly', 'throw', 'fail', 'obey', 0, 350);
const index = fc.nat({ max: 7 });
const delay = fc.constantFrom(0, 0, 100, 350);
const starts = fc.tuple(owner, kind, key, delay).map((args) => start(...args));

const commands = [
  starts,
  starts,
  index.map(report),
  fc.tuple(index, how).map((args) => end(...args)),
  fc.tuple(index, fc.boolean()).map((args) => finishDiscard(...args)),
  fc.tuple(owner, index).map((args) => cancel(...args)),
  fc.tuple(owner, index).map((args) => consume(...args)),
  fc.tuple(owner, index, fc.nat({ max: 9 })).map((args) => poll(...args)),
  fc.tuple(owner, index).map((args) => watch(...args)),
  owner.map(watchAll),
  index.map(unwatch),
  fc.tuple(owner, index).map((args) => wait(...args)),
  fc.constantFrom(1, 100, 250, 500, 1000).map(advance),
  fc.constantFrom<Command>(enterForeground, leaveForeground, enterMaintenance, leaveMaintenance),
];

export interface ModelRun {
  readonly makeExecutor: () => Driver & JobExecutor;
  readonly numRuns: number;
  readonly withShutdown: boolean;
  /**
   * Looks for a shorter script after one that fails. Over real threads each try takes as long as the
   * longest wait, so that the search would pass the test's time limit and tell nothing. @default true
   */
  readonly shrinks?: boolean;
}

/** Plays random commands against the manager over this executor, and against the model. */
export async function checkManager({
  makeExecutor,
  numRuns,
  withShutdown,
  shrinks = true,
}: ModelRun): Promise<void> {
  const script = [
    ...commands,
    fc.tuple(owner, index).map((args) => retry(...args)),
    ...(withShutdown ? [fc.constant<Command>(shutdown)] : []),
  ];
  const play = async (played: Iterable<Command>): Promise<void> => {
    const executor = makeExecutor();
    const isOrdered = executor.isOrdered !== false;
    const setup = () => {
      const { timeoutMs: _, graceMs: __, ...options } = limits;
      const real: Real = {
        ...stageWith(executor, { ...options, keepInputs: true, random: () => 0.5 }),
        leases: [],
        maintenance: undefined,
        watches: [],
        waits: [],
        eventually: isOrdered
          ? (check) => check()
          : (check) => vi.waitFor(check, { interval: 2, timeout: 20_000 }),
      };
      return { model: new ManagerModel(), real };
    };
    try {
      await fc.asyncModelRun(setup, played);
    } finally {
      if (!isOrdered) await executor.shutdown({ graceMs: 0 });
    }
  };
  await fc.assert(fc.asyncProperty(fc.commands(script, { maxCommands: 60, size: 'max' }), play), {
    numRuns,
    endOnFailure: !shrinks,
  });
}

import { describe, expect, test } from 'vitest';
import {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  isCoded,
  outcomeOf,
} from '../testing/hostile-options.ts';
import { memoryJournal } from '../testing/memory-journal.ts';
import { settle, simulatedClock } from '../testing/simulated-clock.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import { InlineExecutor } from './inline-executor.ts';
import { defineJob } from './job-definition.ts';
import { handle, transfer } from './job-handler.ts';
import { plain, type Stage, stage } from './job-manager.test-support.ts';
import { JobManager } from './job-manager.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;
type Door = (given: Untyped, made: Stage) => unknown;

const startOptions = {
  exclusivityKey: 'key',
  onConflict: 'queue',
  delayMs: 5,
  priority: 1,
  idempotencyKey: 'once',
  transfer: [],
};
const definition = { ...plain, timeoutMs: 1000, retry: { attempts: 2 } };
const retry = { attempts: 2, delayMs: 5, factor: 2, maxDelayMs: 10 };
const schedule = {
  everyMs: 1000,
  timezone: 'UTC',
  definition: plain,
  input: 1,
  owner: 'alice',
  catchUp: 'last',
};
const managerOptions = {
  executor: new FakeExecutor(),
  concurrency: 1,
  progressCapacity: 10,
  ttlMs: 1000,
  maxKeptPerOwner: 10,
  maxKeptBytes: 1000,
  maxQueued: 10,
  maxActivePerOwner: 10,
  limits: {},
  definitions: [plain],
  keepInputs: true,
  clock: simulatedClock(),
  randomId: () => 'id',
  random: () => 0,
  journal: undefined,
};
const job = handle(plain, () => 'x');

const doors: readonly (readonly [what: string, given: readonly HostileOptions[], door: Door])[] = [
  ['defineJob', hostileOptions({ ...definition }), (given) => defineJob(given)],
  ['defineJob, retry', hostileOptions(retry), (given) => defineJob({ ...plain, retry: given })],
  ['defineJob, phases', hostileArguments(), (given) => defineJob({ ...plain, phases: [given] })],
  ['handle', hostileOptions({ ...definition }), (given) => handle(given, () => 'x')],
  ['handle, handler', hostileArguments(), (given) => handle(plain, given)],
  [
    'handle, options',
    hostileOptions({ discard: () => {} }),
    (given) => handle(plain, () => 'x', given),
  ],
  ['InlineExecutor', hostileArguments(), (given) => new InlineExecutor(given)],
  ['InlineExecutor, job', hostileOptions({ ...job }), (given) => new InlineExecutor([given])],
  [
    'InlineExecutor, options',
    hostileOptions({ concurrency: 1, clock: simulatedClock() }),
    (given) => new InlineExecutor([job], given),
  ],
  ['transfer', hostileArguments(), (given) => transfer('x', given)],
  ['JobManager', hostileOptions(managerOptions), (given) => new JobManager(given)],
  [
    'JobManager, executor',
    hostileOptions({ concurrency: 1, handler: () => undefined }),
    (given) => new JobManager({ executor: given }),
  ],
  [
    'JobManager, limits',
    hostileOptions({ concurrency: 1, perOwner: 1, rate: { max: 1, perMs: 1 } }),
    (given) => new JobManager({ ...managerOptions, limits: { plain: given } } as Untyped),
  ],
  [
    'JobManager, definition',
    hostileOptions({ ...definition }),
    (given) => new JobManager({ ...managerOptions, definitions: [given] }),
  ],
  [
    'JobManager, journal',
    hostileOptions({ open: () => {}, write: () => {}, health: () => {}, close: () => {} }),
    (given) => new JobManager({ ...managerOptions, journal: given }),
  ],
  ['forOwner', hostileArguments(), (given, { manager }) => manager.forOwner(given)],
  ['on, event', hostileArguments(), (given, { manager }) => manager.on(given, () => {})()],
  ['on, listener', hostileArguments(), (given, { manager }) => manager.on('started', given)()],
  ['start', hostileOptions({ ...definition }), (given, { alice }) => alice.start(given, 1)],
  [
    'start, retry',
    hostileOptions(retry),
    (given, { alice }) => alice.start({ ...plain, retry: given }, 1),
  ],
  [
    'start, options',
    hostileOptions(startOptions),
    (given, { alice }) => alice.start(plain, 1, given),
  ],
  ['start, at', hostileOptions({ startAt: 5 }), (given, { alice }) => alice.start(plain, 1, given)],
  ['get', hostileArguments(), (given, { alice }) => alice.get(given)],
  [
    'get, options',
    hostileOptions({ definition: plain }),
    (given, { alice }) => alice.get('id', given),
  ],
  ['poll', hostileArguments(), (given, { alice }) => alice.poll(given)],
  [
    'poll, options',
    hostileOptions({ after: 0, limit: 1, definition: plain }),
    (given, { alice }) => alice.poll('id', given),
  ],
  ['pollMany', hostileArguments(), (given, { alice }) => alice.pollMany(given)],
  [
    'pollMany, request',
    hostileOptions({ id: 'id', after: 0, limit: 1 }),
    (given, { alice }) => alice.pollMany([given]),
  ],
  [
    'list',
    hostileOptions({ status: 'queued', name: 'x', limit: 1, before: 'id', results: true }),
    (given, { alice }) => alice.list(given),
  ],
  ['list, status', hostileArguments(), (given, { alice }) => alice.list({ status: [given] })],
  ['cancel', hostileArguments(), (given, { alice }) => alice.cancel(given)],
  ['retry', hostileArguments(), (given, { alice }) => alice.retry(given)],
  ['consume', hostileArguments(), (given, { alice }) => alice.consume(given)],
  ['wait', hostileArguments(), (given, { alice }) => alice.wait(given)],
  ['watch', hostileArguments(), (given, { alice }) => alice.watch?.(given, () => {})()],
  ['watch, onChange', hostileArguments(), (given, { alice }) => alice.watch?.(undefined, given)()],
  [
    'schedules.set, id',
    hostileArguments(),
    (given, { manager }) => manager.schedules.set(given, schedule as Untyped),
  ],
  [
    'schedules.set',
    hostileOptions(schedule),
    (given, { manager }) => manager.schedules.set('s', given),
  ],
  [
    'schedules.set, cron',
    hostileArguments(),
    (given, { manager }) =>
      manager.schedules.set('s', { ...schedule, everyMs: undefined, cron: given } as Untyped),
  ],
  [
    'schedules.set, definition',
    hostileOptions({ ...definition }),
    (given, { manager }) =>
      manager.schedules.set('s', { ...schedule, definition: given } as Untyped),
  ],
  ...(['get', 'pause', 'resume', 'remove', 'runNow'] as const).map(
    (name) =>
      [
        `schedules.${name}`,
        hostileArguments(),
        (given: Untyped, { manager }: Stage) => manager.schedules[name](given),
      ] as const,
  ),
  [
    'shutdown',
    hostileOptions({ graceMs: 0, keep: true }),
    (given, { manager }) => manager.shutdown(given),
  ],
];

const cases = doors.flatMap(([what, table, door]) => [
  { what, kept: false, table, door },
  // What is kept is reserved first, and written.
  ...(/^(start|retry|schedules)/.test(what) ? [{ what, kept: true, table, door }] : []),
]);

describe('F1 what comes through a door of the manager', () => {
  test.each(cases)(
    'F1 J3 $what, kept: $kept: what throws or is none is a coded error, and leaves nothing behind',
    async ({ kept, table, door }) => {
      const faults: string[] = [];
      for (const { name, options } of table) {
        const made = stage(kept ? { journal: memoryJournal(), definitions: [plain] } : {});
        const outcome = await outcomeOf(() => door(options, made), 5000);
        if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
        const left = await leftOf(made);
        if (left !== undefined) faults.push(`${name}: left ${left}`);
      }
      expect(faults).toEqual([]);
    },
  );
});

/** What is there after all that was taken has ended, and been released; `undefined` where nothing is. */
async function leftOf({ manager, alice, clock, executor }: Stage): Promise<string | undefined> {
  if (!manager.activity().accepting) return undefined;
  for (const { id } of await manager.schedules.list()) await manager.schedules.remove(id);
  for (const { id } of await alice.list()) await alice.cancel(id);
  await settled();
  for (const run of executor.unsettled) run.obey();
  await settled();
  for (const { id } of await alice.list()) await alice.consume(id);
  // The one timer of what expires ends by itself.
  await clock.advance(86_400_000);
  const { queued, running } = manager.activity();
  const jobs = (await alice.list()).length;
  const left = { queued, running, jobs, timers: clock.pending, entry: alice.version };
  if (queued + running + jobs + clock.pending > 0 || alice.version !== '')
    return JSON.stringify(left);
  const next = await outcomeOf(() => alice.start(plain, 1));
  return next === 'fine' ? undefined : `no further start: ${next}`;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await settle();
}

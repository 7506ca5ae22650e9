import {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  isCoded,
  outcomeOf,
  simulatedClock,
} from '@offstage/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../../fixtures/harness.ts';
import { closeOnExit } from './close-on-exit.ts';
import { sharedManager } from './shared-manager.ts';
import { WorkerExecutor } from './worker-executor.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;

const managers = Symbol.for('offstage.sharedManager');
const registered = (): Map<string, { stopClosing(): void }> | undefined =>
  Reflect.get(globalThis, managers);

afterEach(() => {
  for (const { stopClosing } of registered()?.values() ?? []) stopClosing();
  registered()?.clear();
});

const events = ['SIGINT', 'SIGTERM', 'beforeExit', 'warning'];
const listeners = (): number[] => events.map((event) => process.listenerCount(event));

const manager = { shutdown: async () => {} };
const executorOptions = {
  entry: fixture('faults'),
  threads: 1,
  resourceLimits: {},
  execArgv: ['--conditions=@offstage/source'],
  env: { ...process.env },
  name: 'doors',
  loadTimeoutMs: 20_000,
  reloadOnChange: false,
  clock: undefined,
};
const limits = {
  maxOldGenerationSizeMb: 64,
  maxYoungGenerationSizeMb: 24,
  codeRangeSizeMb: 0,
  stackSizeMb: 4,
};

/** What is taken loads: each refusal is at the door, and not where the thread begins. */
async function load(options: Untyped): Promise<void> {
  const executor = new WorkerExecutor(options);
  try {
    await executor.ready();
  } catch (error) {
    throw new Error('It was taken, and cannot load.', { cause: error });
  } finally {
    await executor.shutdown({ graceMs: 0 });
  }
}

const stopped = (stop: () => void): void => stop();

type Door = (given: Untyped) => unknown;

const doors: readonly (readonly [what: string, given: readonly HostileOptions[], door: Door])[] = [
  ['WorkerExecutor', without(/^entry is (an?|less)/, hostileOptions(executorOptions)), load],
  [
    // A text is a path, and what is not there fails to load, with the cause.
    'WorkerExecutor, entry',
    hostileArguments(),
    (given) => new WorkerExecutor({ ...executorOptions, entry: given }),
  ],
  [
    'WorkerExecutor, resourceLimits',
    [
      ...hostileOptions(limits),
      ...Object.keys(limits).flatMap((limit) =>
        [1e8, 1e300, Number.POSITIVE_INFINITY].map((value) => ({
          name: `${limit} is ${value}`,
          options: { [limit]: value },
        })),
      ),
    ],
    (given) => load({ ...executorOptions, resourceLimits: given }),
  ],
  [
    'WorkerExecutor, execArgv',
    hostileArguments(),
    (given) => new WorkerExecutor({ ...executorOptions, execArgv: [given] }),
  ],
  [
    'WorkerExecutor, env',
    without(/megabyte/, hostileOptions({ PLACE: 'x' })),
    (given) => load({ ...executorOptions, env: given }),
  ],
  [
    'WorkerExecutor, clock',
    hostileOptions({ ...simulatedClock() }),
    (given) => new WorkerExecutor({ ...executorOptions, clock: given }),
  ],
  ['onError', hostileArguments(), (given) => new WorkerExecutor(executorOptions).onError(given)],
  ['closeOnExit', hostileOptions(manager), (given) => stopped(closeOnExit(given))],
  [
    'closeOnExit, options',
    hostileOptions({ graceMs: 5, name: 'doors' }),
    (given) => stopped(closeOnExit(manager, given)),
  ],
  ['sharedManager, name', hostileArguments(), (given) => sharedManager(given, () => manager)],
  ['sharedManager, factory', hostileArguments(), (given) => sharedManager('doors', given)],
  [
    'sharedManager, what is made',
    hostileOptions(manager),
    (given) => sharedManager('doors', () => given),
  ],
  [
    'sharedManager, options',
    hostileOptions({ graceMs: 5, replace: true }),
    (given) => sharedManager('doors', () => manager, given),
  ],
];

describe('F1 what comes through a door of the worker threads', () => {
  test.each(doors)(
    'F1 W1 W8 %s: what throws or is none is a coded error, and leaves nothing behind',
    async (_, table, door) => {
      const faults: string[] = [];
      for (const { name, options } of table) {
        const before = listeners();
        const outcome = await outcomeOf(() => door(options), 1_000_000);
        // A factory that throws does so for its caller.
        if (!isCoded(outcome) && name !== 'a function that throws') {
          faults.push(`${name}: ${outcome}`);
        }
        if (outcome !== 'fine' && (registered()?.size ?? 0) > 0) faults.push(`${name}: is kept`);
        for (const { stopClosing } of registered()?.values() ?? []) stopClosing();
        registered()?.clear();
        if (String(listeners()) !== String(before)) faults.push(`${name}: left a listener`);
      }
      expect(faults).toEqual([]);
    },
  );

  test('F1 W1 an option that is refused is named', () => {
    for (const option of Object.keys(executorOptions)) {
      const refused = { ...executorOptions, [option]: Symbol('none') };
      expect(() => new WorkerExecutor(refused as Untyped)).toThrow(
        expect.objectContaining({ code: 'invalid_option', details: { option } }),
      );
    }
  });
});

function without(pattern: RegExp, table: readonly HostileOptions[]): readonly HostileOptions[] {
  return table.filter(({ name }) => !pattern.test(name));
}

import { type Clock, systemClock } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import {
  listOf,
  reading,
  requireClock,
  requireDuration,
  requireOptions,
} from '../foundation/invalid-option.ts';
import { randomId } from '../foundation/random-id.ts';
import { type AnyJobDefinition, readDefinition, requireDefinition } from './job-definition.ts';
import type { JobExecutor } from './job-executor.ts';
import type { JobJournal } from './journal.ts';
import { type JobLimit, type JobLimits, readLimits } from './limits.ts';

export interface JobManagerOptions {
  /** Where handlers run: `InlineExecutor`, or `WorkerExecutor` of `@offstage/node-worker`. */
  readonly executor: JobExecutor;
  /**
   * Handlers at once; at most as many as the executor can run.
   * @default as many as the executor can run, and 4 where it sets no bound
   */
  readonly concurrency?: number | undefined;
  /** Progress events kept per job. @default 100 */
  readonly progressCapacity?: number | undefined;
  /**
   * A terminal job that its owner has not looked at for this many milliseconds is released;
   * `Infinity` keeps it until it is consumed. @default 3_600_000
   */
  readonly ttlMs?: number | undefined;
  /**
   * Jobs at rest that are kept of one owner. Over that, those are released that it has not looked
   * at for longest; a job that somebody watches stays. @default 100
   */
  readonly maxKeptPerOwner?: number | undefined;
  /**
   * About how many bytes the results, and the inputs that `keepInputs` keeps, of all jobs at rest may
   * hold together. Over that, jobs are released as by `maxKeptPerOwner`, first of the owner whose job has ended last. The newest stays,
   * however large its result is. @default 268_435_456 (256 MiB)
   */
  readonly maxKeptBytes?: number | undefined;
  /** Jobs that may wait for a slot. @default 10_000 */
  readonly maxQueued?: number | undefined;
  /** Jobs of one owner that may be queued or running. @default Infinity */
  readonly maxActivePerOwner?: number | undefined;
  /**
   * By the definition's name: how many run at once, how many of one owner, how many begin in a span of
   * time. @default none
   */
  readonly limits?: JobLimits | undefined;
  /**
   * Keeps jobs and schedules over the end of the process, as `sqliteJournal` of `@offstage/sqlite`
   * does. One manager works with one journal. @default none: jobs live as long as the process
   */
  readonly journal?: JobJournal | undefined;
  /**
   * What kept jobs and schedules are gone on with, by name. A kept job whose definition is not among
   * these waits. @default []
   */
  readonly definitions?: readonly AnyJobDefinition[] | undefined;
  /**
   * Keep the inputs of jobs at rest, so that `client.retry` can start them again.
   * @default true with a journal, false without
   */
  readonly keepInputs?: boolean | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Makes ids of jobs and references of errors; unguessable, unique. @default 22 random characters */
  readonly randomId?: (() => string) | undefined;
  /** From 0 to 1, 1 excluded: spreads the delays of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

export type JobManagerSettings = {
  readonly [K in Exclude<
    keyof JobManagerOptions,
    'limits' | 'journal' | 'definitions'
  >]-?: NonNullable<JobManagerOptions[K]>;
} & {
  readonly limits: ReadonlyMap<string, JobLimit>;
  readonly journal: JobJournal | undefined;
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
};

/** @throws OffstageError `invalid_option`, naming the option. */
export function readOptions(options: JobManagerOptions): JobManagerSettings {
  requireOptions(options);
  return reading('options', () => settingsOf(options));
}

function settingsOf(options: JobManagerOptions): JobManagerSettings {
  const { executor } = options;
  if (typeof executor?.run !== 'function') {
    throw new OffstageError(
      'invalid_option',
      'executor is missing. Pass an InlineExecutor, or a WorkerExecutor of @offstage/node-worker.',
    );
  }
  const settings = {
    executor,
    concurrency: options.concurrency ?? defaultConcurrency(executor),
    progressCapacity: options.progressCapacity ?? 100,
    ttlMs: options.ttlMs ?? 3_600_000,
    maxKeptPerOwner: options.maxKeptPerOwner ?? 100,
    maxKeptBytes: options.maxKeptBytes ?? 268_435_456,
    maxQueued: options.maxQueued ?? 10_000,
    maxActivePerOwner: options.maxActivePerOwner ?? Infinity,
    limits: readLimits(options.limits ?? {}),
    journal: readJournal(options.journal),
    definitions: readDefinitions(options.definitions ?? []),
    keepInputs: options.keepInputs ?? options.journal !== undefined,
    clock: options.clock ?? systemClock,
    randomId: options.randomId ?? randomId,
    random: options.random ?? Math.random,
  };
  requireCount('concurrency', settings.concurrency, 1);
  if (settings.concurrency > executor.concurrency) {
    throw new OffstageError(
      'invalid_option',
      `concurrency is ${settings.concurrency}, but the executor runs ${executor.concurrency} ` +
        'handlers at once. Give the executor more, or the manager less.',
    );
  }
  requireCount('progressCapacity', settings.progressCapacity, 1);
  requireCount('maxKeptPerOwner', settings.maxKeptPerOwner, 1);
  requireCount('maxKeptBytes', settings.maxKeptBytes, 0);
  requireCount('maxQueued', settings.maxQueued, 0);
  requireCount('maxActivePerOwner', settings.maxActivePerOwner, 1);
  requireDuration('ttlMs', settings.ttlMs);
  if (settings.ttlMs === 0) reject('ttlMs', 'more than 0 milliseconds', 0);
  if (typeof settings.randomId !== 'function') {
    reject('randomId', 'a function that returns a string', settings.randomId);
  }
  if (typeof settings.random !== 'function') {
    reject('random', 'a function that returns a number', settings.random);
  }
  if (typeof settings.keepInputs !== 'boolean')
    reject('keepInputs', 'true or false', settings.keepInputs);
  requireClock(settings.clock);
  return settings;
}

function readJournal(journal: JobJournal | undefined): JobJournal | undefined {
  if (journal === undefined) return undefined;
  const { open, write, health, close } = Object(journal) as JobJournal;
  if (![open, write, health, close].every((each) => typeof each === 'function')) {
    reject('journal', 'a JobJournal, such as sqliteJournal(...)', journal);
  }
  return journal;
}

function readDefinitions(
  definitions: readonly AnyJobDefinition[],
): ReadonlyMap<string, AnyJobDefinition> {
  const byName = new Map<string, AnyJobDefinition>();
  for (const given of listOf('definitions', definitions)) {
    const definition = readDefinition(given);
    const name: unknown = definition?.name;
    if (typeof name !== 'string') {
      reject('definitions', 'a list of what defineJob returned', definition);
    }
    requireDefinition(definition);
    if (byName.has(name)) {
      throw new OffstageError('invalid_definition', `Two definitions are named "${name}".`, {
        details: { name },
      });
    } else {
      byName.set(name, definition);
    }
  }
  return byName;
}

const defaultConcurrency = ({ concurrency }: JobExecutor): number =>
  concurrency === Infinity ? 4 : concurrency;

function requireCount(option: string, value: unknown, least: number): void {
  const counts = value === Infinity || Number.isSafeInteger(value);
  if (typeof value !== 'number' || !counts || value < least) {
    reject(option, `a whole number of at least ${least}`, value);
  }
}

function reject(option: string, wanted: string, value: unknown): never {
  const got = typeof value === 'number' ? String(value) : typeof value;
  throw new OffstageError('invalid_option', `${option} must be ${wanted}; it is ${got}.`, {
    details: { option },
  });
}

import {
  type AnyJobDefinition,
  type Clock,
  type JobLimit,
  type JobLimits,
  OffstageError,
  systemClock,
} from '@offstage/core';
import {
  listOf,
  randomId,
  readDefinition,
  reading,
  readLimits,
  requireClock,
  requireDefinition,
  requireDuration,
  requireOptions,
} from '@offstage/core/engine';
import { readConnection } from '../redis/read-connection.ts';
import type { BullConnection } from '../redis/redis-link.ts';
import { readPrefix, readQueueName } from '../shared/names.ts';

export interface BullJobManagerOptions {
  /** Where Redis is: `{ url }`, or what ioredis takes. */
  readonly connection: BullConnection;
  /** The same in every process that belongs together: 1 to 100 letters, digits, `.`, `_`, `-`. */
  readonly queueName: string;
  /** What may be started here. */
  readonly definitions: readonly AnyJobDefinition[];
  /** Stands before the queue's name in all keys. @default 'bull' */
  readonly prefix?: string | undefined;
  /** Progress events kept per job, up to 1,000. @default 100 */
  readonly progressCapacity?: number | undefined;
  /** A job at rest that its owner has not looked at for this many milliseconds is released. @default 3_600_000 */
  readonly ttlMs?: number | undefined;
  /** Jobs at rest that are kept of one owner. @default 100 */
  readonly maxKeptPerOwner?: number | undefined;
  /** Jobs that may wait, of all owners; at least 1. @default 10_000 */
  readonly maxQueued?: number | undefined;
  /** Jobs of one owner that may be queued or running. @default Infinity */
  readonly maxActivePerOwner?: number | undefined;
  /**
   * By the definition's name: how many of its jobs run at once, of all owners and of one, and how many begin in
   * any span of time, over all processes. Of managers that say so, the last one to start decides for all.
   * @default those that another manager has given
   */
  readonly limits?: JobLimits | undefined;
  /** Keep inputs of jobs at rest, so that `client.retry` can start them again. @default false */
  readonly keepInputs?: boolean | undefined;
  /** How long a call may wait for Redis before it rejects with `unavailable`, in milliseconds. @default 10_000 */
  readonly redisTimeoutMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

export type BullJobManagerSettings = {
  readonly [K in Exclude<keyof BullJobManagerOptions, 'definitions' | 'limits'>]-?: NonNullable<
    BullJobManagerOptions[K]
  >;
} & {
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
  readonly limits: ReadonlyMap<string, JobLimit> | undefined;
};

// What other engines take and this one cannot do: said, rather than left out without a word.
const refused: Readonly<Record<string, string>> = {
  concurrency: 'Handlers run where serveBullJobs is called: give it the concurrency.',
  executor: 'Handlers run where serveBullJobs is called: give it the executor.',
  maxKeptBytes: 'Redis is bounded by maxKeptPerOwner, ttlMs and 1 MiB a result.',
  journal: 'Redis keeps the jobs.',
};

/** @throws OffstageError `invalid_option`, `not_supported`, `invalid_definition`. */
export function readManagerOptions(options: BullJobManagerOptions): BullJobManagerSettings {
  requireOptions(options);
  return reading('options', () => settingsOf(options));
}

function settingsOf(options: BullJobManagerOptions): BullJobManagerSettings {
  refuse(options, refused);
  const settings = {
    connection: readConnection(options.connection),
    queueName: readQueueName(options.queueName),
    prefix: readPrefix(options.prefix),
    definitions: indexDefinitions(options.definitions),
    progressCapacity: options.progressCapacity ?? 100,
    ttlMs: options.ttlMs ?? 3_600_000,
    maxKeptPerOwner: options.maxKeptPerOwner ?? 100,
    maxQueued: options.maxQueued ?? 10_000,
    maxActivePerOwner: options.maxActivePerOwner ?? Infinity,
    limits: options.limits === undefined ? undefined : readLimits(options.limits),
    keepInputs: options.keepInputs ?? false,
    redisTimeoutMs: options.redisTimeoutMs ?? 10_000,
    clock: requireClock(options.clock ?? systemClock),
  };
  requireCount('progressCapacity', settings.progressCapacity, 1, 1000);
  requireCount('maxKeptPerOwner', settings.maxKeptPerOwner, 1);
  requireCount('maxQueued', settings.maxQueued, 1);
  requireCount('maxActivePerOwner', settings.maxActivePerOwner, 1);
  requireDuration('ttlMs', settings.ttlMs);
  requireDuration('redisTimeoutMs', settings.redisTimeoutMs);
  // Nothing would be kept, or answered.
  if (settings.ttlMs === 0) throw invalid('ttlMs', 'more than 0 milliseconds');
  if (settings.redisTimeoutMs < 1) throw invalid('redisTimeoutMs', 'at least 1 millisecond');
  if (typeof settings.keepInputs !== 'boolean') throw invalid('keepInputs', 'true or false');
  return settings;
}

/** @throws OffstageError `not_supported`, naming the option. */
export function refuse(options: object, what: Readonly<Record<string, string>>): void {
  for (const [option, why] of Object.entries(what)) {
    if (Reflect.get(options, option) === undefined) continue;
    throw new OffstageError('not_supported', `${option} is not supported on BullMQ. ${why}`, {
      details: { option },
    });
  }
}

/** @throws OffstageError `invalid_option`, `invalid_definition`. */
export function indexDefinitions(definitions: unknown): ReadonlyMap<string, AnyJobDefinition> {
  if (!Array.isArray(definitions)) throw invalid('definitions', 'a list of definitions');
  const byName = new Map<string, AnyJobDefinition>();
  for (const given of listOf('definitions', definitions as readonly AnyJobDefinition[])) {
    const definition = readDefinition(given);
    if (typeof definition?.name !== 'string') {
      throw invalid('definitions', 'a list of what defineJob returned');
    }
    requireDefinition(definition);
    if (byName.has(definition.name)) {
      throw new OffstageError(
        'invalid_definition',
        `Two definitions are named "${definition.name}".`,
        { details: { name: definition.name } },
      );
    }
    byName.set(definition.name, definition);
  }
  return byName;
}

/** @throws OffstageError `invalid_option`. */
export function requireCount(option: string, value: unknown, least: number, most = Infinity): void {
  const counts = value === Infinity ? most === Infinity : Number.isSafeInteger(value);
  if (typeof value === 'number' && counts && value >= least && value <= most) return;
  const range =
    most === Infinity ? `of at least ${least}` : `from ${least} to ${most.toLocaleString('en')}`;
  throw new OffstageError('invalid_option', `${option} must be a whole number ${range}.`, {
    details: { option },
  });
}

const invalid = (option: string, what: string): OffstageError =>
  new OffstageError('invalid_option', `${option} must be ${what}.`, { details: { option } });

/** Names an error, or an attempt. */
export const newReference = (): string => randomId().slice(0, 13);

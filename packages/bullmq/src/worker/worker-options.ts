import { type AnyJobDefinition, type Clock, OffstageError, systemClock } from '@offstage/core';
import { type JobExecutor, reading, requireClock, requireOptions } from '@offstage/core/engine';
import { indexDefinitions, refuse, requireCount } from '../client/manager-options.ts';
import { readConnection } from '../redis/read-connection.ts';
import type { BullConnection } from '../redis/redis-link.ts';
import { readPrefix, readQueueName } from '../shared/names.ts';

export interface ServeBullJobsOptions {
  /** Where Redis is: `{ url }`, or what ioredis takes. */
  readonly connection: BullConnection;
  /** The same as the managers'. */
  readonly queueName: string;
  /** Where handlers run: a `WorkerExecutor` of `@offstage/node-worker`, or an `InlineExecutor`. */
  readonly executor: JobExecutor;
  /** Of the jobs that it runs: their result schemas are checked here. */
  readonly definitions: readonly AnyJobDefinition[];
  /** The same as the managers'. @default 'bull' */
  readonly prefix?: string | undefined;
  /** Handlers at once in this process. @default as many as the executor can run, 4 where it sets no bound */
  readonly concurrency?: number | undefined;
  /** At most `max` jobs of the queue begin in `perMs` milliseconds, over all processes that say so. @default none */
  readonly rate?: { readonly max: number; readonly perMs: number } | undefined;
  /**
   * A process that is silent for this many milliseconds counts as gone, and its jobs begin their next
   * attempt elsewhere; at least 100. Longer than any pause of the process, shorter than one wants to wait.
   * @default 30_000
   */
  readonly lockMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** From 0 to 1, 1 excluded: spreads the delays of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

export interface BullWorkerSettings {
  readonly connection: BullConnection;
  readonly queueName: string;
  readonly executor: JobExecutor;
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
  readonly prefix: string;
  readonly concurrency: number;
  readonly rate: { readonly max: number; readonly perMs: number } | undefined;
  readonly lockMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const refused = {
  limits: 'Limits are of the queue: give them to BullJobManager.',
};

/** @throws OffstageError `invalid_option`, `not_supported`, `invalid_definition`. */
export function readWorkerOptions(options: ServeBullJobsOptions): BullWorkerSettings {
  requireOptions(options);
  return reading('options', () => settingsOf(options));
}

function settingsOf(options: ServeBullJobsOptions): BullWorkerSettings {
  refuse(options, refused);
  const { executor, rate, lockMs = 30_000 } = options;
  if (typeof executor?.run !== 'function') {
    throw new OffstageError(
      'invalid_option',
      'executor is missing. Pass a WorkerExecutor of @offstage/node-worker, or an InlineExecutor.',
      { details: { option: 'executor' } },
    );
  }
  const concurrency =
    options.concurrency ?? (executor.concurrency === Infinity ? 4 : executor.concurrency);
  requireCount('concurrency', concurrency, 1, Math.min(executor.concurrency, 10_000));
  requireCount('lockMs', lockMs, 100, 86_400_000);
  if (rate !== undefined) {
    requireCount('rate.max', rate?.max, 1, 1_000_000_000);
    requireCount('rate.perMs', rate?.perMs, 1, 86_400_000);
  }
  const { random = Math.random } = options;
  if (typeof random !== 'function') {
    throw new OffstageError('invalid_option', 'random must be a function that returns a number.', {
      details: { option: 'random' },
    });
  }
  return {
    connection: readConnection(options.connection),
    queueName: readQueueName(options.queueName),
    executor,
    definitions: indexDefinitions(options.definitions),
    prefix: readPrefix(options.prefix),
    concurrency,
    rate,
    lockMs,
    clock: requireClock(options.clock ?? systemClock),
    random,
  };
}

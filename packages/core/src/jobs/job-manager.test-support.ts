import { z } from 'zod';
import { type SimulatedClock, simulatedClock } from '../testing/simulated-clock.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import type { JobClient } from './job-client.ts';
import { defineJob } from './job-definition.ts';
import type { JobExecutor } from './job-executor.ts';
import { JobManager } from './job-manager.ts';
import type { JobManagerOptions } from './job-manager-options.ts';
import type { JobManagerEventName, ManagerError } from './manager-events.ts';

const shape = { input: z.number(), result: z.string(), phases: ['prepare', 'work'] } as const;

/** Its handler has a discard. */
export const tidy = defineJob({ name: 'tidy', ...shape });
/** Its handler has none, so it comes to rest at once. */
export const plain = defineJob({ name: 'work.plain', ...shape });
export const hasty = defineJob({ name: 'hasty', ...shape, timeoutMs: 1000 });
/** It is attempted three times, each time for as long as `hasty`. */
export const again = defineJob({
  name: 'again',
  ...shape,
  timeoutMs: 1000,
  retry: { attempts: 3, delayMs: 200 },
});

export interface Stage<E = FakeExecutor> {
  readonly manager: JobManager;
  readonly executor: E;
  readonly clock: SimulatedClock;
  readonly alice: JobClient;
  readonly bob: JobClient;
  /** What `manager.on('error')` heard. */
  readonly errors: ManagerError[];
  /** Names of all other events, in order, with the id of their job. */
  readonly news: string[];
}

/** A manager with hand-driven handlers, a clock that stands still, and two owners. */
export function stage(
  options: Partial<JobManagerOptions> & { readonly slots?: number; readonly startMs?: number } = {},
): Stage {
  const { slots, ...rest } = options;
  return stageWith(new FakeExecutor(slots), rest);
}

/** The same with an executor that is given. */
export function stageWith<E extends JobExecutor>(
  executor: E,
  options: Partial<JobManagerOptions> & { readonly startMs?: number } = {},
): Stage<E> {
  const { startMs, ...rest } = options;
  const clock = simulatedClock(startMs);
  let ids = 0;
  const randomId = (): string => {
    ids += 1;
    return `id-${ids}`;
  };
  const manager = new JobManager({ clock, randomId, ...rest, executor });
  const errors: ManagerError[] = [];
  const news: string[] = [];
  manager.on('error', (error) => errors.push(error));
  for (const name of newsNames) manager.on(name, ({ job }) => news.push(`${name} ${job.id}`));
  manager.on('released', ({ id }) => news.push(`released ${id}`));
  return {
    manager,
    executor,
    clock,
    alice: manager.forOwner('alice'),
    bob: manager.forOwner('bob'),
    errors,
    news,
  };
}

const newsNames = [
  'started',
  'progress',
  'retrying',
  'succeeded',
  'failed',
  'canceled',
] as const satisfies readonly JobManagerEventName[];

/** The code with which a promise rejects, or `undefined` when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
}

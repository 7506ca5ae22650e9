import { z } from 'zod';
import { type MemoryJournal, memoryJournal } from '../testing/memory-journal.ts';
import { type SimulatedClock, settle, simulatedClock } from '../testing/simulated-clock.ts';
import { FakeExecutor } from './fake-executor.test-support.ts';
import type { JobClient } from './job-client.ts';
import { type AnyJobDefinition, defineJob } from './job-definition.ts';
import { plain, tidy } from './job-manager.test-support.ts';
import { JobManager } from './job-manager.ts';
import type { JobManagerOptions } from './job-manager-options.ts';
import type { ManagerError } from './manager-events.ts';

/** Tried three times, at once. */
export const again = defineJob({
  name: 'again.plain',
  input: z.number(),
  result: z.string(),
  phases: ['prepare', 'work'],
  retry: { attempts: 3, delayMs: 0 },
});

/** The same, and its handler has a discard. */
export const againTidy = defineJob({ ...again, name: 'again' });

export const keptDefinitions: readonly AnyJobDefinition[] = [plain, tidy, again, againTidy];

type LifeOptions = Partial<JobManagerOptions> & { readonly slots?: number };

/** A process: a manager with a journal in memory, whose handlers are driven by hand. */
export interface Life {
  readonly manager: JobManager;
  readonly executor: FakeExecutor;
  readonly journal: MemoryJournal;
  readonly clock: SimulatedClock;
  readonly alice: JobClient;
  readonly bob: JobClient;
  readonly errors: ManagerError[];
  /** Killed here; the next one has the same disk and the same clock. */
  kill(options?: LifeOptions): Life;
  /** Ended by a loss of power, which takes what was not synced. */
  cutPower(options?: LifeOptions): Life;
  /** The next one, after this one was shut down. */
  next(options?: LifeOptions): Life;
}

let ids = 0;

export function life(
  options: LifeOptions = {},
  journal: MemoryJournal = memoryJournal(),
  clock: SimulatedClock = simulatedClock(1_000_000_000),
): Life {
  const { slots = 2, ...rest } = options;
  const executor = new FakeExecutor(slots);
  const randomId = (): string => {
    ids += 1;
    return `id-${ids}`;
  };
  const manager = new JobManager({
    clock,
    randomId,
    random: () => 0.5,
    definitions: keptDefinitions,
    executor,
    journal,
    ...rest,
  });
  const errors: ManagerError[] = [];
  manager.on('error', (error) => errors.push(error));
  return {
    manager,
    executor,
    journal,
    clock,
    alice: manager.forOwner('alice'),
    bob: manager.forOwner('bob'),
    errors,
    kill(next = {}) {
      const disk = journal.afterKill();
      journal.stop();
      return life({ ...options, ...next }, disk, clock);
    },
    cutPower(next = {}) {
      const disk = journal.afterPowerLoss();
      journal.stop();
      return life({ ...options, ...next }, disk, clock);
    },
    next: (next = {}) => life({ ...options, ...next }, journal.afterKill(), clock),
  };
}

/** Lets all that is under way between the manager and its journal happen. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

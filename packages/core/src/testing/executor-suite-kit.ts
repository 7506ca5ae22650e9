import { OffstageError, type StopReason } from '../foundation/errors.ts';
import type {
  DiscardTask,
  JobExecutor,
  JobOutcome,
  JobTask,
  ReportedProgress,
} from '../jobs/job-executor.ts';

/** A run under way, and what was told of it. */
export interface StartedRun {
  readonly outcome: Promise<JobOutcome>;
  readonly firstProgress: Promise<void>;
  readonly events: readonly ReportedProgress[];
  /** What was saved, in order. */
  readonly saves: readonly unknown[];
  readonly eventsAtSettlement: number;
  readonly dropped: number;
  readonly settlements: number;
  readonly settledWithinRun: boolean;
  stop(reason: StopReason): void;
  /** Stops it once it is running. */
  stopAndWait(): Promise<JobOutcome>;
}

export function start(
  executor: JobExecutor,
  task: Partial<JobTask> & { readonly name: string },
): StartedRun {
  const events: ReportedProgress[] = [];
  const saves: unknown[] = [];
  let dropped = 0;
  let settlements = 0;
  let eventsAtSettlement = -1;
  let running = true;
  let settledWithinRun = false;
  let onProgress = (): void => {};
  let onSettled = (_: JobOutcome): void => {};
  const firstProgress = new Promise<void>((resolve) => {
    onProgress = resolve;
  });
  const outcome = new Promise<JobOutcome>((resolve) => {
    onSettled = resolve;
  });
  const run = executor.run(
    { jobId: 'job-1', attempt: 1, input: undefined, progressCapacity: 100, ...task },
    {
      progress(event) {
        events.push(event);
        onProgress();
      },
      dropped(count) {
        dropped += count;
      },
      async saved(state) {
        saves.push(state);
      },
      settled(end) {
        settledWithinRun = running;
        settlements += 1;
        eventsAtSettlement = events.length;
        onSettled(end);
      },
    },
  );
  running = false;
  return {
    outcome,
    firstProgress,
    events,
    saves,
    get eventsAtSettlement() {
      return eventsAtSettlement;
    },
    get dropped() {
      return dropped;
    },
    get settlements() {
      return settlements;
    },
    get settledWithinRun() {
      return settledWithinRun;
    },
    stop: (reason) => run.stop(reason),
    async stopAndWait() {
      await firstProgress;
      run.stop('canceled');
      return outcome;
    },
  };
}

export const discardOf = (name: string, input: unknown): DiscardTask => ({
  jobId: 'job-1',
  name,
  input,
  outcome: { status: 'canceled' },
});

export const errorOf = (outcome: JobOutcome): unknown =>
  outcome.type === 'threw' ? outcome.error : undefined;

export function codeOf(outcome: JobOutcome): string | undefined {
  const error = errorOf(outcome);
  return OffstageError.isInstance(error) ? error.code : undefined;
}

export async function codeOfRejection(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : String(error);
  }
}

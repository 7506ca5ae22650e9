import { type HandledJob, InlineExecutor, type JobClient, JobManager } from '@offstage/core';

/** What runs a bed's jobs. */
export interface BedEngine {
  forOwner(owner: string): JobClient;
  /** As the end of its process. */
  end(): Promise<unknown>;
}

export type MakeEngine = (job: HandledJob) => BedEngine;

/** In the bed's own process. */
export const inProcess: MakeEngine = (job) => {
  const manager = new JobManager({
    executor: new InlineExecutor([job]),
    concurrency: 100_000,
    maxActivePerOwner: 100_000,
  });
  manager.on('error', () => undefined);
  return {
    forOwner: (owner) => manager.forOwner(owner),
    end: () => manager.shutdown({ graceMs: 0 }),
  };
};

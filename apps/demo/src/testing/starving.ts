/**
 * Ingests a folder three times in one thread, the second time with hardly a file descriptor left, and
 * prints how each ended. To be run under a low limit of descriptors.
 *
 *   starving.ts <folder> <data folder>
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineJob, JobManager } from '@offstage/core';
import { WorkerExecutor } from '@offstage/node-worker';
import { z } from 'zod';
import { ingest } from '../change/ingest-job.ts';

/** Takes all descriptors of the process but some, or gives them all back. */
export const starve = defineJob({
  name: 'starve',
  input: z.object({ left: z.number().nullable() }),
  result: z.object({ held: z.number() }),
  phases: ['all'],
});

async function main(folder: string, dataFolder: string): Promise<void> {
  const entry = new URL('./starved.worker.ts', import.meta.url);
  const manager = new JobManager({ executor: new WorkerExecutor({ entry, threads: 1 }) });
  const jobs = manager.forOwner('me');
  // Each with a limit of its own, so that no idle parser of the one before fits.
  const run = async (memoryLimitMb: number): Promise<void> => {
    const { id } = await jobs.start(ingest, { folder, dataFolder, memoryLimitMb });
    const end = await jobs.wait(id);
    console.log(JSON.stringify([end.status, end.failure]));
  };
  const hold = async (left: number | null): Promise<void> => {
    const { id } = await jobs.start(starve, { left });
    await jobs.wait(id);
  };
  // What has not changed needs no parser.
  const add = (name: string): void => writeFileSync(path.join(folder, name), `About ${name}`);
  await run(300);
  add('second.md');
  await hold(6);
  await run(301);
  await hold(null);
  await run(302);
  await manager.shutdown();
}

const [, script = '', folder = '', dataFolder = ''] = process.argv;
if (import.meta.filename === script) await main(folder, dataFolder);

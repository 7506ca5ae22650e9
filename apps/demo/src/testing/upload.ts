import path from 'node:path';
import { InlineExecutor, JobManager } from '@offstage/core';
import { onTestFinished } from 'vitest';
import { createChangeHandler } from '../change/change-handler.ts';
import { changeWork } from '../change/change-work.ts';
import { ChildPool } from '../reading/child-pool.ts';
import { scratch, writeFiles } from './scratch.ts';

/** Publishes uploads, as the server does. */
export async function upload(
  dataFolder: string,
  files: Record<string, string>,
  pool = new ChildPool({ keep: 0 }),
): Promise<void> {
  const manager = new JobManager({ executor: new InlineExecutor([createChangeHandler({ pool })]) });
  onTestFinished(async () => void (await manager.shutdown()));
  const staging = writeFiles(scratch(), files);
  const add = Object.entries(files).map(([name, text]) => ({
    ...{ upload: name, name, staged: path.join(staging, name) },
    ...{ bytes: text.length, sha256: text },
  }));
  const jobs = manager.forOwner('test');
  const { id } = await jobs.start(changeWork, { dataFolder, add, remove: [] });
  const { status } = await jobs.wait(id);
  if (status !== 'succeeded') throw new Error(`The change ended as ${status}.`);
}

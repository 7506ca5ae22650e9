import { type JobContext, OffstageError, type ReturnOf } from '@offstage/core';
import type { openSnapshots } from '../corpus/snapshots.ts';
import { change } from './change-job.ts';
import type { changeWork } from './change-work.ts';

type Context = Pick<JobContext<typeof changeWork>, 'jobId' | 'save' | 'saved'>;
type Outcome = ReturnOf<typeof changeWork>;

// Of the 256 KiB that an attempt may leave to the next one, with room for signs of several bytes.
const maxSavedCharacters = 64 * 1024;

/**
 * Leaves to the next attempt what this one will answer once it has published. False where the job is another
 * attempt's already, which must not see anything published but by itself.
 */
export async function saveOutcome(
  context: Context,
  outcome: Omit<Outcome, 'version' | 'gen'>,
): Promise<boolean> {
  let room = maxSavedCharacters;
  const files = outcome.files.filter((file) => {
    room -= JSON.stringify(file).length;
    return room >= 0;
  });
  try {
    await context.save({ ...outcome, files });
    return true;
  } catch (error) {
    // Without it the next attempt counts for itself.
    return !(OffstageError.isInstance(error) && error.code === 'fenced');
  }
}

/** The answer of an attempt that was cut short after it had published: nothing is published twice (S19). */
export async function publishedBefore(
  { jobId, saved }: Context,
  snapshots: ReturnType<typeof openSnapshots>,
): Promise<Outcome | undefined> {
  const version = (await snapshots.list()).find(({ key }) => key === jobId);
  if (version === undefined) return undefined;
  const named = { version: version.version, gen: version.gen };
  const before = change.result.safeParse({ ...Object(saved), ...named });
  if (before.success) return before.data;
  await using published = await snapshots.open(version.gen);
  const { documents, passages, bytes, failed } = published.metadata;
  return {
    ...named,
    published: true,
    ...{ documents, passages, bytes, failed },
    ...{ added: 0, changed: 0, removed: 0, duplicates: 0, newlyFailed: 0, partly: 0, files: [] },
  };
}

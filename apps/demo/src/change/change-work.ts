import { defineJob } from '@offstage/core';
import { z } from 'zod';
import { parserSettings } from '../reading/parser-settings.ts';
import { change } from './change-job.ts';

/** Half an hour. */
export const defaultMaxChangeMs = 1_800_000;

/** A file that lies in staging, as the server hands it to the job. */
const stagedFile = z.object({
  upload: z.string(),
  /** Checked and made fit to be shown. */
  name: z.string(),
  /** Where it lies, absolute: never made from its name. */
  staged: z.string(),
  bytes: z.number(),
  sha256: z.string(),
});
export type StagedFile = z.infer<typeof stagedFile>;

/**
 * The job `documents.change` on the server's side of the wall: what a page asks for by ids, with the
 * places of the files that only the server knows. Results and phases are those of `change`.
 */
export const changeWork = defineJob({
  name: change.name,
  input: z.object({
    /** Absolute; holds the snapshots. */
    dataFolder: z.string().min(1),
    add: z.array(stagedFile).default([]),
    /** More to add, by ids: what is kept of an input is small, and files may be many (K8). */
    uploads: z.object({ session: z.string(), ids: z.array(z.string()) }).optional(),
    remove: z.array(z.string()),
    retry: z.array(z.string()).default([]),
    /** The whole change may take this long, in milliseconds. */
    maxChangeMs: z.number().int().min(1).max(2_147_483_647).default(defaultMaxChangeMs),
    ...parserSettings,
  }),
  result: change.result,
  phases: change.phases,
  // For the end of its process alone, and soon: a change that fails does not fail otherwise another time.
  retry: { attempts: 30, delayMs: 250, factor: 1 },
});

import { defineJob } from '@offstage/core';
import { z } from 'zod';
import { change } from './change-job.ts';

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

/** How files are read, for every job that does. */
export const parserSettings = {
  fileTimeoutMs: z.number().int().min(1).max(2_147_483_647).default(30_000),
  memoryLimitMb: z.number().int().min(32).max(65_536).default(512),
  /** Parser processes side by side. */
  processes: z.number().int().min(1).max(64).optional(),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
};

/** As a server is set up; where nothing is said, the default of `parserSettings` holds. */
export type ParserSettings = Partial<z.input<z.ZodObject<typeof parserSettings>>>;

/**
 * The job `documents.change` on the server's side of the wall: what a page asks for by ids, with the
 * places of the files that only the server knows. Results and phases are those of `change`.
 */
export const changeWork = defineJob({
  name: change.name,
  input: z.object({
    /** Absolute; holds the snapshots. */
    dataFolder: z.string().min(1),
    add: z.array(stagedFile),
    remove: z.array(z.string()),
    ...parserSettings,
  }),
  result: change.result,
  phases: change.phases,
});
